// The label-selector language: PromQL's vector selector.
//
//   {service_name="shop", namespace!="test", pod=~"shop-.+", "otel.scope.name"="x"}
//   process_cpu:cpu:nanoseconds:cpu:nanoseconds{service_name="shop"}
//
// Source: https://prometheus.io/docs/prometheus/latest/querying/basics/. Names that are not
// [A-Za-z_][A-Za-z0-9_]* are written in quotes. Values are quoted with ", ' (Go's escapes) or `
// (no escapes). A comma may follow the last matcher; # begins a comment.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "store/labels.h"

namespace anneal {

struct Selector {
  std::string metric;  // what stood before the braces; empty: nothing
  std::vector<LabelMatcher> matchers;
};

// kInvalidArgument says what is wrong and at which byte, counted from 1. An empty text is an
// error; "{}" selects everything. A bad pattern is named; one that is too large, only by the store,
// which compiles it. There may be 100 matchers.
Result<Selector> ParseSelector(std::string_view text);

// As ParseSelector for callers that need matchers only: a metric becomes a matcher on __name__.
Result<std::vector<LabelMatcher>> ParseMatchers(std::string_view text);

// Whether `name` may be written without quotes.
bool IsLegacyLabelName(std::string_view name);

}  // namespace anneal
