#include "store/labels.h"

#include <fmt/format.h>

#include <algorithm>

namespace anneal {

Result<LabelSet> MakeLabelSet(std::vector<LabelPair> pairs) {
  std::erase_if(pairs, [](const LabelPair& pair) { return pair.value.empty(); });
  std::sort(pairs.begin(), pairs.end());
  for (size_t i = 1; i < pairs.size(); ++i) {
    if (pairs[i].name == pairs[i - 1].name) {
      return InvalidArgument("label {} is given twice (\"{}\" and \"{}\")", pairs[i].name,
                             pairs[i - 1].value, pairs[i].value);
    }
  }
  return pairs;
}

std::string_view FindLabel(const LabelSet& labels, std::string_view name) {
  for (const LabelPair& pair : labels) {
    if (pair.name == name) return pair.value;
  }
  return {};
}

std::string ToString(const LabelSet& labels) {
  std::string out = "{";
  for (const LabelPair& pair : labels) {
    if (out.size() > 1) out += ", ";
    out += fmt::format("{}=\"{}\"", pair.name, pair.value);
  }
  return out + "}";
}

}  // namespace anneal
