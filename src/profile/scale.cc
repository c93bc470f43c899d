#include <algorithm>
#include <cmath>
#include <limits>

#include "profile/merge.h"
#include "profile/sample_builder.h"

namespace anneal {
namespace {

// Rounds to nearest, halves away from zero; saturates; not-a-number becomes 0.
int64_t Scaled(int64_t value, double ratio) {
  if (ratio == 1) return value;  // doubles hold 53 bits only
  double scaled = std::round(static_cast<double>(value) * ratio);
  if (std::isnan(scaled)) return 0;
  constexpr double kLimit = 9223372036854775808.0;  // 2^63
  if (scaled >= kLimit) return std::numeric_limits<int64_t>::max();
  if (scaled < -kLimit) return std::numeric_limits<int64_t>::min();
  return static_cast<int64_t>(scaled);
}

}  // namespace

Profile ScaleProfile(const Profile& profile, std::span<const double> ratios) {
  SampleBuilder builder(profile);
  std::vector<int64_t> scaled(profile.sample_types.size());
  for (size_t s = 0; s < profile.SampleCount(); ++s) {
    std::span<const int64_t> values = profile.Values(s);
    for (size_t i = 0; i < values.size(); ++i) scaled[i] = Scaled(values[i], ratios[i]);
    if (std::all_of(scaled.begin(), scaled.end(), [](int64_t v) { return v == 0; })) continue;
    builder.Append(profile.Stack(s), scaled, profile.Labels(s));
  }
  return builder.Finish();
}

}  // namespace anneal
