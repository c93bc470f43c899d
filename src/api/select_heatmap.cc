// SelectHeatmap: how profiles, or spans, are spread over time and value.
//
// A slot's timestamp is its right edge: of the times start, start + step, … the first that is not
// before the profile's millisecond; the last of them may lie after `end`. The value axis has 20
// buckets of equal width between the smallest and the largest value of the whole answer, the same
// for every slot. Slots without a point are left out. (Pyroscope's v2 storage does the same.)
#include <querier/v1/querier.pb.h>

#include <algorithm>
#include <map>

#include "api/exemplar.h"
#include "api/querier.h"
#include "api/request_message.h"
#include "api/steps.h"

namespace anneal {
namespace {

using querier::v1::SelectHeatmapRequest;

constexpr size_t kBuckets = 20;

class ValueAxis {
 public:
  ValueAxis(int64_t least, int64_t most) {
    if (least == most) ++most;
    double width = (static_cast<double>(most) - static_cast<double>(least)) / kBuckets;
    for (size_t i = 0; i < kBuckets; ++i) {
      begins_.push_back(least + static_cast<int64_t>(static_cast<double>(i) * width));
    }
  }
  // The last bucket that begins at `value` or before.
  size_t BucketOf(int64_t value) const {
    auto after = std::upper_bound(begins_.begin(), begins_.end(), value);
    return static_cast<size_t>(after - begins_.begin()) - 1;
  }
  const std::vector<int64_t>& begins() const { return begins_; }

 private:
  std::vector<int64_t> begins_;
};

template <typename Point>
struct Cell {
  int32_t count = 0;
  const Point* best = nullptr;  // of the largest value
  const LabelSet* labels = nullptr;
};

// Points by their whole label sets, as the store gives them.
template <typename Point>
using Points = std::map<LabelSet, std::vector<Point>>;

template <typename Point>
class Heatmap {
 public:
  Heatmap(const Points<Point>& points, const SelectHeatmapRequest& in, const Steps& steps)
      : in_(in), steps_(steps), group_by_(in.group_by().begin(), in.group_by().end()) {
    for (const auto& series : points) {
      Member& group = groups_[Group(series.first, group_by_)];
      group.series.push_back(&series);
      for (const Point& point : series.second) {
        least_ = std::min(least_, point.value);
        most_ = std::max(most_, point.value);
        group.total += static_cast<double>(point.value);
      }
    }
  }

  std::string Encode() const {
    querier::v1::SelectHeatmapResponse out;
    if (least_ > most_) return out.SerializeAsString();
    std::vector<const typename Groups::value_type*> order;
    for (const auto& group : groups_) order.push_back(&group);
    std::sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
      return a->second.total != b->second.total ? a->second.total > b->second.total
                                                : a->first < b->first;
    });
    auto limit = static_cast<size_t>(in_.limit());
    if (limit > 0 && order.size() > limit) order.resize(limit);
    ValueAxis axis(least_, most_);
    for (const auto* group : order) {
      AddLabels(group->first, *out.add_series());
      AddSlots(group->second, axis, *out.mutable_series()->rbegin());
    }
    return out.SerializeAsString();
  }

 private:
  struct Member {
    double total = 0;
    std::vector<const typename Points<Point>::value_type*> series;
  };
  using Groups = std::map<LabelSet, Member>;

  void AddSlots(const Member& group, const ValueAxis& axis,
                types::v1::HeatmapSeries& series) const {
    std::map<int64_t, std::map<size_t, Cell<Point>>> slots;
    for (const auto* member : group.series) {
      for (const Point& point : member->second) {
        Cell<Point>& cell = slots[steps_.PointOf(point.time_ns)][axis.BucketOf(point.value)];
        ++cell.count;
        if (cell.best != nullptr && point.value <= cell.best->value) continue;
        cell.best = &point;
        cell.labels = &member->first;
      }
    }
    bool with_exemplars = in_.exemplar_type() == types::v1::EXEMPLAR_TYPE_INDIVIDUAL ||
                          in_.exemplar_type() == types::v1::EXEMPLAR_TYPE_SPAN;
    for (const auto& [at, cells] : slots) {
      types::v1::HeatmapSlot* slot = series.add_slots();
      slot->set_timestamp(steps_.TimeMs(at));
      for (int64_t begin : axis.begins()) slot->add_y_min(static_cast<double>(begin));
      for (size_t i = 0; i < kBuckets; ++i) slot->add_counts(0);
      for (const auto& [bucket, cell] : cells) {
        slot->set_counts(static_cast<int>(bucket), cell.count);
        if (with_exemplars) {
          *slot->add_exemplars() = ToExemplar(*cell.best, *cell.labels, group_by_);
        }
      }
    }
  }

  const SelectHeatmapRequest& in_;
  const Steps& steps_;
  const std::vector<std::string> group_by_;
  Groups groups_;
  int64_t least_ = INT64_MAX, most_ = INT64_MIN;  // of all values
};

Status CheckTypes(const SelectHeatmapRequest& in) {
  if (in.limit() < 0) return InvalidArgument("limit is {}; it must not be negative", in.limit());
  if (in.query_type() == querier::v1::HEATMAP_QUERY_TYPE_UNSPECIFIED) {
    return InvalidArgument("query_type is missing; ask for INDIVIDUAL (profiles) or SPAN");
  }
  bool spans = in.query_type() == querier::v1::HEATMAP_QUERY_TYPE_SPAN;
  if (!spans && in.query_type() != querier::v1::HEATMAP_QUERY_TYPE_INDIVIDUAL) {
    return Error(Code::kUnimplemented, "query_type {} is not supported; use INDIVIDUAL or SPAN",
                 static_cast<int>(in.query_type()));
  }
  switch (in.exemplar_type()) {
    case types::v1::EXEMPLAR_TYPE_UNSPECIFIED:
    case types::v1::EXEMPLAR_TYPE_NONE:
      return {};
    case types::v1::EXEMPLAR_TYPE_INDIVIDUAL:
      if (!spans) return {};
      return InvalidArgument("exemplars of profiles go with query_type INDIVIDUAL only");
    case types::v1::EXEMPLAR_TYPE_SPAN:
      if (spans) return {};
      return InvalidArgument("exemplars of spans go with query_type SPAN only");
    default:
      return Error(Code::kUnimplemented, "exemplar_type {} is not supported",
                   static_cast<int>(in.exemplar_type()));
  }
}

}  // namespace

Result<std::string> SelectHeatmapCall(const QueryContext& context, std::string_view request) {
  ASSIGN_OR_RETURN(auto in, ParseRequest<SelectHeatmapRequest>(request));
  TRY(CheckTypes(in));
  ASSIGN_OR_RETURN(Selection selection, CheckSelection(context, in.profile_typeid(),
                                                       in.label_selector(), in.start(), in.end()));
  if (selection.range.start_ns > selection.range.end_ns) return std::string();
  ASSIGN_OR_RETURN(Steps steps, StepsOf(in.step(), selection.range, context.limits));
  if (in.query_type() == querier::v1::HEATMAP_QUERY_TYPE_SPAN) {
    ASSIGN_OR_RETURN(Points<SpanPoint> points, context.store.SpanTotals(selection, std::nullopt));
    return Heatmap<SpanPoint>(points, in, steps).Encode();
  }
  ASSIGN_OR_RETURN(Points<SeriesPoint> points, context.store.Totals(selection, std::nullopt));
  return Heatmap<SeriesPoint>(points, in, steps).Encode();
}

}  // namespace anneal
