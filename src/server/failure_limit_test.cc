#include "server/failure_limit.h"

#include <gtest/gtest.h>

namespace anneal {
namespace {

constexpr int64_t kSecondNs = 1'000'000'000;

TEST(FailureLimit, StopsAGuesserForAWhile) {
  FailureLimit limit;
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(limit.Check("a", "", 0).ok()) << i;
    limit.Failed("a", "", 0);
  }
  EXPECT_EQ(limit.Check("a", "", 0).code(), Code::kResourceExhausted);
  EXPECT_EQ(limit.Check("a", "", 4 * kSecondNs).code(), Code::kOk)
      << "part of a failure has leaked";
  EXPECT_TRUE(limit.Check("b", "", 0).ok()) << "each has its own";
}

TEST(FailureLimit, OneMoreEveryFiveSeconds) {
  FailureLimit limit;
  int64_t now_ns = 0;
  for (int i = 0; i < 10; ++i) limit.Failed("a", "", now_ns);
  int allowed = 0;
  for (; now_ns < 100 * kSecondNs; now_ns += kSecondNs / 10) {
    if (!limit.Check("a", "", now_ns).ok()) continue;
    limit.Failed("a", "", now_ns);
    ++allowed;
  }
  EXPECT_GE(allowed, 19);
  EXPECT_LE(allowed, 21);
}

TEST(FailureLimit, HoldsForManyGuessersTogether) {
  FailureLimit limit;
  int allowed = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string who = fmt::format("{}", i);
    if (!limit.Check(who, "", i).ok()) continue;
    limit.Failed(who, "", i);
    ++allowed;
  }
  EXPECT_LE(allowed, 101);
  EXPECT_GE(allowed, 100);
  EXPECT_TRUE(limit.Check("a", "other", 20'000).ok()) << "who guesses at something else";
}

}  // namespace
}  // namespace anneal
