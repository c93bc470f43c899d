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
                                  Visit visit) {
  if (range.end_ns < 0) return {};
  std::string from = SeriesPrefix(target.partition, target.series);
  const std::string prefix = from;
  PutBig64(from, static_cast<uint64_t>(std::max<int64_t>(range.start_ns, 0)));
  const auto end = static_cast<uint64_t>(range.end_ns);
  if (!cursor.Valid() || cursor.key() != from) cursor.Seek(from);
  for (; cursor.Valid(); cursor.Next()) {
    std::string_view key = cursor.key();
    if (!key.starts_with(prefix) || key.size() != kProfileKeySize) break;
    if (GetBig64(key.data() + kProfileKeyTimeAt) > end) break;
    std::string_view record = cursor.value();
    if (!StripChecksum(record)) {
      return Error(Code::kDataLoss, "profile record {} is cut off",
                   ToString(*DecodeProfileKey(key)));
    }
    Status visited = visit(key, record);
    if (!visited.ok()) return visited;
  }
  return cursor.status();
}

Status EmbeddedStore::MergePartition(KvCursor& cursor, std::span<const SeriesTarget> targets,
                                     const Selection& selection,
                                     const std::function<Status(Profile)>& emit) {
  // After the cursor was made: what the cursor sees was interned before, hence is in here.
  std::shared_ptr<Partition> partition = partitions_.Get(targets.front().partition);
  BinarySums sums;
  {
    std::lock_guard lock(partition->mutex);
    TRY(partitions_.Load(*partition));
    sums.Reset(partition->symbols);
  }
  HeaderSum headers;
  auto add = [&](std::string_view key, std::string_view record) -> Status {
    Result<ProfileRecordReader> reader = ProfileRecordReader::Open(record);
    Status added = reader.status();
    if (added.ok() && !sums.Has(reader->header().main_mapping)) {
      added = Error(Code::kDataLoss, "profile record names a mapping that is not there");
    }
    if (added.ok()) {
      headers.Add(static_cast<int64_t>(GetBig64(key.data() + kProfileKeyTimeAt)), reader->header());
      added = reader->AddTo(sums.For(reader->header().main_mapping));
    }
    return added.ok() ? added : added.Annotate(ToString(*DecodeProfileKey(key)));
  };
  for (const SeriesTarget& target : targets) {
    TRY(VisitWindow(cursor, target, selection.range, add));
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
  absl::ReaderMutexLock gate(&gate_);
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

Result<std::map<LabelSet, std::vector<SeriesPoint>>> EmbeddedStore::Totals(
    const Selection& selection, std::span<const std::string> group_by) {
  TRY(NeedProfileType(selection));
  absl::ReaderMutexLock gate(&gate_);
  std::map<LabelSet, std::vector<SeriesPoint>> totals;
  ASSIGN_OR_RETURN(std::vector<SeriesTarget> targets, FindTargets(selection));
  if (targets.empty()) return totals;
  ASSIGN_OR_RETURN(KvCursor cursor, kv_->Cursor(Family::kProfiles, {}, {}));
  absl::flat_hash_map<SeriesId, std::vector<SeriesPoint>*> points_of;
  for (const SeriesTarget& target : targets) {
    std::vector<SeriesPoint>*& points = points_of[target.series];
    TRY(VisitWindow(
        cursor, target, selection.range,
        [&](std::string_view key, std::string_view record) -> Status {
          ASSIGN_OR_RETURN(ProfileRecordReader reader, ProfileRecordReader::Open(record));
          if (points == nullptr) {
            LabelSet group;
            for (const LabelPair& pair : index_.Labels(target.series)) {
              if (std::ranges::count(group_by, pair.name) > 0) group.push_back(pair);
            }
            points = &totals[group];
          }
          points->push_back({static_cast<int64_t>(GetBig64(key.data() + kProfileKeyTimeAt)),
                             reader.header().total});
          return {};
        }));
  }
  for (auto& [labels, points] : totals) {
    std::ranges::sort(points, [](const SeriesPoint& a, const SeriesPoint& b) {
      return a.time_ns != b.time_ns ? a.time_ns < b.time_ns : a.value < b.value;
    });
  }
  return totals;
}

Result<std::vector<LabelSet>> EmbeddedStore::Series(
    std::string_view tenant, std::span<const std::vector<LabelMatcher>> selectors,
    std::span<const std::string> names, TimeRange range) {
  std::vector<std::vector<CompiledMatcher>> compiled;
  for (const std::vector<LabelMatcher>& selector : selectors) {
    ASSIGN_OR_RETURN(std::vector<CompiledMatcher> matchers, CompileMatchers(selector));
    compiled.push_back(std::move(matchers));
  }
  absl::ReaderMutexLock gate(&gate_);
  Status failed;
  auto probe = [&](const SeriesTarget& target, TimeRange window) {
    bool found = false;
    Result<KvCursor> cursor = kv_->Cursor(Family::kProfiles, {}, {});
    Status visited = cursor.ok() ? VisitWindow(*cursor, target, window,
                                               [&](std::string_view, std::string_view) {
                                                 found = true;
                                                 return Error(Code::kCanceled, "enough");
                                               })
                                 : cursor.status();
    if (!found && !visited.ok()) failed = visited;
    return found;
  };
  std::vector<LabelSet> sets = index_.Project(tenant, compiled, names, range, probe);
  TRY(failed);
  return sets;
}

Status EmbeddedStore::Scan(const Selection& selection,
                           const std::function<Status(const StoredProfile&)>& visit) {
  std::vector<SeriesTarget> targets;
  std::map<LabelSet, std::vector<SeriesTarget>> by_series;
  absl::ReaderMutexLock gate(&gate_);
  ASSIGN_OR_RETURN(targets, FindTargets(selection));
  for (const SeriesTarget& target : targets) {
    by_series[index_.Labels(target.series)].push_back(target);
  }
  ASSIGN_OR_RETURN(KvCursor cursor, kv_->Cursor(Family::kProfiles, {}, {}));
  for (const auto& [labels, epochs] : by_series) {
    StoredProfile stored;
    stored.tenant = selection.tenant;
    stored.labels = labels;
    for (const SeriesTarget& target : epochs) {
      TRY(VisitWindow(cursor, target, selection.range,
                      [&](std::string_view key, std::string_view record) -> Status {
                        Status read = ReadProfile(key, record, stored);
                        if (!read.ok()) return read;
                        return visit(stored);
                      }));
    }
  }
  return {};
}

Status EmbeddedStore::ReadProfile(std::string_view key, std::string_view record,
                                  StoredProfile& stored) {
  const ProfileKey place = *DecodeProfileKey(key);
  std::shared_ptr<Partition> partition = partitions_.Get(place.partition);
  std::lock_guard lock(partition->mutex);
  TRY(partitions_.Load(*partition));
  StackSums sums;
  sums.Resize(partition->symbols.counts().stacks);
  Result<ProfileRecordReader> reader = ProfileRecordReader::Open(record);
  Status added = reader.ok() ? reader->AddTo(sums) : reader.status();
  if (!added.ok()) return added.Annotate(ToString(place));
  const ProfileHeader& header = reader->header();
  if (header.main_mapping != MappingId::kNone &&
      Index(header.main_mapping) >= partition->symbols.counts().mappings) {
    return Error(Code::kDataLoss, "{}: it names a mapping that is not there", ToString(place));
  }
  Profile profile = EmptyProfile(FindLabel(stored.labels, kProfileTypeLabel));
  profile.time_ns = place.time_ns;
  profile.duration_ns = header.duration_ns;
  profile.period = header.period;
  ResolveStacks(partition->symbols, sums.Take(), {{header.main_mapping}}, profile);
  stored.id = place.id;
  stored.time_ns = place.time_ns;
  stored.duration_ns = header.duration_ns;
  stored.period = header.period;
  stored.profile = Canonical(profile);
  return {};
}

}  // namespace anneal
