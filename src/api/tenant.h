// Tenants and their names. Several, joined by '|', are one federated tenant that is only read:
// its answers are those of all of them together.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace anneal {

// Whose everything is when tenancy is off, and what is collected in this process.
inline constexpr std::string_view kAnonymousTenant = "anonymous";

// 1 to 150 letters, digits or !-_.*'(), other than "." and ".." (Pyroscope's rule).
bool IsTenantName(std::string_view name);

// "a|b" → {"a", "b"}: sorted, each once. kInvalidArgument when one of them is no name.
Result<std::vector<std::string>> ParseTenants(std::string_view text);

// Whether it stands for several.
inline bool IsFederated(std::string_view tenant) {
  return tenant.find('|') != std::string_view::npos;
}

}  // namespace anneal
