// Which stretches of time have rollups, and what a partition in memory knows
// about them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "store/keys.h"

namespace anneal {

// A rollup of an hour is made only for as many profiles: fewer are as quick to
// read themselves.
inline constexpr size_t kHourRollupProfiles = 16;

// How one store's epochs are divided. Hours count from the epoch's start.
struct RollupPlan {
  int64_t epoch_ns = 0;
  static constexpr int64_t kHourNs = int64_t{3600} * 1'000'000'000;

  bool has_hours() const { return epoch_ns > kHourNs; }
  // The length of the shortest stretch.
  int64_t hour_ns() const { return has_hours() ? kHourNs : epoch_ns; }
  uint32_t hours() const { return static_cast<uint32_t>((epoch_ns + hour_ns() - 1) / hour_ns()); }
  int64_t EpochStart(Epoch epoch) const { return static_cast<uint32_t>(epoch) * epoch_ns; }
  int64_t EpochEnd(Epoch epoch) const { return EpochStart(epoch) + epoch_ns; }
  uint32_t HourOf(Epoch epoch, int64_t time_ns) const {
    return static_cast<uint32_t>((time_ns - EpochStart(epoch)) / hour_ns());
  }
  int64_t HourStart(Epoch epoch, uint32_t hour) const {
    return EpochStart(epoch) + hour * hour_ns();
  }
  int64_t HourEnd(Epoch epoch, uint32_t hour) const {
    return std::min(HourStart(epoch, hour) + hour_ns(), EpochEnd(epoch));
  }
  // Up to where the epoch's hours are over at `time_ns`.
  int64_t ClosedUntil(Epoch epoch, int64_t time_ns) const {
    if (time_ns >= EpochEnd(epoch)) return EpochEnd(epoch);
    if (time_ns <= EpochStart(epoch)) return EpochStart(epoch);
    return HourStart(epoch, HourOf(epoch, time_ns));
  }
};

// Which rollups of a partition may be on disk or in the making, so that an
// append knows what it must delete. Saying too much costs a delete, saying too
// little would make answers wrong.
struct RollupMarks {
  // Those of profiles before this time…
  int64_t until_ns = INT64_MAX;
  // …but for these hours, and their series' whole epochs, which were deleted
  // since.
  absl::flat_hash_set<std::pair<SeriesId, uint32_t>> stale;

  bool AnyStale(SeriesId series) const {
    return std::ranges::any_of(stale, [&](const auto& s) { return s.first == series; });
  }
};

}  // namespace anneal
