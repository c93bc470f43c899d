#include "verify/stats.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace anneal {
namespace {

using Groups = std::vector<std::vector<double>>;

TEST(RandomTest, GivesTheReferenceSequence) {
  // xoshiro256** after splitmix64(0); the splitmix part is e220a8397b1dcdaf, 6e789e6aa1b965f4, ...
  Random random(0);
  EXPECT_EQ(random.Next(), 0x99ec5f36cb75f2b4u);
  EXPECT_EQ(random.Next(), 0xbf6e1f784956452au);
  EXPECT_EQ(random.Next(), 0x1a5f849d4933e6e0u);
}

TEST(RandomTest, BelowIsUniformAndShuffleReachesEveryOrder) {
  Random random(7);
  std::array<int, 5> counts{};
  for (int i = 0; i < 50'000; ++i) ++counts[random.Below(5)];
  for (int count : counts) EXPECT_NEAR(count, 10'000, 500);
  std::map<std::vector<int>, int> orders;
  for (int i = 0; i < 6000; ++i) {
    std::vector<int> items = {1, 2, 3};
    random.Shuffle(items);
    ++orders[items];
  }
  ASSERT_EQ(orders.size(), 6u);
  for (const auto& [order, count] : orders) EXPECT_NEAR(count, 1000, 150);
}

double SlowHodgesLehmann(const std::vector<double>& values) {
  std::vector<double> means;
  for (size_t i = 0; i < values.size(); ++i) {
    for (size_t j = i; j < values.size(); ++j) means.push_back((values[i] + values[j]) / 2);
  }
  return Median(means);
}

TEST(HodgesLehmannTest, EqualsTheDefinition) {
  Random random(3);
  for (size_t n = 1; n <= 40; ++n) {
    std::vector<double> values;
    for (size_t i = 0; i < n; ++i) {
      // Every third case full of ties, every fifth with a wild outlier.
      values.push_back(n % 3 == 0 ? static_cast<double>(random.Below(4)) : random.Normal());
    }
    if (n % 5 == 0) values[0] = 1e6;
    EXPECT_NEAR(HodgesLehmann(values), SlowHodgesLehmann(values), 1e-9) << n;
  }
  EXPECT_EQ(HodgesLehmann({}), 0);
}

TEST(MedianTest, KnownVectors) {
  EXPECT_EQ(Median({}), 0);
  EXPECT_EQ(Median(std::vector<double>{3}), 3);
  EXPECT_EQ(Median(std::vector<double>{9, 1, 4}), 4);
  EXPECT_EQ(Median(std::vector<double>{9, 1, 4, 5}), 4.5);
  EXPECT_NEAR(RobustDeviation(std::vector<double>{1, 1, 2, 2, 4, 6, 9}), 1.4826, 1e-12);
}

TEST(SignedRankTest, KnownVectors) {
  // n values of one sign: 2 / 2^n. Five can never reach 5 %, six can.
  EXPECT_NEAR(SignedRankP(std::vector<double>{1, 2, 3, 4, 5}), 0.0625, 1e-12);
  EXPECT_NEAR(SignedRankP(std::vector<double>{1, 2, 3, 4, 5, 6}), 0.03125, 1e-12);
  // R: wilcox.test(c(1.83,.50,1.62,2.48,1.68,1.88,1.55,3.06,1.30) -
  //                c(.878,.647,.598,2.05,1.06,1.29,1.06,3.14,1.29)), V = 40, p = 0.03906
  EXPECT_NEAR(SignedRankP(std::vector<double>{.952, -.147, 1.022, .43, .62, .59, .49, -.08, .01}),
              0.0390625, 1e-9);
  EXPECT_EQ(SignedRankP({}), 1);
  EXPECT_EQ(SignedRankP(std::vector<double>{0, 0}), 1);
}

TEST(SignedRankTest, ApproximationMeetsTheExactValueAtTheBorder) {
  Random random(5);
  std::vector<double> values;
  for (int i = 0; i < 50; ++i) values.push_back(random.Normal() + 0.25);
  double exact = SignedRankP(values);
  values.push_back(values[0]);  // a tie: now approximated
  EXPECT_NEAR(SignedRankP(values), exact, 0.25 * exact + 0.01);
}

TEST(StudentTest, KnownQuantiles) {
  EXPECT_NEAR(StudentT975(1), 12.706, 1e-3);
  EXPECT_NEAR(StudentT975(7), 2.3646, 1e-4);
  EXPECT_NEAR(StudentT975(11), 2.20099, 2e-4);
  EXPECT_NEAR(StudentT975(30), 2.04227, 1e-4);
  EXPECT_NEAR(StudentT975(1000), 1.96234, 1e-4);
}

TEST(EstimateEffectTest, TheSameInputGivesTheSameBits) {
  Random random(11);
  std::vector<double> group;
  for (int i = 0; i < 60; ++i) group.push_back(0.01 * random.Normal());
  Interval first = EstimateEffect(Groups{group}, 42);
  std::reverse(group.begin(), group.end());
  Interval again = EstimateEffect(Groups{group}, 42);
  EXPECT_EQ(first.estimate, again.estimate);
  EXPECT_EQ(first.low, again.low);
  EXPECT_EQ(first.high, again.high);
  EXPECT_NE(EstimateEffect(Groups{group}, 43).low, first.low);
}

TEST(EstimateEffectTest, ShiftScaleAndMirror) {
  Random random(12);
  for (size_t group_count : {size_t{1}, size_t{3}, size_t{8}}) {
    Groups groups(group_count);
    for (auto& group : groups) {
      for (int i = 0; i < 25; ++i) group.push_back(0.02 * random.Normal());
    }
    Interval base = EstimateEffect(groups, 1);
    Groups shifted = groups, mirrored = groups;
    for (auto& group : shifted) {
      for (double& v : group) v += 0.5;
    }
    for (auto& group : mirrored) {
      for (double& v : group) v = -v;
    }
    Interval moved = EstimateEffect(shifted, 1);
    EXPECT_NEAR(moved.estimate, base.estimate + 0.5, 1e-9);
    EXPECT_NEAR(moved.low, base.low + 0.5, 1e-6);
    Interval mirror = EstimateEffect(mirrored, 1);
    EXPECT_NEAR(mirror.estimate, -base.estimate, 1e-9);
    // Other resamples are drawn, so the ends agree only up to the bootstrap's own noise.
    double width = base.high - base.low;
    EXPECT_NEAR(mirror.low, -base.high, 0.05 * width);
    EXPECT_NEAR(mirror.high, -base.low, 0.05 * width);
  }
}

TEST(EstimateEffectTest, EmptyAndSingle) {
  Interval none = EstimateEffect(Groups{{}, {}}, 1);
  EXPECT_EQ(none.estimate, 0);
  Interval one = EstimateEffect(Groups{{}, {0.25}}, 1);
  EXPECT_EQ(one.estimate, 0.25);
  EXPECT_EQ(one.low, 0.25);
}

TEST(EstimateEffectTest, FewEffectsAreNoNoise) {
  // The resamples of three values never leave them: a quarter of such intervals would exclude 0.
  constexpr int kRuns = 2000;
  Random random(77);
  for (size_t n = 2; n <= 9; ++n) {
    int false_alarms = 0;
    for (int run = 0; run < kRuns; ++run) {
      std::vector<double> group;
      for (size_t i = 0; i < n; ++i) group.push_back(0.02 * random.Normal());
      Interval interval = EstimateEffect(Groups{group}, static_cast<uint64_t>(run), 200);
      false_alarms += interval.low > 0 || interval.high < 0;
    }
    EXPECT_LE(false_alarms, kRuns * 65 / 1000) << n;
    EXPECT_GE(false_alarms, kRuns * 2 / 100) << n;
  }
}

TEST(EstimateEffectTest, ThousandsOfEffectsAgreeWithTheBootstrap) {
  // One more than 2,000 values is estimated by another way.
  for (double effect : {0.0, 0.004}) {
    Random random(31);
    std::vector<double> group;
    for (int i = 0; i < 2000; ++i) {
      double scale = random.Below(10) == 0 ? 0.15 : 0.02;
      group.push_back(effect + scale * random.Normal());
    }
    Interval resampled = EstimateEffect(Groups{group}, 1, 2000);
    group.push_back(Median(group));
    Interval ranked = EstimateEffect(Groups{group}, 1, 2000);
    double width = resampled.high - resampled.low;
    EXPECT_NEAR(ranked.estimate, resampled.estimate, 0.01 * width);
    EXPECT_NEAR(ranked.low, resampled.low, 0.1 * width);
    EXPECT_NEAR(ranked.high, resampled.high, 0.1 * width);
    EXPECT_NEAR(ranked.standard_error, resampled.standard_error, 0.1 * resampled.standard_error);
    EXPECT_NEAR(ranked.floor, resampled.floor, 0.1 * width);
  }
}

// What a busy machine does: mostly quiet, every tenth block hit hard, on either side.
double BusyNoise(Random& random) {
  double scale = random.Below(10) == 0 ? 0.15 : 0.02;
  return scale * random.Normal();
}

struct Regime {
  const char* name;
  size_t groups;
  size_t blocks;
  double between;  // deviation of the groups' own shifts (layout, process start)
};

class CoverageTest : public testing::TestWithParam<Regime> {};

// 300 or more simulated runs with a true effect of -3 %: the interval must cover it in at least 90
// %, must exclude 0 when it is there, and must rarely exclude 0 when it is not.
TEST_P(CoverageTest, IntervalsCoverAndTellGainFromNone) {
  const int runs = GetParam().groups > 1 ? 1000 : 300;
  constexpr int kFewResamples = 400;
  const double effect = std::log(0.97);
  Random random(2024);
  int covered = 0, found = 0, false_alarms = 0;
  for (int run = 0; run < runs; ++run) {
    Groups treated(GetParam().groups), control(GetParam().groups);
    for (size_t g = 0; g < GetParam().groups; ++g) {
      double shift = GetParam().between * random.Normal();
      double control_shift = GetParam().between * random.Normal();
      for (size_t b = 0; b < GetParam().blocks; ++b) {
        treated[g].push_back(effect + shift + BusyNoise(random));
        control[g].push_back(control_shift + BusyNoise(random));
      }
    }
    uint64_t seed = static_cast<uint64_t>(run);
    Interval interval = EstimateEffect(treated, seed, kFewResamples);
    covered += interval.low <= effect && effect <= interval.high;
    found += interval.high < 0;
    Interval aa = EstimateEffect(control, seed, kFewResamples);
    false_alarms += aa.low > 0 || aa.high < 0;
  }
  EXPECT_GE(covered, runs * 90 / 100);
  EXPECT_LE(false_alarms, runs * 8 / 100);
  EXPECT_GE(found, runs * 80 / 100);
  RecordProperty("covered", covered);
  RecordProperty("found", found);
  RecordProperty("false_alarms", false_alarms);
}

INSTANTIATE_TEST_SUITE_P(Regimes, CoverageTest,
                         testing::Values(Regime{"OneSession", 1, 60, 0},
                                         Regime{"FewBlocks", 1, 20, 0},
                                         Regime{"QuietStarts", 8, 20, 0},
                                         Regime{"NoisyStarts", 8, 20, 0.01},
                                         Regime{"FiveStarts", 5, 30, 0.003}),
                         [](const auto& param_info) { return param_info.param.name; });

}  // namespace
}  // namespace anneal
