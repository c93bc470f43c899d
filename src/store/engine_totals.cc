// Queries over time: totals of profiles and of spans.
#include <algorithm>
#include <tuple>

#include "absl/container/flat_hash_map.h"
#include "base/wrapping.h"
#include "store/engine.h"
#include "store/profile_type.h"

namespace anneal {
namespace {

auto Order(const SeriesPoint& p) { return std::tie(p.time_ns, p.value, p.id); }
auto Order(const SpanPoint& p) { return std::tie(p.time_ns, p.value, p.id, p.link); }

template <typename Point>
void SortPoints(std::map<LabelSet, std::vector<Point>>& totals) {
  for (auto& [labels, points] : totals) {
    std::ranges::sort(points, [](const Point& a, const Point& b) { return Order(a) < Order(b); });
  }
}

}  // namespace

Status EmbeddedStore::NeedProfileType(const Selection& selection) {
  if (!selection.profile_type.empty()) return {};
  return InvalidArgument("a query needs a profile type: profiles of several cannot be summed");
}

LabelSet EmbeddedStore::GroupOf(SeriesId series, GroupBy group_by) const {
  LabelSet labels = index_.Labels(series);
  if (group_by.has_value()) {
    std::erase_if(labels, [&](const LabelPair& pair) {
      return std::ranges::count(*group_by, pair.name) == 0;
    });
  }
  return labels;
}

// Links refer to stacks by number only, so nothing of the symbols but their count is needed.
Result<size_t> EmbeddedStore::StackCount(PartitionKey key) {
  std::shared_ptr<Partition> partition = partitions_.Get(key);
  std::lock_guard lock(partition->mutex);
  TRY(LoadForReading(*partition));
  return partition->symbols.counts().stacks;
}

Result<std::map<LabelSet, std::vector<SeriesPoint>>> EmbeddedStore::Totals(
    const Selection& selection, GroupBy group_by) {
  TRY(NeedProfileType(selection));
  ASSIGN_OR_RETURN(const Matchers matchers, MatchersOf(selection));
  ReaderLock ground(ground_);
  std::map<LabelSet, std::vector<SeriesPoint>> totals;
  ASSIGN_OR_RETURN(KvSnapshot snapshot, kv_->Snapshot());
  ASSIGN_OR_RETURN(std::vector<SeriesTarget> targets, FindTargets(selection, matchers));
  if (targets.empty()) return totals;
  ASSIGN_OR_RETURN(WindowCursors cursors, WindowCursors::Open(*kv_, snapshot));
  const LinkFilter filter(selection.span_ids, selection.trace_ids);
  absl::flat_hash_map<SeriesId, std::vector<SeriesPoint>*> points_of;
  for (const SeriesTarget& target : targets) {
    std::vector<SeriesPoint>*& points = points_of[target.series];
    size_t stacks = 0;
    if (!filter.PassesAll()) {
      ASSIGN_OR_RETURN(stacks, StackCount(target.partition));
    }
    auto add = [&](std::string_view key, std::string_view record) -> Status {
      ASSIGN_OR_RETURN(ProfileRecordReader reader, ProfileRecordReader::Open(record));
      int64_t total = reader.header().total;
      if (!filter.PassesAll()) {
        ASSIGN_OR_RETURN(std::vector<LinkedValue> links, reader.Links(stacks));
        std::erase_if(links, [&](const LinkedValue& l) { return !filter.Passes(l.link); });
        if (links.empty()) return {};
        total = 0;
        for (const LinkedValue& l : links) total = WrappingAdd(total, l.value);
      }
      if (points == nullptr) points = &totals[GroupOf(target.series, group_by)];
      points->push_back({TimeOfKey(key), total, IdOfKey(key)});
      return {};
    };
    auto add_rollup = [&](RollupReader rollup) -> Status {
      std::vector<SeriesPoint> of_rollup;
      TRY(rollup.Points(of_rollup));
      if (points == nullptr) points = &totals[GroupOf(target.series, group_by)];
      points->insert(points->end(), of_rollup.begin(), of_rollup.end());
      return {};
    };
    TRY(VisitStretches(cursors, target, selection, add_rollup, add));
  }
  SortPoints(totals);
  return totals;
}

Result<std::map<LabelSet, std::vector<SpanPoint>>> EmbeddedStore::SpanTotals(
    const Selection& selection, GroupBy group_by) {
  TRY(NeedProfileType(selection));
  ASSIGN_OR_RETURN(const Matchers matchers, MatchersOf(selection));
  ReaderLock ground(ground_);
  std::map<LabelSet, std::vector<SpanPoint>> totals;
  ASSIGN_OR_RETURN(std::vector<SeriesTarget> targets, FindTargets(selection, matchers));
  if (targets.empty()) return totals;
  ASSIGN_OR_RETURN(KvCursor cursor, kv_->Cursor(Family::kProfiles, {}, {}));
  const LinkFilter filter(selection.span_ids, selection.trace_ids);
  for (const SeriesTarget& target : targets) {
    ASSIGN_OR_RETURN(size_t stacks, StackCount(target.partition));
    std::map<SampleLink, int64_t> sums;
    auto add = [&](std::string_view key, std::string_view record) -> Status {
      ASSIGN_OR_RETURN(ProfileRecordReader reader, ProfileRecordReader::Open(record));
      ASSIGN_OR_RETURN(std::vector<LinkedValue> links, reader.Links(stacks));
      sums.clear();
      for (const LinkedValue& l : links) {
        if (l.link.span == 0 || !filter.Passes(l.link)) continue;
        int64_t& sum = sums[l.link];
        sum = WrappingAdd(sum, l.value);
      }
      if (sums.empty()) return {};
      std::vector<SpanPoint>& points = totals[GroupOf(target.series, group_by)];
      for (const auto& [link, sum] : sums) {
        points.push_back({TimeOfKey(key), sum, link, IdOfKey(key)});
      }
      return {};
    };
    TRY(VisitWindow(cursor, target, Window(selection), add));
  }
  SortPoints(totals);
  return totals;
}

}  // namespace anneal
