// How long profiles of some tenants and services are kept, and how much of them: the section
// `retention_rules:` of the config file, beside the settings retention and retention_size, which
// are of everything.
//
//   retention_rules:
//     - {service: checkout, max_age: 7d}
//     - {tenant: web, service: search, max_age: 90d, max_size: 10GiB}
//     - {tenant: trial, max_size: 1GiB}
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "server/config.h"
#include "store/retention.h"

namespace anneal {

// Reads the section of a whole config file; none when it has no such key. kInvalidArgument with the
// line and what is wrong there: an unknown key, a rule that names nobody or says nothing, two rules
// of the same.
Result<std::vector<RetentionRule>> ParseRetentionRules(std::string_view yaml);
// kInvalidArgument for a rule that can be of nothing: a tenant, while there is but one.
Status CheckRetentionRules(const ServerConfig& config);

// Of retention, retention_size and the rules.
RetentionPolicy RetentionPolicyOf(const ServerConfig& config);

// "tenant web, service search: 90d, 10GiB"
std::string ShowRetentionRule(const RetentionRule& rule);

}  // namespace anneal
