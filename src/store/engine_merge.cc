// Merging: a selection's records summed partition by partition, on all cores.
#include <algorithm>

#include "base/mutex.h"
#include "profile/merge.h"
#include "store/binary_sums.h"
#include "store/engine.h"
#include "store/profile_type.h"
#include "store/resolve.h"

namespace anneal {
namespace {

// Below this many series a partition is not worth a second set of sums.
constexpr size_t kSeriesPerPart = 8;

// Part `i` of `n`, of nearly equal sizes.
std::span<const SeriesTarget> PartOf(std::span<const SeriesTarget> all, size_t i, size_t n) {
  const size_t begin = all.size() * i / n;
  return all.subspan(begin, all.size() * (i + 1) / n - begin);
}

// Also where no records are read: stacks may take longer to resolve and to sum than their values.
Status CheckControl(const Selection& selection) {
  return selection.control == nullptr ? Status() : selection.control->Check();
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

// What a thread works with while it has a part of a query.
struct EmbeddedStore::Lane {
  Lane(WindowCursors taken, QueryControl* control) : cursors(std::move(taken)), memory(control) {}

  WindowCursors cursors;
  Merger merger;
  bool any = false;  // the merger has something
  QueryMemory memory;
};

// A merge under way: its lanes, as many as threads work at a time.
class EmbeddedStore::MergeQuery {
 public:
  MergeQuery(Kv& kv, const KvSnapshot& snapshot, const Selection& wanted, size_t partition_count)
      : selection(wanted), partitions(partition_count), kv_(kv), snapshot_(snapshot) {}

  const Selection& selection;
  const size_t partitions;

  Status With(absl::FunctionRef<Status(Lane&)> work) {
    ASSIGN_OR_RETURN(std::unique_ptr<Lane> lane, Take());
    Status status = work(*lane);
    MutexLock lock(mutex_);
    free_.push_back(std::move(lane));
    return status;
  }
  // All lanes' mergers in one. REQUIRES: no lane is taken.
  Result<Merged> Finish(TaskPool& pool) {
    std::vector<std::unique_ptr<Lane>> lanes;
    {
      MutexLock lock(mutex_);
      lanes.swap(free_);
    }
    std::erase_if(lanes, [](const auto& lane) { return !lane->any; });
    if (lanes.empty()) return Merged();
    std::vector<Profile> rest(lanes.size() - 1);
    const Status finished = pool.Run(rest.size(), [&](size_t i) -> Status {
      TRY(CheckControl(selection));
      rest[i] = lanes[i + 1]->merger.Finish();
      return {};
    });
    TRY(finished);
    for (const Profile& profile : rest) {
      TRY(CheckControl(selection));
      TRY(lanes[0]->merger.Add(profile));
    }
    TRY(CheckControl(selection));
    return Merged(lanes[0]->merger.Finish());
  }

 private:
  Result<std::unique_ptr<Lane>> Take() {
    {
      MutexLock lock(mutex_);
      if (!free_.empty()) {
        std::unique_ptr<Lane> lane = std::move(free_.back());
        free_.pop_back();
        return lane;
      }
    }
    ASSIGN_OR_RETURN(WindowCursors cursors, WindowCursors::Open(kv_, snapshot_));
    return std::make_unique<Lane>(std::move(cursors), selection.control.get());
  }

  Kv& kv_;
  const KvSnapshot& snapshot_;
  Mutex mutex_;
  std::vector<std::unique_ptr<Lane>> free_ GUARDED_BY(mutex_);
};

struct EmbeddedStore::PartSum {
  explicit PartSum(const PartitionExtent& extent) : sums(extent) {}
  BinarySums sums;
  HeaderSum headers;
};

Status EmbeddedStore::SumTargets(Lane& lane, std::span<const SeriesTarget> targets,
                                 const Selection& selection, PartSum& part) {
  QueryMemory memory(selection.control.get());
  const LinkFilter filter(selection.span_ids, selection.trace_ids);
  auto sums_for = [&](MappingId main) -> Result<StackSums*> {
    if (!part.sums.Has(main)) {
      return Error(Code::kDataLoss, "a record names a mapping that is not there");
    }
    StackSums& sums = part.sums.For(main);
    TRY(memory.GrowTo(part.sums.bytes()));
    return &sums;
  };
  // All sections or, when one cannot be added, none: then the profiles are.
  auto add_rollup = [&](RollupReader rollup) -> Status {
    ASSIGN_OR_RETURN(int64_t time_ns, rollup.MergedTime());
    std::vector<std::pair<StackSums*, ProfileRecordReader>> added;
    auto add_section = [&]() -> Result<bool> {
      std::string_view section;
      ASSIGN_OR_RETURN(bool more, rollup.NextSection(section));
      if (!more) return false;
      ASSIGN_OR_RETURN(ProfileRecordReader values, ProfileRecordReader::Open(section));
      ASSIGN_OR_RETURN(StackSums * sums, sums_for(values.header().main_mapping));
      TRY(values.AddTo(*sums));
      added.emplace_back(sums, values);
      return true;
    };
    Result<bool> more = true;
    while (more.ok() && *more) more = add_section();
    if (!more.ok()) {
      for (const auto& [sums, values] : added) values.TakeFrom(*sums);
      return more.status();
    }
    part.headers.Add(time_ns, rollup.duration_ns(), rollup.period());
    return {};
  };
  auto add_profile = [&](std::string_view key, std::string_view record) -> Status {
    ASSIGN_OR_RETURN(ProfileRecordReader reader, ProfileRecordReader::Open(record));
    ASSIGN_OR_RETURN(StackSums * sums, sums_for(reader.header().main_mapping));
    ASSIGN_OR_RETURN(bool any, AddSelected(reader, filter, *sums));
    if (any) part.headers.Add(TimeOfKey(key), reader.header().duration_ns, reader.header().period);
    return {};
  };
  for (const SeriesTarget& target : targets) {
    TRY(VisitStretches(lane.cursors, target, selection, add_rollup, add_profile));
  }
  return {};
}

Status EmbeddedStore::MergePartition(MergeQuery& query, std::span<const SeriesTarget> targets) {
  // After the snapshot was taken: what it holds was interned before, hence is in here.
  std::shared_ptr<Partition> partition = partitions_.Get(targets.front().partition);
  PartitionExtent extent;
  {
    std::lock_guard lock(partition->mutex);
    TRY(LoadForReading(*partition));
    extent = PartitionExtent::Of(partition->symbols);
  }
  // A query of few partitions has its series dealt out as well.
  size_t count = 1;
  if (query.partitions < pool_.width()) {
    count = std::clamp<size_t>(targets.size() / kSeriesPerPart, 1, pool_.width());
  }
  std::deque<PartSum> parts;
  for (size_t i = 0; i < count; ++i) parts.emplace_back(extent);
  TRY(pool_.Run(count, [&](size_t i) {
    return query.With([&](Lane& lane) {
      return SumTargets(lane, PartOf(targets, i, count), query.selection, parts[i]);
    });
  }));
  PartSum& sum = parts.front();
  for (size_t i = 1; i < count; ++i) {
    sum.sums.TakeFrom(parts[i].sums);
    sum.headers.Add(parts[i].headers);
  }
  return query.With([&](Lane& lane) -> Status {
    for (BinarySums::Group& group : sum.sums.groups()) {
      TRY(CheckControl(query.selection));
      std::vector<StackValue> values = group.sums.Take();
      Profile profile = EmptyProfile(query.selection.profile_type);
      sum.headers.MoveTo(profile);
      {
        std::lock_guard lock(partition->mutex);
        ResolveStacks(partition->symbols, values, group.mains, profile);
      }
      TRY(CheckControl(query.selection));
      lane.any = true;
      TRY(lane.merger.Add(profile));
      TRY(lane.memory.GrowTo(lane.merger.bytes()));
    }
    return {};
  });
}

Result<Merged> EmbeddedStore::MergeWindow(const Selection& selection, const Matchers& matchers) {
  // The snapshot comes first: whatever it holds, the index and the partitions know.
  ASSIGN_OR_RETURN(KvSnapshot snapshot, kv_->Snapshot());
  ASSIGN_OR_RETURN(std::vector<SeriesTarget> targets, FindTargets(selection, matchers));
  const std::vector<std::span<const SeriesTarget>> groups = ByPartition(targets);
  MergeQuery query(*kv_, snapshot, selection, groups.size());
  TRY(pool_.Run(groups.size(),
                [&](size_t i) NO_LOCK_ANALYSIS { return MergePartition(query, groups[i]); }));
  return query.Finish(pool_);
}

Result<std::shared_ptr<const Merged>> EmbeddedStore::MergeLasting(const Selection& selection,
                                                                  const Matchers& matchers) {
  if (std::shared_ptr<const Merged> kept = results_.Find(selection)) return kept;
  ResultCache::Making making(results_, selection);
  const uint64_t skipped = damage_.reports();
  ASSIGN_OR_RETURN(Merged merged, MergeWindow(selection, matchers));
  auto answer = std::make_shared<const Merged>(std::move(merged));
  // What is answered only in part is looked for again, so that it is counted.
  if (damage_.reports() == skipped) making.Keep(answer);
  return answer;
}

Result<Profile> EmbeddedStore::Merge(const Selection& selection) {
  ASSIGN_OR_RETURN(Profile merged, MergeAll(selection));
  TRY(CheckControl(selection));
  // Until the query ends.
  if (selection.control != nullptr) {
    TRY(selection.control->Take(kWithAnswer * ProfileBytes(merged)));
  }
  return merged;
}

Result<Profile> EmbeddedStore::MergeAll(const Selection& selection) {
  TRY(NeedProfileType(selection));
  ASSIGN_OR_RETURN(const Matchers matchers, MatchersOf(selection));
  ReaderLock ground(ground_);
  const TimeRange all = selection.range;
  std::optional<TimeRange> lasting;
  if (results_.Takes(selection)) {
    lasting = LastingPart(all, clock_.NowNs() - options_.rollup_delay_ns);
  }
  if (!lasting.has_value()) {
    ASSIGN_OR_RETURN(Merged merged, MergeWindow(selection, matchers));
    return merged.has_value() ? std::move(*merged) : EmptyProfile(selection.profile_type);
  }
  Selection part = selection;
  part.range = *lasting;
  ASSIGN_OR_RETURN(const std::shared_ptr<const Merged> kept, MergeLasting(part, matchers));
  // A kept answer is within the query's bounds as one that is made.
  QueryMemory copy(selection.control.get());
  TRY(CheckControl(selection));
  TRY(copy.Take(MergedBytes(*kept)));
  std::vector<Merged> edges;
  for (TimeRange edge : {TimeRange{all.start_ns, lasting->start_ns - 1},
                         TimeRange{lasting->end_ns + 1, all.end_ns}}) {
    if (edge.start_ns > edge.end_ns) continue;
    part.range = edge;
    ASSIGN_OR_RETURN(Merged merged, MergeWindow(part, matchers));
    if (merged.has_value()) edges.push_back(std::move(merged));
  }
  if (edges.empty()) return kept->has_value() ? **kept : EmptyProfile(selection.profile_type);
  Merger merger;
  if (kept->has_value()) TRY(merger.Add(**kept));
  for (const Merged& edge : edges) TRY(merger.Add(*edge));
  return merger.Finish();
}

}  // namespace anneal
