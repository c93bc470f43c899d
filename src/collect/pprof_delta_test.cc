#include "collect/pprof_delta.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "collect/testing/small_profile.h"

namespace anneal {
namespace {

using testing::ElementsAre;
using testing::Pair;
using Outcome = PprofDelta::Outcome;

constexpr int64_t kSecond = 1'000'000'000;

Profile Memory(std::map<std::string, std::vector<int64_t>> samples, int64_t time_ns) {
  return SmallProfile{.sample_types = {{"alloc_objects", "count"},
                                       {"alloc_space", "bytes"},
                                       {"inuse_objects", "count"},
                                       {"inuse_space", "bytes"}},
                      .samples = std::move(samples),
                      .time_ns = time_ns}
      .Build();
}

TEST(PprofDelta, SubtractsSumsAndKeepsStates) {
  PprofDelta delta;
  EXPECT_EQ(
      delta.Next(Memory({{"f", {10, 100, 5, 50}}, {"g", {1, 8, 1, 8}}}, 100 * kSecond), 0).outcome,
      Outcome::kFirst);
  PprofDelta::Step step = delta.Next(
      Memory({{"f", {13, 130, 2, 20}}, {"g", {1, 8, 1, 8}}, {"h", {2, 16, 0, 0}}}, 115 * kSecond),
      0);
  ASSERT_EQ(step.outcome, Outcome::kProfile);
  // g allocated nothing but still holds its memory.
  EXPECT_THAT(ValuesByFunction(step.profile),
              ElementsAre(Pair("f", ElementsAre(3, 30, 2, 20)), Pair("g", ElementsAre(0, 0, 1, 8)),
                          Pair("h", ElementsAre(2, 16, 0, 0))));
  EXPECT_EQ(step.profile.time_ns, 100 * kSecond);
  EXPECT_EQ(step.profile.duration_ns, 15 * kSecond);
}

TEST(PprofDelta, TheSumOfDeltasIsTheDifferenceOfTheEnds) {
  PprofDelta delta;
  int64_t sum = 0;
  int64_t total = 7;
  Profile first = SmallProfile{{{"contentions", "count"}}, {{"f", {total}}}, kSecond}.Build();
  EXPECT_EQ(delta.Next(first, 0).outcome, Outcome::kFirst);
  for (int64_t i = 1; i < 50; ++i) {
    total += i % 5;
    PprofDelta::Step step = delta.Next(
        SmallProfile{{{"contentions", "count"}}, {{"f", {total}}}, (i + 1) * kSecond}.Build(), 0);
    if (i % 5 == 0) {
      EXPECT_EQ(step.outcome, Outcome::kEmpty);
    } else {
      ASSERT_EQ(step.outcome, Outcome::kProfile);
      sum += step.profile.Values(0)[0];
    }
  }
  EXPECT_EQ(sum, total - 7);
}

TEST(PprofDelta, ARestartLeavesOneIntervalOut) {
  PprofDelta delta;
  delta.Next(Memory({{"f", {10, 100, 0, 0}}, {"g", {5, 50, 0, 0}}}, 1 * kSecond), 0);
  // f fell although g rose: another process.
  EXPECT_EQ(
      delta.Next(Memory({{"f", {2, 20, 0, 0}}, {"g", {9, 90, 0, 0}}}, 2 * kSecond), 0).outcome,
      Outcome::kReset);
  PprofDelta::Step step =
      delta.Next(Memory({{"f", {3, 30, 0, 0}}, {"g", {9, 90, 0, 0}}}, 3 * kSecond), 0);
  ASSERT_EQ(step.outcome, Outcome::kProfile);
  EXPECT_THAT(ValuesByFunction(step.profile), ElementsAre(Pair("f", ElementsAre(1, 10, 0, 0))));
}

TEST(PprofDelta, LessMemoryHeldIsNoRestart) {
  PprofDelta delta;
  delta.Next(Memory({{"f", {10, 100, 9, 90}}}, 1 * kSecond), 0);
  EXPECT_EQ(delta.Next(Memory({{"f", {11, 110, 1, 10}}}, 2 * kSecond), 0).outcome,
            Outcome::kProfile);
}

TEST(PprofDelta, OtherSampleTypesAndClocksGoingBackReset) {
  PprofDelta delta;
  delta.Next(Memory({{"f", {10, 100, 0, 0}}}, 5 * kSecond), 0);
  EXPECT_EQ(
      delta.Next(SmallProfile{{{"delay", "nanoseconds"}}, {{"f", {1}}}, 6 * kSecond}.Build(), 0)
          .outcome,
      Outcome::kReset);
  EXPECT_EQ(
      delta.Next(SmallProfile{{{"delay", "nanoseconds"}}, {{"f", {2}}}, 4 * kSecond}.Build(), 0)
          .outcome,
      Outcome::kReset);
}

TEST(PprofDelta, AProfileWithoutATimeTakesTheScrapes) {
  PprofDelta delta;
  delta.Next(SmallProfile{{{"delay", "nanoseconds"}}, {{"f", {1}}}}.Build(), 7 * kSecond);
  PprofDelta::Step step =
      delta.Next(SmallProfile{{{"delay", "nanoseconds"}}, {{"f", {4}}}}.Build(), 9 * kSecond);
  ASSERT_EQ(step.outcome, Outcome::kProfile);
  EXPECT_EQ(step.profile.time_ns, 7 * kSecond);
  EXPECT_EQ(step.profile.duration_ns, 2 * kSecond);
}

}  // namespace
}  // namespace anneal
