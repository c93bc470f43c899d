// Retention: how long profiles are kept, and how much of them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace anneal {

struct RetentionRule {
  std::string tenant = {}, service = {};   // empty: every one
  std::optional<int64_t> max_age_ns = {};  // 0: for ever; nullopt: the rule is not of age
  // Of everything that the rule names, together, on disk; 0: any. The oldest goes first.
  uint64_t max_bytes = 0;

  bool Names(std::string_view of_tenant, std::string_view of_service) const {
    return (tenant.empty() || tenant == of_tenant) && (service.empty() || service == of_service);
  }
};

class RetentionPolicy {
 public:
  RetentionPolicy() = default;
  explicit RetentionPolicy(std::vector<RetentionRule> rules) : rules_(std::move(rules)) {}

  // Of age the narrowest rule decides: that of tenant and service before those of a tenant, of a
  // service, of everything; among equals the last. 0: for ever, also where no rule is of age.
  int64_t MaxAgeNs(std::string_view tenant, std::string_view service) const;
  // No profile of whatever tenant and service is kept longer. 0: some are kept for ever.
  int64_t LongestAgeNs() const;
  // Of size every rule holds.
  const std::vector<RetentionRule>& rules() const { return rules_; }

 private:
  std::vector<RetentionRule> rules_;
};

}  // namespace anneal
