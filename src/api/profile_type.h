// Profile types: how Pyroscope names what a series counts.
//
//   process_cpu:cpu:nanoseconds:cpu:nanoseconds
//   name : sample type : sample unit : period type : period unit
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/status.h"
#include "profile/profile.h"

namespace anneal {

struct ProfileType {
  std::string name, sample_type, sample_unit, period_type, period_unit;
};

// Five parts, or six when the last is "delta", which means nothing any more. kInvalidArgument
// otherwise.
Result<ProfileType> ParseProfileType(std::string_view id);
std::string ToString(const ProfileType& type);

// What POST /ingest may say about a sample type (part sample_type_config).
struct SampleTypeConfig {
  std::string units, display_name;
};
using SampleTypeConfigs = std::map<std::string, SampleTypeConfig, std::less<>>;

// The __name__ of a profile that came without one (POST /ingest): process_cpu, memory, mutex,
// block, goroutines, wall, or the sample type itself. Pure.
std::string MetricName(const Profile& profile, const SampleTypeConfigs& configs);

}  // namespace anneal
