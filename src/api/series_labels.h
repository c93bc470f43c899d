// The labels of a series: what the client sent, and what is derived from the profile.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/limits.h"
#include "base/status.h"
#include "profile/profile.h"
#include "store/labels.h"

namespace anneal {

// Labels as sent, checked and completed, sorted by name; `name` is what was __name__.
struct SeriesLabels {
  std::string name;
  std::vector<LabelPair> labels;
  LabelNames label_names = LabelNames::kAsSent;  // for labels that come later
};

// Refuses a label without a name, and a name or value that is not UTF-8 or beyond the limits.
Status CheckLabel(std::string_view name, std::string_view value, const Limits& limits);

// Refuses no labels, names or values that are not UTF-8 or beyond the limits, a name given
// twice, and a missing __name__. service_name becomes unknown_service when absent; __delta__ is
// taken out; "godeltaprof_memory" becomes "memory". Names are sanitised and session ids folded as
// the limits have it; of two names that become one the first, in order of names, stays.
Result<SeriesLabels> CompleteLabels(std::vector<LabelPair> sent, const Limits& limits);

// The label set of one column: the series' labels, then those of its samples that it has not,
// and __name__, __type__, __unit__, __period_type__, __period_unit__, __profile_type__,
// __service_name__ over all.
LabelSet ColumnLabels(const SeriesLabels& series, const LabelSet& sample_labels,
                      const Profile& profile, size_t column);

}  // namespace anneal
