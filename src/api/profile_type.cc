#include "api/profile_type.h"

#include <fmt/format.h>

namespace anneal {

Result<ProfileType> ParseProfileType(std::string_view id) {
  std::string_view parts[6];
  size_t count = 0;
  std::string_view rest = id;
  while (count < 6) {
    size_t colon = rest.find(':');
    parts[count++] = rest.substr(0, colon);
    if (colon == std::string_view::npos) {
      rest = {};
      break;
    }
    rest.remove_prefix(colon + 1);
    if (count == 6) count = 7;  // a seventh part
  }
  bool ok = count == 5 || (count == 6 && parts[5] == "delta");
  if (!ok || parts[0].empty() || parts[1].empty()) {
    return InvalidArgument(
        "profile type `{}`: write name:type:unit:period_type:period_unit, as in "
        "process_cpu:cpu:nanoseconds:cpu:nanoseconds",
        id.substr(0, 200));
  }
  return ProfileType{std::string(parts[0]), std::string(parts[1]), std::string(parts[2]),
                     std::string(parts[3]), std::string(parts[4])};
}

std::string ToString(const ProfileType& type) {
  return fmt::format("{}:{}:{}:{}:{}", type.name, type.sample_type, type.sample_unit,
                     type.period_type, type.period_unit);
}

std::string MetricName(const Profile& profile, const SampleTypeConfigs& configs) {
  for (const ValueType& column : profile.sample_types) {
    if (profile.Text(column.type) == "wall") return "wall";
  }
  auto contains = [](std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
  };
  std::string_view shown;
  for (const ValueType& column : profile.sample_types) {
    shown = profile.Text(column.type);
    auto config = configs.find(shown);
    if (config != configs.end() && !config->second.display_name.empty()) {
      shown = config->second.display_name;
    } else if (configs.empty() && shown == "samples") {
      shown = "cpu";  // what pprof's CPU profiles call their first column
    }
    if (contains(shown, "cpu")) return "process_cpu";
    if (contains(shown, "alloc_") || contains(shown, "inuse_") || shown == "space" ||
        shown == "objects") {
      return "memory";
    }
    if (contains(shown, "mutex_")) return "mutex";
    if (contains(shown, "block_")) return "block";
    if (contains(shown, "goroutines")) return "goroutines";
  }
  return std::string(shown);
}

}  // namespace anneal
