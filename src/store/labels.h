// Label sets and matchers: how series are named and selected. Semantics are Prometheus's.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"

namespace anneal {

struct LabelPair {
  std::string name, value;
  auto operator<=>(const LabelPair&) const = default;
};

// Sorted by name, names unique, no empty values: the identity of a series.
using LabelSet = std::vector<LabelPair>;

// Sorts; drops pairs whose value is empty. kInvalidArgument when a name occurs twice.
Result<LabelSet> MakeLabelSet(std::vector<LabelPair> pairs);
// The value of a label, or empty.
std::string_view FindLabel(const LabelSet& labels, std::string_view name);
// {a="b", c="d"} with quotes escaped, for messages and exports.
std::string ToString(const LabelSet& labels);

struct LabelMatcher {
  enum class Op { kEqual, kNotEqual, kMatch, kNotMatch };
  std::string name;
  Op op = Op::kEqual;
  std::string value;  // kMatch, kNotMatch: an RE2 pattern, anchored at both ends
};

}  // namespace anneal
