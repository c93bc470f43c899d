// SelectSeries: totals over time.
//
// Points stand at start, start + step, …, while <= end; the point at t holds the profiles of
// (t − step, t]. The first one therefore reaches back before `start`, and profiles after the last
// whole step are in none. Empty steps have no point. (Pyroscope's v2 storage does the same.)
#include <querier/v1/querier.pb.h>

#include <cmath>

#include "api/querier.h"
#include "api/request_message.h"
#include "api/stack_selector.h"

namespace anneal {
namespace {

constexpr int64_t kNsPerMs = 1'000'000;

struct Steps {
  int64_t start_ms, start_ns, step_ms, last;  // points 0..last

  int64_t TimeMs(int64_t point) const { return start_ms + point * step_ms; }
  // The point that a profile at `time_ns` belongs to; beyond `last` when to none.
  int64_t PointOf(int64_t time_ns) const {
    if (time_ns <= start_ns) return 0;
    return (time_ns - start_ns - 1) / (step_ms * kNsPerMs) + 1;
  }
};

Result<Steps> StepsOf(const querier::v1::SelectSeriesRequest& in, const TimeRange& range,
                      const Limits& limits) {
  // NaN fails the comparison, too.
  if (!(in.step() >= 0.001)) {
    return InvalidArgument("step is {} s; it must be 0.001 s or more", in.step());
  }
  constexpr double kMaxStepMs = 1e12;  // 31 years; products with it stay in int64
  double step_ms = std::min(std::floor(in.step() * 1000 + 1e-6), kMaxStepMs);
  Steps steps{range.start_ns / kNsPerMs, range.start_ns, static_cast<int64_t>(step_ms), 0};
  steps.last = (range.end_ns - range.start_ns) / (steps.step_ms * kNsPerMs);
  if (limits.max_series_points != 0 &&
      static_cast<uint64_t>(steps.last) >= limits.max_series_points) {
    return InvalidArgument("the range has {} steps; max_series_points allows {}; use a larger step",
                           steps.last + 1, limits.max_series_points);
  }
  return steps;
}

struct SeriesLine {
  LabelSet labels;
  double total = 0;
  std::vector<std::pair<int64_t, double>> points;  // time in ms, value
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
    line.points.emplace_back(steps.TimeMs(point), value);
  }
  return line;
}

using SeriesTotals = std::map<LabelSet, std::vector<SeriesPoint>>;

// Totals of the samples at a call site only: reads every profile.
Result<SeriesTotals> CallSiteTotals(const QueryContext& context, const Selection& selection,
                                    const std::vector<std::string>& group_by,
                                    const std::vector<std::string>& call_site) {
  SeriesTotals totals;
  TRY(context.store.Scan(selection, [&](const StoredProfile& stored) -> Status {
    LabelSet group;
    for (const LabelPair& label : stored.labels) {
      bool grouped = std::find(group_by.begin(), group_by.end(), label.name) != group_by.end();
      if (grouped) group.push_back(label);
    }
    int64_t sum = 0;
    for (int64_t value : SelectCallSite(stored.profile, call_site).sample_values) sum += value;
    if (sum != 0) totals[group].push_back({stored.time_ns, sum, stored.id});
    return {};
  }));
  for (auto& [labels, points] : totals) {
    std::sort(points.begin(), points.end(),
              [](const SeriesPoint& a, const SeriesPoint& b) { return a.time_ns < b.time_ns; });
  }
  return totals;
}

Status CheckSeriesRequest(const querier::v1::SelectSeriesRequest& in) {
  if (in.exemplar_type() != types::v1::EXEMPLAR_TYPE_UNSPECIFIED &&
      in.exemplar_type() != types::v1::EXEMPLAR_TYPE_NONE) {
    return Error(Code::kUnimplemented, "exemplars are not supported; leave exemplar_type out");
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

std::string Encode(const std::vector<SeriesLine>& lines) {
  querier::v1::SelectSeriesResponse out;
  for (const SeriesLine& line : lines) {
    types::v1::Series* series = out.add_series();
    for (const LabelPair& label : line.labels) {
      types::v1::LabelPair* pair = series->add_labels();
      pair->set_name(label.name);
      pair->set_value(label.value);
    }
    for (const auto& [time_ms, value] : line.points) {
      types::v1::Point* point = series->add_points();
      point->set_timestamp(time_ms);
      point->set_value(value);
    }
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
  ASSIGN_OR_RETURN(Steps steps, StepsOf(in, selection.range, context.limits));
  int64_t step_ns = steps.step_ms * kNsPerMs;
  int64_t first_end = selection.range.start_ns;
  selection.range.end_ns = first_end + steps.last * step_ns;
  if (__builtin_sub_overflow(first_end, step_ns - 1, &selection.range.start_ns)) {
    selection.range.start_ns = first_end;
  }

  std::vector<std::string> group_by(in.group_by().begin(), in.group_by().end());
  std::vector<std::string> call_site;
  for (const types::v1::Location& frame : in.stack_trace_selector().call_site()) {
    call_site.push_back(frame.name());
  }
  Result<SeriesTotals> totals = call_site.empty()
                                    ? context.store.Totals(selection, group_by)
                                    : CallSiteTotals(context, selection, group_by, call_site);
  if (!totals.ok()) return totals.status();

  Aggregate aggregate = in.aggregation() == types::v1::TIME_SERIES_AGGREGATION_TYPE_AVERAGE
                            ? Aggregate::kAverage
                            : Aggregate::kSum;
  std::vector<SeriesLine> lines;
  for (const auto& [labels, points] : *totals) {
    SeriesLine line = ToLine(labels, points, steps, aggregate);
    if (!line.points.empty()) lines.push_back(std::move(line));
  }
  std::stable_sort(lines.begin(), lines.end(),
                   [](const SeriesLine& a, const SeriesLine& b) { return a.total > b.total; });
  auto limit = static_cast<size_t>(in.limit());
  if (limit > 0 && lines.size() > limit) lines.resize(limit);
  return Encode(lines);
}

}  // namespace anneal
