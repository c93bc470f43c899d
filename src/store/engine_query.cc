// Queries: from a selection to the records of its window.
#include <algorithm>
#include <utility>

#include "profile/merge.h"
#include "store/checksum.h"
#include "store/damage_walk.h"
#include "store/engine.h"
#include "store/profile_type.h"
#include "store/resolve.h"

namespace anneal {
namespace {

// How many records are read before the query's control is asked again.
constexpr uint32_t kCheckEvery = 256;

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

}  // namespace

Result<std::vector<SeriesTarget>> EmbeddedStore::FindTargets(const Selection& selection,
                                                             const Matchers& matchers) const {
  if (!index_loaded_.ok()) {
    return Error(Code::kUnavailable, "the store's index could not be read ({})",
                 index_loaded_.message());
  }
  return index_.Find(selection.tenant, selection.profile_type, matchers, selection.range,
                     selection.control.get());
}

// Keys of a series in an epoch are in order of time, so its window is one stretch.
Status EmbeddedStore::VisitWindow(KvCursor& cursor, const SeriesTarget& target,
                                  const Window& window, Visit visit) {
  const TimeRange range = window.range;
  if (window.control != nullptr) TRY(window.control->Check());
  if (range.end_ns < 0) return {};
  std::string from = SeriesPrefix(target.partition, target.series);
  const std::string prefix = from;
  PutBig64(from, static_cast<uint64_t>(std::max<int64_t>(range.start_ns, 0)));
  const auto end = static_cast<uint64_t>(range.end_ns);
  if (!cursor.Valid() || cursor.key() != from) cursor.Seek(from);
  std::string to = prefix;
  PutBig64(to, end);
  to.append(kProfileKeySize - to.size(), '\xff');
  std::string last = from;
  uint32_t read = 0;
  bool damaged = false;
  for (;; cursor.Next()) {
    if (!cursor.Valid()) {
      const Status status = cursor.status();
      if (status.code() != Code::kDataLoss) return status;
      damage_.Report(status.Annotate(fmt::format("profiles of epoch {} service {} series {}",
                                                 static_cast<uint32_t>(target.partition.epoch),
                                                 static_cast<uint32_t>(target.partition.service),
                                                 static_cast<uint32_t>(target.series))));
      if (window.skipped != nullptr) *window.skipped = true;
      if (std::exchange(damaged, true)) return {};
      ASSIGN_OR_RETURN(const bool more, SeekPastDamage(cursor, last, to, window.control));
      if (!more) return {};
    }
    if (window.control != nullptr && ++read % kCheckEvery == 0) TRY(window.control->Check());
    std::string_view key = cursor.key();
    if (!key.starts_with(prefix) || key.size() != kProfileKeySize) return {};
    if (GetBig64(key.data() + kProfileKeyTimeAt) > end) return {};
    last = key;
    if (!window.Takes(key)) continue;
    TRY(VisitRecord(key, cursor.value(), window, visit));
  }
}

Status EmbeddedStore::LoadForReading(Partition& partition) {
  TRY(partitions_.Load(partition));
  if (!partition.damage.ok()) damage_.Report(partition.damage);
  return {};
}

Status EmbeddedStore::VisitRecord(std::string_view key, std::string_view value,
                                  const Window& window, Visit visit) {
  Status visited = StripChecksum(value) ? visit(key, value)
                                        : Error(Code::kDataLoss, "profile record is cut off");
  if (visited.code() != Code::kDataLoss) return visited;
  damage_.Report(visited.Annotate(ToString(*DecodeProfileKey(key))));
  if (window.skipped != nullptr) *window.skipped = true;
  return {};
}

Status EmbeddedStore::Scan(const Selection& selection,
                           const std::function<Status(const StoredProfile&)>& visit) {
  std::vector<SeriesTarget> targets;
  std::map<LabelSet, std::vector<SeriesTarget>> by_series;
  ASSIGN_OR_RETURN(const Matchers matchers, MatchersOf(selection));
  ReaderLock ground(ground_);
  ASSIGN_OR_RETURN(targets, FindTargets(selection, matchers));
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
      TRY(VisitWindow(cursor, target, Window(selection),
                      [&](std::string_view key, std::string_view record) -> Status {
                        ASSIGN_OR_RETURN(bool any, ReadProfile(key, record, filter, stored));
                        return any ? visit(stored) : Status();
                      }));
    }
  }
  return {};
}

// Costs what the profile is made of: nothing here goes through all of the partition, and the lock
// is held while symbols are read only.
Result<bool> EmbeddedStore::ReadProfile(std::string_view key, std::string_view record,
                                        const LinkFilter& filter, StoredProfile& stored) {
  const ProfileKey place = *DecodeProfileKey(key);
  ASSIGN_OR_RETURN(const ProfileRecordReader reader, ProfileRecordReader::Open(record));
  const ProfileHeader& header = reader.header();
  Profile profile = EmptyProfile(FindLabel(stored.labels, kProfileTypeLabel));
  profile.time_ns = place.time_ns;
  profile.duration_ns = header.duration_ns;
  profile.period = header.period;
  {
    std::shared_ptr<Partition> partition = partitions_.Get(place.partition);
    std::lock_guard lock(partition->mutex);
    TRY(LoadForReading(*partition));
    const SymbolCounts counts = partition->symbols.counts();
    ASSIGN_OR_RETURN(std::vector<LinkedValue> links, reader.Links(counts.stacks));
    ASSIGN_OR_RETURN(std::vector<StackValue> values, reader.Values(counts.stacks, links));
    if (header.main_mapping != MappingId::kNone && Index(header.main_mapping) >= counts.mappings) {
      return Error(Code::kDataLoss, "it names a mapping that is not there");
    }
    std::erase_if(links, [&](const LinkedValue& l) { return !filter.Passes(l.link); });
    if (!filter.PassesAll()) values.clear();
    const size_t unlinked = values.size();
    for (const LinkedValue& l : links) values.push_back({l.stack, l.value});
    if (values.empty() && !filter.PassesAll()) return false;
    ResolveStacks(partition->symbols, values, {{header.main_mapping}}, profile);
    LabelSamples(links, unlinked, profile);
  }
  stored.id = place.id;
  stored.time_ns = place.time_ns;
  stored.duration_ns = header.duration_ns;
  stored.period = header.period;
  stored.profile = Canonical(profile);
  return true;
}

}  // namespace anneal
