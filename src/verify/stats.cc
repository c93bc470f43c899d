#include "verify/stats.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace anneal {
namespace {

uint64_t RotateLeft(uint64_t x, int k) { return (x << k) | (x >> (64 - k)); }

// How many pairs i <= j of sorted values have v_i + v_j <= sum. O(n).
uint64_t PairsUpTo(std::span<const double> sorted, double sum) {
  uint64_t pairs = 0;
  size_t j = sorted.size();
  for (size_t i = 0; i < sorted.size(); ++i) {
    while (j > 0 && sorted[i] + sorted[j - 1] > sum) --j;
    if (j <= i) break;
    pairs += j - i;
  }
  return pairs;
}

// The rank-th smallest (from 1) sum v_i + v_j, i <= j, to within `tolerance`: bisection over the
// value, since all n²/2 sums need never be written down.
double PairSumOfRank(std::span<const double> sorted, uint64_t rank, double tolerance) {
  double low = 2 * sorted.front();
  double high = 2 * sorted.back();
  if (PairsUpTo(sorted, low) >= rank) return low;
  while (high - low > tolerance) {
    double middle = low + (high - low) / 2;
    if (middle <= low || middle >= high) break;  // neighbours
    (PairsUpTo(sorted, middle) >= rank ? high : low) = middle;
  }
  return high;
}

double HodgesLehmannSorted(std::span<const double> sorted, double tolerance, bool both_middles) {
  uint64_t n = sorted.size();
  if (n == 0) return 0;
  uint64_t pairs = n * (n + 1) / 2;
  double lower = PairSumOfRank(sorted, (pairs + 1) / 2, tolerance);
  if (pairs % 2 == 1 || !both_middles) return lower / 2;
  return (lower + PairSumOfRank(sorted, pairs / 2 + 1, tolerance)) / 4;
}

constexpr double kNormal975 = 1.959964;

double NormalCdf(double x) { return std::erfc(-x / std::numbers::sqrt2) / 2; }

// Fills `out` (ascending) with a resample of `sorted`, with replacement.
void Resample(std::span<const double> sorted, Random& random, std::vector<uint32_t>& counts,
              std::vector<double>& out) {
  counts.assign(sorted.size(), 0);
  for (size_t i = 0; i < sorted.size(); ++i) ++counts[random.Below(sorted.size())];
  out.clear();
  for (size_t i = 0; i < sorted.size(); ++i) out.insert(out.end(), counts[i], sorted[i]);
}

std::vector<double> BootstrapHodgesLehmann(std::span<const double> sorted, Random& random,
                                           int resamples) {
  constexpr double kTolerance = 1e-7;       // of a log ratio: 0.00001 %
  constexpr size_t kBothMiddlesBelow = 20;  // above, the two middles are the same for all purposes
  std::vector<double> estimates;
  std::vector<double> sample;
  std::vector<uint32_t> counts;
  for (int i = 0; i < resamples; ++i) {
    Resample(sorted, random, counts, sample);
    estimates.push_back(HodgesLehmannSorted(sample, kTolerance, sorted.size() < kBothMiddlesBelow));
  }
  return estimates;
}

double Mean(std::span<const double> values) {
  double sum = 0;
  for (double v : values) sum += v;
  return values.empty() ? 0 : sum / static_cast<double>(values.size());
}

double Deviation(std::span<const double> values) {
  if (values.size() < 2) return 0;
  double mean = Mean(values);
  double squares = 0;
  for (double v : values) squares += (v - mean) * (v - mean);
  return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

// Hesterberg's expanded percentile interval from `resampled` estimates over `n` units.
Interval FromResamples(double estimate, std::vector<double> resampled, size_t n) {
  Interval interval{.estimate = estimate};
  double expansion = std::sqrt(static_cast<double>(n) / static_cast<double>(n - 1));
  double tail = NormalCdf(-expansion * StudentT975(n - 1));
  std::sort(resampled.begin(), resampled.end());
  interval.low = std::min(estimate, QuantileSorted(resampled, tail));
  interval.high = std::max(estimate, QuantileSorted(resampled, 1 - tail));
  interval.standard_error = Deviation(resampled) * expansion;
  for (double& v : resampled) v = std::abs(v);
  std::sort(resampled.begin(), resampled.end());
  interval.floor = QuantileSorted(resampled, 0.975);
  return interval;
}

// The bootstrap-t interval (Efron) of the mean: resamples give the distribution of
// t = (mean* - mean) / error*, which replaces Student's.
Interval BootstrapT(std::span<const double> values, Random& random, int resamples) {
  double mean = Mean(values);
  double root_n = std::sqrt(static_cast<double>(values.size()));
  double error = Deviation(values) / root_n;
  std::vector<double> ts;
  std::vector<double> sample(values.size());
  for (int i = 0; i < resamples; ++i) {
    for (double& v : sample) v = values[random.Below(values.size())];
    double sample_error = Deviation(sample) / root_n;
    if (sample_error > 0) ts.push_back((Mean(sample) - mean) / sample_error);
  }
  if (ts.empty()) return {mean, mean, mean, error, std::abs(mean)};
  std::sort(ts.begin(), ts.end());
  Interval interval{mean, std::min(mean, mean - QuantileSorted(ts, 0.975) * error),
                    std::max(mean, mean - QuantileSorted(ts, 0.025) * error), error, 0};
  for (double& t : ts) t = std::abs(mean - t * error);
  std::sort(ts.begin(), ts.end());
  interval.floor = QuantileSorted(ts, 0.975);
  return interval;
}

// Student's t about `estimate`, from the spread of two values or more.
Interval StudentInterval(double estimate, std::span<const double> values) {
  double error = Deviation(values) / std::sqrt(static_cast<double>(values.size()));
  double half = StudentT975(values.size() - 1) * error;
  return {estimate, estimate - half, estimate + half, error, std::abs(estimate) + half};
}

// The interval that inverts the signed-rank test (Hodges and Lehmann, 1963): pairwise means of the
// ranks at which its normal approximation reaches 2.5 %. Of thousands of values it is the
// bootstrap's, at a ten-thousandth of the cost.
Interval SignedRankInterval(double estimate, std::span<const double> sorted, Random& random,
                            int resamples) {
  double n = static_cast<double>(sorted.size());
  double pairs = n * (n + 1) / 2;
  double half_ranks = kNormal975 * std::sqrt(n * (n + 1) * (2 * n + 1) / 24);
  auto at_rank = [sorted](double rank) {
    return PairSumOfRank(sorted, static_cast<uint64_t>(std::max(1.0, rank)), 0) / 2;
  };
  double low = at_rank(std::floor(pairs / 2 - half_ranks));
  double high = at_rank(std::ceil(pairs / 2 + half_ranks));
  double error = (high - low) / (2 * kNormal975);
  std::vector<double> distances;
  for (int i = 0; i < resamples; ++i) {
    distances.push_back(std::abs(estimate + error * random.Normal()));
  }
  std::sort(distances.begin(), distances.end());
  return {estimate, low, high, error, QuantileSorted(distances, 0.975)};
}

// P(W <= w) and the like need the number of subsets of {1..n} with each sum; n <= 50.
std::vector<double> SignedRankCounts(size_t n) {
  std::vector<double> counts(n * (n + 1) / 2 + 1, 0.0);
  counts[0] = 1;
  for (size_t rank = 1; rank <= n; ++rank) {
    for (size_t sum = counts.size(); sum-- > rank;) counts[sum] += counts[sum - rank];
  }
  return counts;
}

double ExactSignedRankP(double w, size_t n) {
  std::vector<double> counts = SignedRankCounts(n);
  double below = 0, above = 0, all = std::ldexp(1.0, static_cast<int>(n));
  for (size_t sum = 0; sum < counts.size(); ++sum) {
    if (static_cast<double>(sum) <= w) below += counts[sum];
    if (static_cast<double>(sum) >= w) above += counts[sum];
  }
  return std::min(1.0, 2 * std::min(below, above) / all);
}

}  // namespace

Random::Random(uint64_t seed) {
  for (uint64_t& word : state_) {
    uint64_t z = (seed += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    word = z ^ (z >> 31);
  }
}

uint64_t Random::Next() {
  uint64_t result = RotateLeft(state_[1] * 5, 7) * 9;
  uint64_t t = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= t;
  state_[3] = RotateLeft(state_[3], 45);
  return result;
}

uint64_t Random::Below(uint64_t bound) {
  // Values below 2^64 mod bound would make small results likelier: draw again.
  uint64_t threshold = (0 - bound) % bound;
  for (;;) {
    uint64_t value = Next();
    if (value >= threshold) return value % bound;
  }
}

double Random::Unit() { return static_cast<double>(Next() >> 11) * 0x1.0p-53; }

double Random::Normal() {
  double radius = std::sqrt(-2 * std::log(1 - Unit()));
  return radius * std::cos(2 * std::numbers::pi * Unit());
}

double Median(std::span<const double> values) {
  if (values.empty()) return 0;
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  return QuantileSorted(sorted, 0.5);
}

double QuantileSorted(std::span<const double> sorted, double probability) {
  double position = probability * static_cast<double>(sorted.size() - 1);
  size_t below = static_cast<size_t>(std::floor(position));
  size_t above = std::min(below + 1, sorted.size() - 1);
  double share = position - static_cast<double>(below);
  return sorted[below] + share * (sorted[above] - sorted[below]);
}

double HodgesLehmann(std::span<const double> values) {
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  return HodgesLehmannSorted(sorted, 0, true);
}

double RobustDeviation(std::span<const double> values) {
  double median = Median(values);
  std::vector<double> distances;
  for (double v : values) distances.push_back(std::abs(v - median));
  return 1.4826 * Median(distances);
}

double SignedRankP(std::span<const double> values) {
  std::vector<double> kept;
  for (double v : values) {
    if (v != 0) kept.push_back(v);
  }
  if (kept.empty()) return 1;
  std::sort(kept.begin(), kept.end(), [](double a, double b) { return std::abs(a) < std::abs(b); });
  double n = static_cast<double>(kept.size());
  double w = 0;
  double tie_term = 0;
  for (size_t begin = 0; begin < kept.size();) {
    size_t end = begin + 1;
    while (end < kept.size() && std::abs(kept[end]) == std::abs(kept[begin])) ++end;
    double shared_rank = static_cast<double>(begin + 1 + end) / 2;
    double ties = static_cast<double>(end - begin);
    tie_term += ties * ties * ties - ties;
    for (; begin < end; ++begin) {
      if (kept[begin] > 0) w += shared_rank;
    }
  }
  constexpr size_t kExactUpTo = 50;
  if (tie_term == 0 && kept.size() <= kExactUpTo) return ExactSignedRankP(w, kept.size());
  double mean = n * (n + 1) / 4;
  double variance = n * (n + 1) * (2 * n + 1) / 24 - tie_term / 48;
  double distance = std::max(0.0, std::abs(w - mean) - 0.5);
  return variance <= 0 ? 1 : std::min(1.0, 2 * NormalCdf(-distance / std::sqrt(variance)));
}

double StudentT975(size_t degrees_of_freedom) {
  static constexpr double kTable[] = {12.706205, 4.302653, 3.182446, 2.776445, 2.570582,
                                      2.446912,  2.364624, 2.306004, 2.262157, 2.228139};
  if (degrees_of_freedom == 0) return kTable[0];
  if (degrees_of_freedom <= std::size(kTable)) return kTable[degrees_of_freedom - 1];
  // Cornish–Fisher, right to 4 digits from 11 degrees on.
  constexpr double z = kNormal975;
  double z2 = z * z, z3 = z2 * z, z5 = z3 * z2, z7 = z5 * z2;
  double v = static_cast<double>(degrees_of_freedom);
  return z + (z3 + z) / (4 * v) + (5 * z5 + 16 * z3 + 3 * z) / (96 * v * v) +
         (3 * z7 + 19 * z5 + 17 * z3 - 15 * z) / (384 * v * v * v);
}

Interval EstimateEffect(std::span<const std::vector<double>> groups, uint64_t seed, int resamples) {
  constexpr size_t kBootstrapGroupsFrom = 6;
  constexpr size_t kBootstrapEffectsFrom = 8;
  constexpr size_t kBootstrapEffectsUpTo = 2000;
  std::vector<double> estimates;
  std::vector<double> sorted;  // of the last group that is not empty
  for (const std::vector<double>& group : groups) {
    if (group.empty()) continue;
    sorted = group;
    std::sort(sorted.begin(), sorted.end());
    estimates.push_back(HodgesLehmannSorted(sorted, 0, true));
  }
  if (estimates.empty()) return Interval();
  Random random(seed);
  if (estimates.size() == 1) {
    double estimate = estimates[0];
    if (sorted.size() < 2) return {estimate, estimate, estimate, 0, std::abs(estimate)};
    if (sorted.size() < kBootstrapEffectsFrom) return StudentInterval(estimate, sorted);
    if (sorted.size() > kBootstrapEffectsUpTo) {
      return SignedRankInterval(estimate, sorted, random, resamples);
    }
    return FromResamples(estimate, BootstrapHodgesLehmann(sorted, random, resamples),
                         sorted.size());
  }
  if (estimates.size() < kBootstrapGroupsFrom) return StudentInterval(Mean(estimates), estimates);
  return BootstrapT(estimates, random, resamples);
}

}  // namespace anneal
