#include "api/push_batch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/made_profile.h"
#include "store/labels.h"

namespace anneal {
namespace {

std::vector<LabelPair> Labels() {
  return {{"__name__", "process_cpu"}, {"service_name", "shop"}, {"region", "eu"}};
}

// The label region of the samples gives way to the series': all of them are one profile then.
TEST(PushBatchTest, GroupsThatEndUpInOneSeriesAreOneProfile) {
  Limits limits;
  PushBatch batch(limits, 1);
  Profile profile = Make({.samples = {{{"a"}, {1, 10}, {{"region", "us"}}},
                                      {{"b"}, {2, 20}, {{"region", "ap"}}},
                                      {{"c"}, {4, 40}, {{"region", "us"}, {"zone", "1"}}}}});
  ASSERT_TRUE(batch.Add(Labels(), std::move(profile), "bytes", 0).ok());
  ASSERT_EQ(batch.writes().size(), 4u);  // with zone and without, two columns each
  int64_t sums[2] = {0, 0};
  for (const ProfileWrite& write : batch.writes()) {
    EXPECT_EQ(FindLabel(write.labels, "region"), "eu");
    for (uint32_t sample : *write.samples) {
      sums[write.sample_type] += write.profile->Values(sample)[write.sample_type];
    }
    EXPECT_TRUE(std::is_sorted(write.samples->begin(), write.samples->end()));
  }
  EXPECT_EQ(sums[0], 7);
  EXPECT_EQ(sums[1], 70);
}

TEST(PushBatchTest, RefusesColumnsThatOneSeriesCannotHold) {
  Limits limits;
  PushBatch batch(limits, 1);
  Profile twice =
      Make({.sample_types = {{"cpu", "ns"}, {"cpu", "ns"}}, .samples = {{{"a"}, {1, 2}, {}}}});
  EXPECT_THAT(batch.Add(Labels(), std::move(twice), "bytes", 0).message(),
              testing::HasSubstr("occurs twice"));
  MadeProfile many{.sample_types = {}};
  for (int i = 0; i < 65; ++i) many.sample_types.emplace_back(fmt::format("t{}", i), "count");
  EXPECT_THAT(batch.Add(Labels(), Make(many), "bytes", 0).message(),
              testing::HasSubstr("65 sample types"));
  EXPECT_TRUE(batch.writes().empty());
}

}  // namespace
}  // namespace anneal
