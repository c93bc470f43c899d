#include "store/profile_type.h"

#include <algorithm>

namespace anneal {

ProfileTypeParts SplitProfileType(std::string_view id) {
  ProfileTypeParts parts;
  for (std::string_view* part : {&parts.name, &parts.sample_type, &parts.sample_unit,
                                 &parts.period_type, &parts.period_unit}) {
    size_t end = std::min(id.find(':'), id.size());
    *part = id.substr(0, end);
    id.remove_prefix(std::min(end + 1, id.size()));
  }
  return parts;
}

}  // namespace anneal
