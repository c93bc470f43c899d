// What the writer appends as number n, and the test expects to find.
#pragma once

#include "store/embedded.h"
#include "store/profiles_for_test.h"

namespace anneal {

inline constexpr int64_t kCrashEpochNs = 3600 * kTestSecondNs;

// Values are not negative: where sums cancel to zero, the flags of a mapping are not defined
// (profile/merge.h).
inline Profile CrashProfile(uint32_t n) {
  Profile profile = RandomProfile(n);
  for (int64_t& value : profile.sample_values) value &= 0x3fffffff;
  return profile;
}

// `profile` must be CrashProfile(n). Several services and epochs, so that an append now and then
// begins a partition, and times that are not in order.
inline ProfileWrite CrashWrite(uint32_t n, const Profile& profile) {
  ProfileWrite write;
  write.labels = TestLabels("service-" + std::to_string(n % 3), kTestCpuType,
                            {{"pod", std::to_string(n / 500)}});
  write.id = TestUuid(n);
  write.time_ns = kTestBaseNs + int64_t{n} * 7 * kTestSecondNs - (n % 5) * 60 * kTestSecondNs;
  write.duration_ns = kTestSecondNs;
  write.profile = &profile;
  write.sample_type = 1;
  return write;
}

inline EmbeddedOptions CrashOptions(const std::string& directory) {
  EmbeddedOptions options;
  options.directory = directory;
  options.epoch_ns = kCrashEpochNs;
  return options;
}

}  // namespace anneal
