// Queries: from a selection to the records of its window.
#include <algorithm>
#include <deque>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "profile/merge.h"
#include "store/checksum.h"
#include "store/engine.h"
#include "store/profile_type.h"
#include "store/resolve.h"

namespace anneal {
namespace {

std::span<const SeriesTarget> NextPartition(std::span<const SeriesTarget>& rest) {
  size_t size = 1;
  while (size < rest.size() && rest[size].partition == rest[0].partition) ++size;
  std::span<const SeriesTarget> group = rest.first(size);
  rest = rest.subspan(size);
  return group;
}

Status NeedProfileType(const Selection& selection) {
  if (!selection.profile_type.empty()) return {};
  return InvalidArgument("a merge needs a profile type: profiles of several cannot be summed");
}

// Headers as profile/merge.h sums them.
struct HeaderSum {
  int64_t time_ns = 0, period = 0;
  uint64_t duration_ns = 0;
  bool any = false;

  void Add(int64_t time, const ProfileHeader& header) {
    if (time != 0 && (time_ns == 0 || time < time_ns)) time_ns = time;
    duration_ns += static_cast<uint64_t>(header.duration_ns);
    period = any ? std::max(period, header.period) : header.period;
    any = true;
  }
  // The sum goes into one profile; what follows adds nothing to it.
  void MoveTo(Profile& profile) {
    profile.time_ns = std::exchange(time_ns, 0);
    profile.duration_ns = static_cast<int64_t>(std::exchange(duration_ns, 0));
    profile.period = period;
  }
};

// Sums, apart for each main binary: a merge keeps in mind which mappings came first. Nearly
// always there is one.
class BinarySums {
 public:
  struct Group {
    std::vector<MappingId> mains;  // one binary, perhaps mapped at several places
    StackSums sums;
  };

  // REQUIRES: the partition's lock is held. Later growth of the table is not seen.
  void Reset(const SymbolTable& table) {
    stacks_ = table.counts().stacks;
    absl::flat_hash_map<BinaryKey, uint32_t> seen;
    for (uint32_t i = 0; i < table.counts().mappings; ++i) {
      binary_of_.push_back(seen.try_emplace(KeyOfBinary(table, MappingId{i}), i).first->second);
    }
  }
  // Whether the table has the mapping.
  bool Has(MappingId main) const {
    return main == MappingId::kNone || Index(main) < binary_of_.size();
  }
  // REQUIRES: Has(main).
  StackSums& For(MappingId main) {
    if (current_ != nullptr && main == last_) return current_->sums;
    last_ = main;
    auto binary = [this](MappingId id) {
      return id == MappingId::kNone ? UINT32_MAX : binary_of_[Index(id)];
    };
    for (Group& group : groups_) {
      if (binary(group.mains.front()) != binary(main)) continue;
      if (std::ranges::count(group.mains, main) == 0) group.mains.push_back(main);
      current_ = &group;
      return group.sums;
    }
    current_ = &groups_.emplace_back();
    current_->mains.push_back(main);
    current_->sums.Resize(stacks_);
    return current_->sums;
  }
  std::deque<Group>& groups() { return groups_; }

