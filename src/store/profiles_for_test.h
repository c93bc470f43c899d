// Profiles and writes, made from seeds, for tests of stores.
#pragma once

#include <random>
#include <string>
#include <vector>

#include "profile/profile.h"
#include "store/store.h"

namespace anneal {

inline constexpr int64_t kTestSecondNs = 1'000'000'000;
inline constexpr int64_t kTestBaseNs = 1'700'000'000 * kTestSecondNs;
inline constexpr std::string_view kTestCpuType = "process_cpu:cpu:nanoseconds:cpu:nanoseconds";
inline constexpr std::string_view kTestSamplesType = "process_cpu:samples:count:cpu:nanoseconds";

// A valid profile of sample types samples/count and cpu/nanoseconds that shares names, functions,
// locations and stacks with those of other seeds; values may be zero or negative.
Profile RandomProfile(uint32_t seed);

// Appends samples of the profile's first stack with these links and values of its last column.
void AddLinkedSamples(Profile& profile, std::vector<std::pair<SampleLink, int64_t>> samples);

// A RandomProfile of which some samples have links, drawn from few.
Profile LinkedProfile(uint32_t seed);

// service_name, __profile_type__ and what else is given.
LabelSet TestLabels(std::string_view service, std::string_view type,
                    std::vector<LabelPair> more = {});
ProfileUuid TestUuid(uint64_t n);

// The column of a profile as it is stored: one sample type, headers of the write.
Profile StoredColumn(const ProfileWrite& write);

// Appends and waits for the outcome.
Status AppendAndWait(Store& store, std::string_view tenant, std::span<const ProfileWrite> writes);

// Drops by retention what lies wholly before `horizon_ns`. REQUIRES: the store has the system's
// clock, and the horizon is past.
Status RetainFrom(Store& store, int64_t horizon_ns);

// A selection of all times.
Selection SelectAll(std::string_view type, std::vector<LabelMatcher> matchers = {});

}  // namespace anneal
