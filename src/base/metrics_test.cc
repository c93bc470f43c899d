#include "base/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace anneal {
namespace {

TEST(MetricsTest, SameNameAndLabelsIsTheSameMetric) {
  Metrics metrics;
  metrics.GetCounter("anneal_pushes_total", "Pushes.", {{"code", "ok"}}).Add(2);
  metrics.GetCounter("anneal_pushes_total", "Pushes.", {{"code", "ok"}}).Add(1);
  metrics.GetCounter("anneal_pushes_total", "Pushes.", {{"code", "bad"}}).Add(1);
  metrics.GetGauge("anneal_queue_length", "Queue.").Set(7);
  metrics.GetHistogram("anneal_seconds", "Time.", {0.1, 1}).Observe(0.5);
  std::string text = metrics.Render();
  EXPECT_THAT(text, testing::HasSubstr("anneal_pushes_total{code=\"ok\"} 3"));
  EXPECT_THAT(text, testing::HasSubstr("anneal_pushes_total{code=\"bad\"} 1"));
  EXPECT_THAT(text, testing::HasSubstr("anneal_queue_length 7"));
  EXPECT_THAT(text, testing::HasSubstr("anneal_seconds_bucket{le=\"1\"} 1"));
}

}  // namespace
}  // namespace anneal
