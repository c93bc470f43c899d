// Collapsed stacks: one stack a line, root first, frames joined by ';'.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/status.h"
#include "profile/profile.h"

namespace anneal {

enum class CollapsedCounts {
  kLast,  // "main;work 12": the count stands after the last space
  kOnes,  // every line counts 1
};

struct CollapsedType {
  std::string_view type, unit, period_type, period_unit;
  int64_t scale = 1;  // counts are multiplied by this
};

// One sample per distinct stack. Empty lines are skipped. kInvalidArgument names the line whose
// count is missing or no positive number.
Result<Profile> ParseCollapsed(std::string_view text, CollapsedCounts counts,
                               const CollapsedType& type, size_t max_samples);

}  // namespace anneal
