// SelectSeries: totals over time.
//
// Points stand at start, start + step, …, while <= end; the point at t holds the profiles of
// (t − step, t], to the millisecond. The first one therefore reaches back before `start`, and
// profiles after the last whole step are in none. Empty steps have no point. (Pyroscope's v2
// storage does the same.)
#include <querier/v1/querier.pb.h>

#include <algorithm>
#include <optional>

#include "api/exemplar.h"
#include "api/querier.h"
#include "api/request_message.h"
#include "api/stack_selector.h"
#include "api/steps.h"
#include "base/wrapping.h"

namespace anneal {
namespace {

constexpr int64_t kMillisecondNs = 1'000'000;

struct SeriesLine {
  LabelSet labels;
  double total = 0;
  std::vector<types::v1::Point> points;
};

enum class Aggregate { kSum, kAverage };

SeriesLine ToLine(const LabelSet& labels, const std::vector<SeriesPoint>& totals,
                  const Steps& steps, Aggregate aggregate) {
  SeriesLine line{.labels = labels, .total = 0, .points = {}};
  size_t i = 0;
  while (i < totals.size()) {
    int64_t point = steps.PointOf(totals[i].time_ns);
    if (point > steps.last) break;
    double sum = 0;
    size_t begin = i;
    for (; i < totals.size() && steps.PointOf(totals[i].time_ns) == point; ++i) {
      sum += static_cast<double>(totals[i].value);
    }
    double value = aggregate == Aggregate::kSum ? sum : sum / static_cast<double>(i - begin);
    line.total += value;
    line.points.emplace_back().set_timestamp(steps.TimeMs(point));
    line.points.back().set_value(value);
  }
  return line;
}

using SeriesTotals = std::map<LabelSet, std::vector<SeriesPoint>>;

// Totals, of the samples at a call site only when there is one: that reads every profile.
Result<SeriesTotals> TotalsAt(const QueryContext& context, const Selection& selection,
                              GroupBy group_by, const std::vector<std::string>& call_site) {
  if (call_site.empty()) return context.store.Totals(selection, group_by);
  SeriesTotals totals;
  TRY(context.store.Scan(selection, [&](const StoredProfile& stored) -> Status {
    int64_t sum = 0;
    for (int64_t value : SelectCallSite(stored.profile, call_site).sample_values) {
      sum = WrappingAdd(sum, value);
    }
    if (sum == 0) return {};
    LabelSet labels = group_by ? Group(stored.labels, *group_by) : stored.labels;
    totals[std::move(labels)].push_back({stored.time_ns, sum, stored.id});
    return {};
  }));
  for (auto& [labels, points] : totals) {
    std::sort(points.begin(), points.end(),
              [](const SeriesPoint& a, const SeriesPoint& b) { return a.time_ns < b.time_ns; });
  }
  return totals;
}

// Gives each point the profile with the largest value in it.
void AddExemplars(const SeriesTotals& by_labels, const std::vector<std::string>& group_by,
                  const Steps& steps, std::vector<SeriesLine>& lines) {
  struct Best {
    const SeriesPoint* point = nullptr;
    const LabelSet* labels = nullptr;
  };
  std::map<LabelSet, std::map<int64_t, Best>> groups;  // by the point's time
  for (const auto& [labels, points] : by_labels) {
    std::map<int64_t, Best>& bests = groups[Group(labels, group_by)];
    for (const SeriesPoint& point : points) {
      Best& best = bests[steps.TimeMs(steps.PointOf(point.time_ns))];
      if (best.point == nullptr || point.value > best.point->value) best = {&point, &labels};
    }
  }
  for (SeriesLine& line : lines) {
    const std::map<int64_t, Best>& bests = groups[line.labels];
    for (types::v1::Point& point : line.points) {
      auto it = bests.find(point.timestamp());
      if (it == bests.end()) continue;
      *point.add_exemplars() = ToExemplar(*it->second.point, *it->second.labels, group_by);
    }
  }
}

Status CheckSeriesRequest(const querier::v1::SelectSeriesRequest& in) {
  if (in.exemplar_type() == types::v1::EXEMPLAR_TYPE_SPAN) {
    return Error(Code::kUnimplemented, "exemplars of spans come with SelectHeatmap");
  }
  if (in.exemplar_type() < types::v1::EXEMPLAR_TYPE_UNSPECIFIED ||
      in.exemplar_type() > types::v1::EXEMPLAR_TYPE_SPAN) {
    return Error(Code::kUnimplemented, "exemplar_type {} is not supported; use INDIVIDUAL",
                 static_cast<int>(in.exemplar_type()));
  }
  if (in.aggregation() != types::v1::TIME_SERIES_AGGREGATION_TYPE_SUM &&
      in.aggregation() != types::v1::TIME_SERIES_AGGREGATION_TYPE_AVERAGE) {
    return Error(Code::kUnimplemented, "aggregation {} is not supported; use SUM or AVERAGE",
                 static_cast<int>(in.aggregation()));
  }
  if (in.limit() < 0) {
    return InvalidArgument("limit is {}; it must not be negative", in.limit());
  }
  return {};
}

std::string Encode(std::vector<SeriesLine> lines) {
  querier::v1::SelectSeriesResponse out;
  for (SeriesLine& line : lines) {
    types::v1::Series* series = out.add_series();
    AddLabels(line.labels, *series);
    for (types::v1::Point& point : line.points) *series->add_points() = std::move(point);
  }
  return out.SerializeAsString();
}

}  // namespace

Result<std::string> SelectSeriesCall(const QueryContext& context, std::string_view request) {
  ASSIGN_OR_RETURN(auto in, ParseRequest<querier::v1::SelectSeriesRequest>(request));
  TRY(CheckSeriesRequest(in));
  ASSIGN_OR_RETURN(Selection selection, CheckSelection(context, in.profile_typeid(),
                                                       in.label_selector(), in.start(), in.end()));
  if (selection.range.start_ns > selection.range.end_ns) return std::string();
  ASSIGN_OR_RETURN(Steps steps, StepsOf(in.step(), selection.range, context.limits));
  selection.range.end_ns = steps.last_ns;
  selection.range.start_ns -= steps.StepNs() - kMillisecondNs;

  std::vector<std::string> group_by(in.group_by().begin(), in.group_by().end());
  std::vector<std::string> call_site;
  for (const types::v1::Location& frame : in.stack_trace_selector().call_site()) {
    call_site.push_back(frame.name());
  }
  ASSIGN_OR_RETURN(SeriesTotals totals, TotalsAt(context, selection, group_by, call_site));

  Aggregate aggregate = in.aggregation() == types::v1::TIME_SERIES_AGGREGATION_TYPE_AVERAGE
                            ? Aggregate::kAverage
                            : Aggregate::kSum;
  std::vector<SeriesLine> lines;
  for (const auto& [labels, points] : totals) {
    SeriesLine line = ToLine(labels, points, steps, aggregate);
    if (!line.points.empty()) lines.push_back(std::move(line));
  }
  std::sort(lines.begin(), lines.end(), [](const SeriesLine& a, const SeriesLine& b) {
    return a.total != b.total ? a.total > b.total : a.labels < b.labels;
  });
  auto limit = static_cast<size_t>(in.limit());
  if (limit > 0 && lines.size() > limit) lines.resize(limit);
  if (in.exemplar_type() == types::v1::EXEMPLAR_TYPE_INDIVIDUAL) {
    ASSIGN_OR_RETURN(SeriesTotals by_labels, TotalsAt(context, selection, std::nullopt, call_site));
    AddExemplars(by_labels, group_by, steps, lines);
  }
  return Encode(std::move(lines));
}

}  // namespace anneal
