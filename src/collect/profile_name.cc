#include "collect/profile_name.h"

namespace anneal {

std::string_view NameOfProfile(const Profile& profile) {
  struct Row {
    std::string_view type, name;
  };
  constexpr Row kRows[] = {{"cpu", "process_cpu"},
                           {"alloc_space", "memory"},
                           {"inuse_space", "memory"},
                           {"goroutine", "goroutine"}};
  for (const Row& row : kRows) {
    for (const ValueType& column : profile.sample_types) {
      if (profile.Text(column.type) == row.type) return row.name;
    }
  }
  return "unknown";
}

}  // namespace anneal
