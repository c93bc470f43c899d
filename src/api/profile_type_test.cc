#include "api/profile_type.h"

#include <gtest/gtest.h>

#include "api/made_profile.h"

namespace anneal {
namespace {

TEST(ProfileTypeTest, ReadsFiveOrSixParts) {
  for (std::string_view id : {"process_cpu:cpu:nanoseconds:cpu:nanoseconds",
                              "process_cpu:cpu:nanoseconds:cpu:nanoseconds:delta"}) {
    Result<ProfileType> type = ParseProfileType(id);
    ASSERT_TRUE(type.ok()) << id;
    EXPECT_EQ(ToString(*type), "process_cpu:cpu:nanoseconds:cpu:nanoseconds");
    EXPECT_EQ(type->name, "process_cpu");
    EXPECT_EQ(type->period_unit, "nanoseconds");
  }
  EXPECT_TRUE(ParseProfileType("off_cpu:off_cpu:nanoseconds::").ok());
  for (std::string_view id : {"", "a", "a:b", "a:b:c:d", "a:b:c:d:e:f",
                              "a:b:c:d:e:delta:", ":b:c:d:e", "a::c:d:e", "a:b:c:d:e:delta:x"}) {
    Result<ProfileType> type = ParseProfileType(id);
    ASSERT_FALSE(type.ok()) << id;
    EXPECT_EQ(type.status().code(), Code::kInvalidArgument);
  }
}

TEST(ProfileTypeTest, NamesMetricsAsPyroscopeDoes) {
  struct Row {
    std::vector<std::pair<std::string, std::string>> types;
    SampleTypeConfigs configs;
    std::string_view name;
  };
  const Row kRows[] = {
      {{{"samples", "count"}, {"cpu", "nanoseconds"}}, {}, "process_cpu"},
      {{{"samples", "count"}}, {}, "process_cpu"},
      {{{"samples", "count"}, {"wall", "nanoseconds"}}, {}, "wall"},
      {{{"alloc_objects", "count"}, {"alloc_space", "bytes"}}, {}, "memory"},
      {{{"inuse_space", "bytes"}}, {}, "memory"},
      {{{"objects", "count"}, {"space", "bytes"}}, {}, "memory"},
      {{{"contentions", "count"}, {"delay", "nanoseconds"}},
       {{"contentions", {"", "mutex_count"}}, {"delay", {"", "mutex_duration"}}},
       "mutex"},
      {{{"contentions", "count"}, {"delay", "nanoseconds"}},
       {{"contentions", {"", "block_count"}}, {"delay", {"", "block_duration"}}},
       "block"},
      {{{"goroutine", "count"}}, {{"goroutine", {"", "goroutines"}}}, "goroutines"},
      {{{"goroutine", "count"}}, {}, "goroutine"},
      {{{"goroutineleak", "count"}}, {{"goroutineleak", {"", "goroutine_leak"}}}, "goroutine_leak"},
      {{{"exceptions", "count"}}, {}, "exceptions"},
  };
  for (const Row& row : kRows) {
    Profile profile = Make({.sample_types = row.types});
    EXPECT_EQ(MetricName(profile, row.configs), row.name);
  }
}

}  // namespace
}  // namespace anneal
