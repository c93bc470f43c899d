#include "store/retention.h"

namespace anneal {

int64_t RetentionPolicy::MaxAgeNs(std::string_view tenant, std::string_view service) const {
  int64_t age_ns = 0;
  int narrowest = -1;
  for (const RetentionRule& rule : rules_) {
    if (!rule.Names(tenant, service)) continue;
    const int narrowness = (rule.tenant.empty() ? 0 : 2) + (rule.service.empty() ? 0 : 1);
    if (narrowness < narrowest) continue;
    narrowest = narrowness;
    age_ns = rule.max_age_ns;
  }
  return age_ns;
}

}  // namespace anneal
