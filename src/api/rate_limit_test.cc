#include "api/rate_limit.h"

#include <gtest/gtest.h>

namespace anneal {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

TEST(RateLimitTest, ZeroLimitsNothing) {
  RateLimit limit(0, 0);
  EXPECT_TRUE(limit.Take("a", uint64_t{1} << 60, 0).ok());
}

TEST(RateLimitTest, RefillsByTimeUpToTheBurst) {
  RateLimit limit(100, 200);
  EXPECT_TRUE(limit.Take("a", 200, 0).ok());
  Status refused = limit.Take("a", 1, 0);
  EXPECT_EQ(refused.code(), Code::kResourceExhausted);
  EXPECT_TRUE(limit.Take("b", 200, 0).ok()) << "each tenant has its own bucket";
  EXPECT_TRUE(limit.Take("a", 100, kSecond).ok());
  EXPECT_FALSE(limit.Take("a", 1, kSecond).ok());
  EXPECT_TRUE(limit.Take("a", 200, 100 * kSecond).ok());
  EXPECT_FALSE(limit.Take("a", 1, 100 * kSecond).ok()) << "no more than the burst is saved up";
}

TEST(RateLimitTest, APushLargerThanTheBurstPassesOnceAndIsPaidBack) {
  RateLimit limit(100, 0);  // a second's worth
  EXPECT_TRUE(limit.Take("a", 1'000, 0).ok());
  EXPECT_FALSE(limit.Take("a", 1, 9 * kSecond).ok());
  EXPECT_TRUE(limit.Take("a", 1, 10 * kSecond).ok());
}

TEST(RateLimitTest, ForgetsTenantsWhoseBucketsAreFull) {
  RateLimit limit(100, 200);
  EXPECT_TRUE(limit.Take("debtor", 1'000'000, 0).ok());
  for (int i = 0; i < 20'000; ++i) {
    EXPECT_TRUE(limit.Take(fmt::format("t{}", i), 1, (1 + i / 100) * kSecond).ok());
  }
  EXPECT_LE(limit.tenants(), 10'000u);
  EXPECT_FALSE(limit.Take("debtor", 1, 300 * kSecond).ok()) << "a debt is not forgotten";
}

}  // namespace
}  // namespace anneal
