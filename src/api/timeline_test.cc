#include "api/timeline.h"

#include <gtest/gtest.h>

namespace anneal {
namespace {

TEST(TimelineTest, StepsAreRound) {
  struct Row {
    int64_t window_s, step_s;
  };
  const Row kRows[] = {{0, 15},
                       {3'600, 15},
                       {22'500, 15},
                       {30'000, 20},
                       {60'000, 30},
                       {86'400, 60},
                       {7 * 86'400, 300},
                       {30 * 86'400, 1'800},
                       {365 * 86'400, 21'600},
                       {1500 * 86'400, 43'200}};
  for (const Row& row : kRows) {
    EXPECT_EQ(TimelineStepSeconds(1'000'000, 1'000'000 + row.window_s * 1000), row.step_s)
        << row.window_s;
  }
}

types::v1::Series SeriesOf(const std::vector<std::pair<int64_t, double>>& points) {
  types::v1::Series series;
  for (const auto& [time_ms, value] : points) {
    series.add_points()->set_timestamp(time_ms);
    series.mutable_points()->rbegin()->set_value(value);
  }
  return series;
}

TEST(TimelineTest, GapsAreZerosAndTheEndIsOutside) {
  types::v1::Series a = SeriesOf({{100'000, 1}, {130'000, 3}, {160'000, 9}});
  types::v1::Series b = SeriesOf({{130'000, 4}, {145'000, 2}, {85'000, 7}});
  Timeline timeline = MakeTimeline({&a, &b}, 100'000, 160'000, 15);
  EXPECT_EQ(timeline.start_s, 100);
  EXPECT_EQ(timeline.step_s, 15);
  EXPECT_EQ(timeline.samples, (std::vector<int64_t>{1, 0, 7, 2}));
  EXPECT_EQ(MakeTimeline({}, 100'000, 160'000, 15).samples, (std::vector<int64_t>(4, 0)));
  EXPECT_TRUE(MakeTimeline({&a}, 100'000, 100'000, 15).samples.empty());
}

}  // namespace
}  // namespace anneal
