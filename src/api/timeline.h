// Timelines: totals over time as /pyroscope/render shows them, evenly spaced and filled with zeros.
#pragma once

#include <querier/v1/querier.pb.h>

#include <cstdint>
#include <vector>

namespace anneal {

// The step for a window of this length: a 1500th of it, 15 s at least, rounded to what people read
// easily (20 s, 30 s, 1 m, 2 m, 5 m, …). Seconds.
int64_t TimelineStepSeconds(int64_t start_ms, int64_t end_ms);

struct Timeline {
  int64_t start_s = 0;
  int64_t step_s = 0;
  std::vector<int64_t> samples;  // sample i is the point at start_s + i * step_s
};

// The points of `series`, added up where they are several, that lie in [start_ms, end_ms).
Timeline MakeTimeline(const std::vector<const types::v1::Series*>& series, int64_t start_ms,
                      int64_t end_ms, int64_t step_s);

}  // namespace anneal
