#include "api/recent_pushes.h"

#include <gtest/gtest.h>

namespace anneal {
namespace {

TEST(RecentPushesTest, TheFirstOfAnIdStandsForAWhile) {
  RecentPushes recent;
  auto time_of = [&](std::string_view tenant, std::string_view id, int64_t time_ns,
                     int64_t now_ns) {
    return recent.First(tenant, id, {.time_ns = time_ns}, now_ns).time_ns;
  };
  EXPECT_EQ(time_of("a", "x", 1, 0), 1);
  EXPECT_EQ(time_of("a", "x", 2, RecentPushes::kWindowNs), 1);
  EXPECT_EQ(time_of("a", "y", 3, RecentPushes::kWindowNs), 3);
  EXPECT_EQ(time_of("b", "x", 4, RecentPushes::kWindowNs), 4);
  EXPECT_EQ(time_of("ab", "x", 5, RecentPushes::kWindowNs), 5);
  EXPECT_EQ(time_of("a", "bx", 6, RecentPushes::kWindowNs), 6);
  EXPECT_EQ(time_of("a", "x", 7, RecentPushes::kWindowNs + 1), 7) << "forgotten";
}

TEST(RecentPushesTest, LongIdsTakeNoMoreThanShortOnes) {
  RecentPushes recent;
  std::string id(1'000'000, 'x');
  EXPECT_EQ(recent.First("a", id, {.time_ns = 1}, 0).time_ns, 1);
  EXPECT_EQ(recent.First("a", id, {.time_ns = 2}, 0).time_ns, 1);
  id.back() = 'y';
  EXPECT_EQ(recent.First("a", id, {.time_ns = 3}, 0).time_ns, 3);
  EXPECT_LT(recent.key_bytes(), 100u);
}

TEST(RecentPushesTest, TheOldestAreForgottenFirstWhenThereAreTooMany) {
  RecentPushes recent;
  const auto count = static_cast<int64_t>(RecentPushes::kMaxPushes);
  for (int64_t i = 0; i <= count; ++i) {
    (void)recent.First("a", std::to_string(i), {.time_ns = i}, 0);
  }
  EXPECT_EQ(recent.First("a", std::to_string(count), {.time_ns = -1}, 0).time_ns, count);
  EXPECT_EQ(recent.First("a", "0", {.time_ns = -1}, 0).time_ns, -1);
}

}  // namespace
}  // namespace anneal
