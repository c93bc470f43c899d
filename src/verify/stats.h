// The statistics of verify. Pure: values in, values out; the same on every machine.
//
// Effects are log ratios of paired CPU times, so that x and 1/x are mirror images. The estimate is
// Hodges–Lehmann's (the median of all pairwise means): nearly as sharp as the mean on quiet data
// and deaf to the outliers that a busy machine makes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace anneal {

// xoshiro256** seeded by splitmix64 (Blackman and Vigna, https://prng.di.unimi.it). Our own, since
// the standard library's distributions differ between implementations.
class Random {
 public:
  explicit Random(uint64_t seed);
  uint64_t Next();
  // Uniform in [0, bound), without bias. REQUIRES: bound > 0.
  uint64_t Below(uint64_t bound);
  // Uniform in [0, 1).
  double Unit();
  // Standard normal (Box–Muller).
  double Normal();
  template <typename T>
  void Shuffle(std::vector<T>& items) {
    for (size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[Below(i)]);
  }

 private:
  uint64_t state_[4];
};

// 0 for an empty span. O(n log n).
double Median(std::span<const double> values);
// Linear interpolation between order statistics (R's type 7). `sorted` ascending, not empty.
double QuantileSorted(std::span<const double> sorted, double probability);
// Median of all (v_i + v_j) / 2, i <= j; 0 for an empty span. O(n log n).
double HodgesLehmann(std::span<const double> values);
// 1.4826 × the median absolute deviation from the median: a standard deviation deaf to outliers.
double RobustDeviation(std::span<const double> values);

// Two-sided p-value of Wilcoxon's signed-rank test of symmetry about 0. Zeros are dropped
// (Wilcoxon), ties share ranks. Exact up to 50 values without ties, else the normal approximation
// with the correction for ties and continuity. 1 when no value is left.
double SignedRankP(std::span<const double> values);

// Quantile 0.975 of Student's t.
double StudentT975(size_t degrees_of_freedom);

// An estimate on the log scale with its 95 % interval.
struct Interval {
  double estimate = 0;
  double low = 0;
  double high = 0;
  double standard_error = 0;
  // 97.5 % quantile of |resampled estimate|: how far from 0 an estimate like this may lie when
  // nothing is there.
  double floor = 0;
};

inline constexpr int kResamples = 10'000;

// The estimate over groups of paired effects (a group: one session) is the mean of the groups'
// Hodges–Lehmann estimates. Its interval, by the number of groups that are not empty:
//   1         percentile bootstrap over the effects, with Hesterberg's expansion (Bootstrap
//             Methods, 2015, §3.3): plain percentile intervals of n values are too narrow. Of
//             fewer than 8, Student's t: no resample reaches past the values' ends. Of more than
//             2,000, the inverted signed-rank test, which agrees and takes no resamples,
//   2 to 5    Student's t over the groups' estimates: a bootstrap of so few is far too narrow,
//   6 or more bootstrap-t over the groups' estimates.
// Groups are resampled whole: the spread between groups already holds the noise within them, and
// resampling blocks inside resampled groups would count that noise twice (intervals up to 1.4 times
// too wide).
Interval EstimateEffect(std::span<const std::vector<double>> groups, uint64_t seed,
                        int resamples = kResamples);

}  // namespace anneal
