#include "api/timeline.h"

#include <algorithm>

namespace anneal {
namespace {

constexpr int64_t kMaxPoints = 1500;
constexpr int64_t kMinStepMs = 15'000;

struct Rounding {
  int64_t up_to_ms;  // a step of at most this
  int64_t step_s;    // becomes this
};
constexpr int64_t kMinute = 60, kHour = 3'600, kDay = 86'400;
constexpr Rounding kRoundings[] = {
    {17'500, 15},
    {25'000, 20},
    {45'000, 30},
    {90'000, kMinute},
    {210'000, 2 * kMinute},
    {450'000, 5 * kMinute},
    {750'000, 10 * kMinute},
    {1'050'000, 15 * kMinute},
    {1'500'000, 20 * kMinute},
    {2'700'000, 30 * kMinute},
    {5'400'000, kHour},
    {9'000'000, 2 * kHour},
    {16'200'000, 3 * kHour},
    {32'400'000, 6 * kHour},
    {86'400'000, 12 * kHour},
    {604'800'000, kDay},
    {1'814'400'000, 7 * kDay},
    {3'628'800'000, 30 * kDay},
};

}  // namespace

int64_t TimelineStepSeconds(int64_t start_ms, int64_t end_ms) {
  int64_t step_ms = std::max((end_ms - start_ms) / kMaxPoints, kMinStepMs);
  for (const Rounding& rounding : kRoundings) {
    if (step_ms <= rounding.up_to_ms) return rounding.step_s;
  }
  return 365 * kDay;
}

Timeline MakeTimeline(const std::vector<const types::v1::Series*>& series, int64_t start_ms,
                      int64_t end_ms, int64_t step_s) {
  Timeline timeline{.start_s = start_ms / 1000, .step_s = step_s, .samples = {}};
  if (start_ms >= end_ms) return timeline;
  timeline.samples.resize(static_cast<size_t>((end_ms / 1000 - timeline.start_s) / step_s));
  for (const types::v1::Series* one : series) {
    for (const types::v1::Point& point : one->points()) {
      if (point.timestamp() < start_ms || point.timestamp() >= end_ms) continue;
      auto i = static_cast<size_t>((point.timestamp() / 1000 - timeline.start_s) / step_s);
      if (i < timeline.samples.size()) timeline.samples[i] += static_cast<int64_t>(point.value());
    }
  }
  return timeline;
}

}  // namespace anneal
