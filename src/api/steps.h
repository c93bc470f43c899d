// Steps: the evenly spaced times that a window's points stand at: start, start + step, … <= end.
#pragma once

#include <cstdint>

#include "api/limits.h"
#include "base/status.h"
#include "store/store.h"

namespace anneal {

struct Steps {
  int64_t start_ms, step_ms;
  int64_t last;     // points 0..last
  int64_t last_ns;  // the last time of the window that is in one of them

  int64_t StepNs() const { return step_ms * 1'000'000; }
  int64_t TimeMs(int64_t point) const { return start_ms + point * step_ms; }
  // The first point that is not before the millisecond of `time_ns`; beyond `last` when none is.
  // Clients name a profile's time by its millisecond, and look for it at the point there.
  int64_t PointOf(int64_t time_ns) const {
    const int64_t time_ms = time_ns / 1'000'000;
    if (time_ms <= start_ms) return 0;
    return (time_ms - start_ms - 1) / step_ms + 1;
  }
};

// kInvalidArgument when the step is below 1 ms or makes more than max_series_points points.
// REQUIRES: range.start_ns <= range.end_ns.
Result<Steps> StepsOf(double step_seconds, const TimeRange& range, const Limits& limits);

}  // namespace anneal
