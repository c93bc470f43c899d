// Profile type ids: "name:sample_type:sample_unit:period_type:period_unit", as Pyroscope's.
#pragma once

#include <string>
#include <string_view>

namespace anneal {

inline constexpr std::string_view kServiceNameLabel = "service_name";
inline constexpr std::string_view kProfileTypeLabel = "__profile_type__";

struct ProfileTypeParts {
  std::string_view name, sample_type, sample_unit, period_type, period_unit;
};

// Parts that are missing are empty; what follows the fifth is ignored.
ProfileTypeParts SplitProfileType(std::string_view id);

}  // namespace anneal
