#include "collect/pprof_delta.h"

#include "profile/merge.h"

namespace anneal {
namespace {

// Per column 1 when it counts since the start, 0 when it tells the present state.
std::vector<double> CumulativeColumns(const Profile& profile) {
  std::vector<double> columns;
  for (const ValueType& column : profile.sample_types) {
    columns.push_back(profile.Text(column.type).starts_with("inuse_") ? 0 : 1);
  }
  return columns;
}

bool AnyNegative(const Profile& profile, const std::vector<double>& columns) {
  for (size_t sample = 0; sample < profile.SampleCount(); ++sample) {
    std::span<const int64_t> values = profile.Values(sample);
    for (size_t i = 0; i < values.size(); ++i) {
      if (columns[i] != 0 && values[i] < 0) return true;
    }
  }
  return false;
}

}  // namespace

PprofDelta::Step PprofDelta::Next(Profile profile, int64_t scraped_ns) {
  if (profile.time_ns <= 0) profile.time_ns = scraped_ns;
  if (!before_) {
    before_ = std::move(profile);
    return {.outcome = Outcome::kFirst};
  }
  // Zeroed columns of the baseline leave the present state untouched by the subtraction.
  Result<Profile> difference =
      DiffProfiles(ScaleProfile(*before_, CumulativeColumns(*before_)), profile);
  int64_t start_ns = before_->time_ns;
  int64_t end_ns = profile.time_ns;
  before_ = std::move(profile);
  if (!difference.ok() || end_ns < start_ns ||
      AnyNegative(*difference, CumulativeColumns(*difference))) {
    return {.outcome = Outcome::kReset};
  }
  if (difference->SampleCount() == 0) return {.outcome = Outcome::kEmpty};
  difference->time_ns = start_ns;
  difference->duration_ns = end_ns - start_ns;
  return {.outcome = Outcome::kProfile, .profile = *std::move(difference)};
}

}  // namespace anneal
