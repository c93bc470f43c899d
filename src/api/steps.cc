#include "api/steps.h"

#include <algorithm>
#include <cmath>

namespace anneal {

Result<Steps> StepsOf(double step_seconds, const TimeRange& range, const Limits& limits) {
  // NaN fails the comparison, too.
  if (!(step_seconds >= 0.001)) {
    return InvalidArgument("step is {} s; it must be 0.001 s or more", step_seconds);
  }
  constexpr double kMaxStepMs = 1e12;  // 31 years; products with it stay in int64
  double step_ms = std::min(std::floor(step_seconds * 1000 + 1e-6), kMaxStepMs);
  Steps steps{range.start_ns / 1'000'000, static_cast<int64_t>(step_ms), 0, 0};
  steps.last = (range.end_ns - range.start_ns) / steps.StepNs();
  const int64_t point_ns = range.start_ns + steps.last * steps.StepNs();
  steps.last_ns = point_ns + std::min<int64_t>(range.end_ns - point_ns, 999'999);
  if (limits.max_series_points != 0 &&
      static_cast<uint64_t>(steps.last) >= limits.max_series_points) {
    return InvalidArgument(
        "the range has {} steps; limits.series_points allows {}; use a larger step", steps.last + 1,
        limits.max_series_points);
  }
  return steps;
}

}  // namespace anneal