 private:
  size_t stacks_ = 0;
  std::vector<uint32_t> binary_of_;  // the first mapping of the same binary
  std::deque<Group> groups_;
  MappingId last_ = MappingId::kNone;
  Group* current_ = nullptr;
};

int64_t Negated(int64_t value) {
  return static_cast<int64_t>(uint64_t{0} - static_cast<uint64_t>(value));
}

// Gives the samples from `first` on the labels of `links`, one each.
void LabelSamples(std::span<const LinkedValue> links, size_t first, Profile& profile) {
  if (links.empty()) return;
  profile.label_ends.assign(first, 0);
  auto add = [&profile](std::string_view key, std::string_view text) {
    profile.labels.push_back({profile.strings.Append(key), profile.strings.Append(text), 0, {}});
  };
  for (const LinkedValue& l : links) {
    if (l.link.span != 0) add(kSpanIdLabel, FormatSpanId(l.link.span));
    if (l.link.trace != TraceId()) add(kTraceIdLabel, FormatTraceId(l.link.trace));
    profile.label_ends.push_back(static_cast<uint32_t>(profile.labels.size()));
  }
}

// Adds the values that pass; false when there is none.
Result<bool> AddSelected(const ProfileRecordReader& reader, const LinkFilter& filter,
                         StackSums& sums) {
  if (filter.PassesAll()) {
    TRY(reader.AddTo(sums));
    return true;
  }
  ASSIGN_OR_RETURN(std::vector<LinkedValue> links, reader.Links(sums.size()));
  bool any = false;
  for (const LinkedValue& l : links) {
    if (!filter.Passes(l.link)) continue;
    any = true;
    sums.Add(static_cast<uint32_t>(l.stack), l.value);
  }
  return any;
}

}  // namespace

Result<std::vector<SeriesTarget>> EmbeddedStore::FindTargets(const Selection& selection) const {
  if (!index_whole_) {
    return Error(Code::kUnavailable, "the store's index could not be read ({})",
                 down_cause_.message());
  }
  ASSIGN_OR_RETURN(std::vector<CompiledMatcher> matchers, CompileMatchers(selection.matchers));
  return index_.Find(selection.tenant, selection.profile_type, matchers, selection.range);
}

// Keys of a series in an epoch are in order of time, so its window is one stretch.
Status EmbeddedStore::VisitWindow(KvCursor& cursor, const SeriesTarget& target, TimeRange range,
                                  std::span<const ProfileUuid> ids, Visit visit) {
  if (range.end_ns < 0) return {};
  std::string from = SeriesPrefix(target.partition, target.series);
  const std::string prefix = from;
  PutBig64(from, static_cast<uint64_t>(std::max<int64_t>(range.start_ns, 0)));
  const auto end = static_cast<uint64_t>(range.end_ns);
  if (!cursor.Valid() || cursor.key() != from) cursor.Seek(from);
  std::string last = from;
  for (; cursor.Valid(); cursor.Next()) {
    std::string_view key = cursor.key();
    if (!key.starts_with(prefix) || key.size() != kProfileKeySize) return {};
    if (GetBig64(key.data() + kProfileKeyTimeAt) > end) return {};
    last = key;
    if (!ids.empty() && std::ranges::count(ids, IdOfKey(key)) == 0) continue;
    TRY(VisitRecord(key, cursor.value(), visit));
  }
  Status status = cursor.status();
  if (status.code() != Code::kDataLoss) return status;
  damage_.Report(status.Annotate(fmt::format(
      "profiles of epoch {} service {} series {}", static_cast<uint32_t>(target.partition.epoch),
      static_cast<uint32_t>(target.partition.service), static_cast<uint32_t>(target.series))));
  return VisitAfterDamage(cursor, prefix, last, end, ids, visit);
}

// A block that cannot be read ends a walk. How far it reaches nobody can say, but from the
// window's end the walk comes back to just behind it: what lies there is read in reverse, then
// visited in order.
Status EmbeddedStore::VisitAfterDamage(KvCursor& cursor, const std::string& prefix,
                                       const std::string& last, uint64_t end_ns,
                                       std::span<const ProfileUuid> ids, Visit visit) {
  std::string to = prefix;
  PutBig64(to, end_ns);
  to.append(kProfileKeySize - to.size(), '\xff');
  std::vector<std::pair<std::string, std::string>> behind;
  for (cursor.SeekForPrev(to); cursor.Valid() && cursor.key() > last; cursor.Prev()) {
    if (!ids.empty() && std::ranges::count(ids, IdOfKey(cursor.key())) == 0) continue;
    behind.emplace_back(cursor.key(), cursor.value());
  }
  if (!cursor.Valid() && !cursor.status().ok() && cursor.status().code() != Code::kDataLoss) {
    return cursor.status();
  }
  for (auto it = behind.rbegin(); it != behind.rend(); ++it) {
    TRY(VisitRecord(it->first, it->second, visit));
  }
  return {};
}

Status EmbeddedStore::LoadForReading(Partition& partition) {
  TRY(partitions_.Load(partition));
  if (!partition.damage.ok()) damage_.Report(partition.damage);
  return {};
}

Status EmbeddedStore::VisitRecord(std::string_view key, std::string_view value, Visit visit) {
  Status visited = StripChecksum(value) ? visit(key, value)
                                        : Error(Code::kDataLoss, "profile record {} is cut off",
                                                ToString(*DecodeProfileKey(key)));
  if (visited.code() != Code::kDataLoss) return visited;
  damage_.Report(visited);
  return {};
}

Status EmbeddedStore::MergePartition(KvCursor& cursor, std::span<const SeriesTarget> targets,
                                     const Selection& selection,
                                     const std::function<Status(Profile)>& emit) {
  // After the cursor was made: what the cursor sees was interned before, hence is in here.
  std::shared_ptr<Partition> partition = partitions_.Get(targets.front().partition);
  BinarySums sums;
  {
    std::lock_guard lock(partition->mutex);
    TRY(LoadForReading(*partition));
    sums.Reset(partition->symbols);
  }
  HeaderSum headers;
  const LinkFilter filter(selection.span_ids, selection.trace_ids);
  auto add = [&](std::string_view key, std::string_view record) -> Status {
    Result<ProfileRecordReader> reader = ProfileRecordReader::Open(record);
    Status added = reader.status();
    if (added.ok() && !sums.Has(reader->header().main_mapping)) {
      added = Error(Code::kDataLoss, "profile record names a mapping that is not there");
    }
    if (added.ok()) {
      Result<bool> any = AddSelected(*reader, filter, sums.For(reader->header().main_mapping));
      added = any.status();
      if (any.ok() && *any) headers.Add(TimeOfKey(key), reader->header());
    }
    return added.ok() ? added : added.Annotate(ToString(*DecodeProfileKey(key)));
  };
  for (const SeriesTarget& target : targets) {
    TRY(VisitWindow(cursor, target, selection.range, selection.profile_ids, add));
  }
  for (BinarySums::Group& group : sums.groups()) {
    std::vector<StackValue> values = group.sums.Take();
    Profile profile = EmptyProfile(selection.profile_type);
    headers.MoveTo(profile);
    {
      std::lock_guard lock(partition->mutex);
      ResolveStacks(partition->symbols, values, group.mains, profile);
    }
    TRY(emit(std::move(profile)));
  }
  return {};
}

Result<Profile> EmbeddedStore::Merge(const Selection& selection) {
  TRY(NeedProfileType(selection));
  ReaderLock gate(gate_);
  ASSIGN_OR_RETURN(std::vector<SeriesTarget> targets, FindTargets(selection));
  if (targets.empty()) return EmptyProfile(selection.profile_type);
  ASSIGN_OR_RETURN(KvCursor cursor, kv_->Cursor(Family::kProfiles, {}, {}));
  Merger merger;
  bool any = false;
  std::span<const SeriesTarget> rest = targets;
  while (!rest.empty()) {
    TRY(MergePartition(cursor, NextPartition(rest), selection, [&](Profile part) {
      any = true;
      return merger.Add(part);
    }));
  }
  return any ? merger.Finish() : EmptyProfile(selection.profile_type);
}

Status EmbeddedStore::Scan(const Selection& selection,
                           const std::function<Status(const StoredProfile&)>& visit) {
  std::vector<SeriesTarget> targets;
  std::map<LabelSet, std::vector<SeriesTarget>> by_series;
  ReaderLock gate(gate_);
  ASSIGN_OR_RETURN(targets, FindTargets(selection));
  for (const SeriesTarget& target : targets) {
    by_series[index_.Labels(target.series)].push_back(target);
  }
  ASSIGN_OR_RETURN(KvCursor cursor, kv_->Cursor(Family::kProfiles, {}, {}));
  const LinkFilter filter(selection.span_ids, selection.trace_ids);
  for (const auto& [labels, epochs] : by_series) {
    StoredProfile stored;
    stored.tenant = selection.tenant;
    stored.labels = labels;
    for (const SeriesTarget& target : epochs) {
      TRY(VisitWindow(cursor, target, selection.range, selection.profile_ids,
                      [&](std::string_view key, std::string_view record) -> Status {
                        ASSIGN_OR_RETURN(bool any, ReadProfile(key, record, filter, stored));
                        return any ? visit(stored) : Status();
                      }));
    }
  }
  return {};
}

Result<bool> EmbeddedStore::ReadProfile(std::string_view key, std::string_view record,
                                        const LinkFilter& filter, StoredProfile& stored) {
  const ProfileKey place = *DecodeProfileKey(key);
  std::shared_ptr<Partition> partition = partitions_.Get(place.partition);
  std::lock_guard lock(partition->mutex);
  TRY(LoadForReading(*partition));
  StackSums sums;
  sums.Resize(partition->symbols.counts().stacks);
  Result<ProfileRecordReader> reader = ProfileRecordReader::Open(record);
  Status added = reader.ok() ? reader->AddTo(sums) : reader.status();
  if (!added.ok()) return added.Annotate(ToString(place));
  Result<std::vector<LinkedValue>> links = reader->Links(sums.size());
  if (!links.ok()) return links.status().Annotate(ToString(place));
  const ProfileHeader& header = reader->header();
  if (header.main_mapping != MappingId::kNone &&
      Index(header.main_mapping) >= partition->symbols.counts().mappings) {
    return Error(Code::kDataLoss, "{}: it names a mapping that is not there", ToString(place));
  }
  // What has no link is the sums less what has.
  std::erase_if(*links, [&](const LinkedValue& l) {
    sums.Add(static_cast<uint32_t>(l.stack), Negated(l.value));
    return !filter.Passes(l.link);
  });
  std::vector<StackValue> values = sums.Take();
  if (!filter.PassesAll()) values.clear();
  const size_t unlinked = values.size();
  for (const LinkedValue& l : *links) values.push_back({l.stack, l.value});
  if (values.empty() && !filter.PassesAll()) return false;
  Profile profile = EmptyProfile(FindLabel(stored.labels, kProfileTypeLabel));
  profile.time_ns = place.time_ns;
  profile.duration_ns = header.duration_ns;
  profile.period = header.period;
  ResolveStacks(partition->symbols, values, {{header.main_mapping}}, profile);
  LabelSamples(*links, unlinked, profile);
  stored.id = place.id;
  stored.time_ns = place.time_ns;
  stored.duration_ns = header.duration_ns;
  stored.period = header.period;
  stored.profile = Canonical(profile);
  return true;
}

}  // namespace anneal
