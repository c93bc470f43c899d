#include "store/retention.h"

#include <algorithm>

namespace anneal {

int64_t RetentionPolicy::MaxAgeNs(std::string_view tenant, std::string_view service) const {
  int64_t age_ns = 0;
  int narrowest = -1;
  for (const RetentionRule& rule : rules_) {
    if (!rule.max_age_ns || !rule.Names(tenant, service)) continue;
    const int narrowness = (rule.tenant.empty() ? 0 : 2) + (rule.service.empty() ? 0 : 1);
    if (narrowness < narrowest) continue;
    narrowest = narrowness;
    age_ns = *rule.max_age_ns;
  }
  return age_ns;
}

int64_t RetentionPolicy::LongestAgeNs() const {
  int64_t longest_ns = 0;
  bool all_named = false;
  for (const RetentionRule& rule : rules_) {
    if (!rule.max_age_ns) continue;
    if (*rule.max_age_ns == 0) return 0;
    all_named = all_named || (rule.tenant.empty() && rule.service.empty());
    longest_ns = std::max(longest_ns, *rule.max_age_ns);
  }
  return all_named ? longest_ns : 0;
}

}  // namespace anneal
