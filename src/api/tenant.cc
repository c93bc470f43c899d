#include "api/tenant.h"

#include <algorithm>

namespace anneal {
namespace {

constexpr size_t kMaxTenantBytes = 150;

}  // namespace

bool IsTenantName(std::string_view name) {
  for (char c : name) {
    bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!word && std::string_view("!-_.*'()").find(c) == std::string_view::npos) return false;
  }
  return !name.empty() && name.size() <= kMaxTenantBytes && name != "." && name != "..";
}

Result<std::vector<std::string>> ParseTenants(std::string_view text) {
  std::vector<std::string> tenants;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find('|', begin), text.size());
    const std::string_view name = text.substr(begin, end - begin);
    if (!IsTenantName(name)) {
      return InvalidArgument(
          "tenant `{}`: a tenant's name has 1 to {} letters, digits or "
          "!-_.*'(); several are joined by |",
          name.substr(0, kMaxTenantBytes), kMaxTenantBytes);
    }
    tenants.emplace_back(name);
    begin = end + 1;
  }
  std::sort(tenants.begin(), tenants.end());
  tenants.erase(std::unique(tenants.begin(), tenants.end()), tenants.end());
  return tenants;
}

}  // namespace anneal
