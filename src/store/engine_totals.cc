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

// Points as they are found, within what the query may take. What they take stays taken until the
// query ends.
template <typename Point>
class Collected {
 public:
  using Totals = std::map<LabelSet, std::vector<Point>>;

  explicit Collected(QueryControl* control) : memory_(control) {}

  Result<std::vector<Point>*> Of(LabelSet labels) {
    if (const auto known = totals_.find(labels); known != totals_.end()) return &known->second;
    uint64_t bytes = sizeof(typename Totals::value_type) + kNodeBytes;
    for (const LabelPair& label : labels) {
      bytes += sizeof(label) + label.name.size() + label.value.size();
    }
    TRY(memory_.Take(bytes));
    return &totals_[std::move(labels)];
  }
  Status Add(std::vector<Point>& points, std::span<const Point> more) {
    if (points.size() + more.size() > points.capacity()) {
      const size_t before = points.capacity();
      const size_t after = std::max(points.size() + more.size(), before * 2);
      TRY(memory_.Take(after * sizeof(Point)));
      points.reserve(after);
      memory_.Give(before * sizeof(Point));
    }
    points.insert(points.end(), more.begin(), more.end());
    return {};
  }
  Totals Finish() {
    for (auto& [labels, points] : totals_) {
      std::ranges::sort(points, [](const Point& a, const Point& b) { return Order(a) < Order(b); });
    }
    memory_.Keep();
    return std::move(totals_);
  }

 private:
  static constexpr uint64_t kNodeBytes = 48;  // of the map, and what an allocation costs

  Totals totals_;
  QueryMemory memory_;
};

// What a link takes while its profile is looked at: read, and as a sum.
constexpr uint64_t kLinkBytes =
    sizeof(LinkedValue) + sizeof(std::pair<const SampleLink, int64_t>) + sizeof(SpanPoint) + 48;

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
  Collected<SeriesPoint> totals(selection.control.get());
  ASSIGN_OR_RETURN(KvSnapshot snapshot, kv_->Snapshot());
  ASSIGN_OR_RETURN(std::vector<SeriesTarget> targets, FindTargets(selection, matchers));
  if (targets.empty()) return totals.Finish();
  ASSIGN_OR_RETURN(WindowCursors cursors, WindowCursors::Open(*kv_, snapshot));
  const LinkFilter filter(selection.span_ids, selection.trace_ids);
  absl::flat_hash_map<SeriesId, std::vector<SeriesPoint>*> points_of;
  for (const SeriesTarget& target : targets) {
    std::vector<SeriesPoint>*& points = points_of[target.series];
    size_t stacks = 0;
    if (!filter.PassesAll()) {
      ASSIGN_OR_RETURN(stacks, StackCount(target.partition));
    }
    auto keep = [&](std::span<const SeriesPoint> found) -> Status {
      if (points == nullptr) {
        ASSIGN_OR_RETURN(points, totals.Of(GroupOf(target.series, group_by)));
      }
      return totals.Add(*points, found);
    };
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
      const SeriesPoint point{TimeOfKey(key), total, IdOfKey(key)};
      return keep({&point, 1});
    };
    auto add_rollup = [&](RollupReader rollup) -> Status {
      std::vector<SeriesPoint> of_rollup;
      TRY(rollup.Points(of_rollup));
      return keep(of_rollup);
    };
    TRY(VisitStretches(cursors, target, selection, add_rollup, add));
  }
  return totals.Finish();
}

Result<std::map<LabelSet, std::vector<SpanPoint>>> EmbeddedStore::SpanTotals(
    const Selection& selection, GroupBy group_by) {
  TRY(NeedProfileType(selection));
  ASSIGN_OR_RETURN(const Matchers matchers, MatchersOf(selection));
  ReaderLock ground(ground_);
  Collected<SpanPoint> totals(selection.control.get());
  QueryMemory of_profile(selection.control.get());
  ASSIGN_OR_RETURN(std::vector<SeriesTarget> targets, FindTargets(selection, matchers));
  if (targets.empty()) return totals.Finish();
  ASSIGN_OR_RETURN(KvCursor cursor, kv_->Cursor(Family::kProfiles, {}, {}));
  const LinkFilter filter(selection.span_ids, selection.trace_ids);
  for (const SeriesTarget& target : targets) {
    ASSIGN_OR_RETURN(size_t stacks, StackCount(target.partition));
    std::vector<SpanPoint> found;
    auto add = [&](std::string_view key, std::string_view record) -> Status {
      ASSIGN_OR_RETURN(ProfileRecordReader reader, ProfileRecordReader::Open(record));
      ASSIGN_OR_RETURN(std::vector<LinkedValue> links, reader.Links(stacks));
      TRY(of_profile.GrowTo(links.size() * kLinkBytes));
      std::map<SampleLink, int64_t> sums;
      for (const LinkedValue& l : links) {
        if (l.link.span == 0 || !filter.Passes(l.link)) continue;
        int64_t& sum = sums[l.link];
        sum = WrappingAdd(sum, l.value);
      }
      if (sums.empty()) return {};
      ASSIGN_OR_RETURN(std::vector<SpanPoint> * points,
                       totals.Of(GroupOf(target.series, group_by)));
      found.clear();
      for (const auto& [link, sum] : sums) {
        found.push_back({TimeOfKey(key), sum, link, IdOfKey(key)});
      }
      return totals.Add(*points, found);
    };
    TRY(VisitWindow(cursor, target, Window(selection), add));
  }
  return totals.Finish();
}

}  // namespace anneal
