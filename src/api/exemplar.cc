#include "api/exemplar.h"

#include <algorithm>

#include "api/profile_id.h"

namespace anneal {
namespace {

bool IsIn(std::string_view name, std::span<const std::string> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

types::v1::Exemplar Begin(int64_t time_ns, int64_t value, const LabelSet& labels,
                          std::span<const std::string> group_by) {
  types::v1::Exemplar exemplar;
  exemplar.set_timestamp(time_ns / 1'000'000);
  exemplar.set_value(value);
  LabelSet others;
  for (const LabelPair& label : labels) {
    if (!IsIn(label.name, group_by)) others.push_back(label);
  }
  AddLabels(others, exemplar);
  return exemplar;
}

}  // namespace

types::v1::Exemplar ToExemplar(const SeriesPoint& point, const LabelSet& labels,
                               std::span<const std::string> group_by) {
  types::v1::Exemplar exemplar = Begin(point.time_ns, point.value, labels, group_by);
  exemplar.set_profile_id(ToString(point.id));
  return exemplar;
}

types::v1::Exemplar ToExemplar(const SpanPoint& point, const LabelSet& labels,
                               std::span<const std::string> group_by) {
  types::v1::Exemplar exemplar = Begin(point.time_ns, point.value, labels, group_by);
  exemplar.set_span_id(FormatSpanId(point.link.span));
  if (point.link.trace != TraceId()) exemplar.set_trace_id(FormatTraceId(point.link.trace));
  return exemplar;
}

LabelSet Group(const LabelSet& labels, std::span<const std::string> group_by) {
  LabelSet group;
  for (const LabelPair& label : labels) {
    if (IsIn(label.name, group_by)) group.push_back(label);
  }
  return group;
}

}  // namespace anneal
