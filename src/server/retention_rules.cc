#include "server/retention_rules.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>

#include "api/tenant.h"
#include "base/units.h"

namespace anneal {
namespace {

constexpr std::string_view kSection = "retention_rules";
constexpr int64_t kLongestNs = int64_t{100} * 365 * 24 * 3600 * 1'000'000'000;

template <typename... Args>
Status At(const YAML::Mark& mark, fmt::format_string<Args...> format, Args&&... args) {
  return InvalidArgument("line {}: {}: {}", mark.line + 1, kSection,
                         fmt::format(format, std::forward<Args>(args)...));
}

Status ReadField(const std::string& key, const YAML::Node& value, RetentionRule& rule) {
  if (!value.IsScalar() || value.Scalar().empty()) {
    return At(value.Mark(), "{} must have one value", key);
  }
  const std::string& text = value.Scalar();
  if (key == "tenant") {
    rule.tenant = text;
  } else if (key == "service") {
    rule.service = text;
  } else if (key == "max_age") {
    const Result<int64_t> age_ns = ParseDuration(text);
    if (!age_ns.ok() || *age_ns < 0 || *age_ns > kLongestNs) {
      return At(value.Mark(), "max_age: \"{}\" is not a duration such as 12h or 31d, at most {}",
                text, FormatDuration(kLongestNs));
    }
    rule.max_age_ns = *age_ns;
  } else {
    const Result<uint64_t> bytes = ParseBytes(text);
    if (!bytes.ok() || *bytes == 0) {
      return At(value.Mark(), "max_size: \"{}\" is not a size such as 500MiB or 10GiB", text);
    }
    rule.max_bytes = *bytes;
  }
  return {};
}

Result<RetentionRule> ReadRule(const YAML::Node& node) {
  constexpr std::string_view kKeys[] = {"tenant", "service", "max_age", "max_size"};
  if (!node.IsMap()) {
    return At(node.Mark(), "write each rule as {{service: NAME, max_age: 7d, max_size: 10GiB}}");
  }
  RetentionRule rule;
  std::vector<std::string> seen;
  for (const auto& entry : node) {
    const std::string key = entry.first.IsScalar() ? entry.first.Scalar() : std::string();
    if (std::ranges::find(kKeys, key) == std::end(kKeys)) {
      return At(entry.first.Mark(), "a rule has no key \"{}\"; known: {}", key,
                fmt::join(kKeys, ", "));
    }
    if (std::ranges::find(seen, key) != seen.end()) {
      return At(entry.first.Mark(), "{} is given twice", key);
    }
    TRY(ReadField(key, entry.second, rule));
    seen.push_back(key);
  }
  if (rule.tenant.empty() && rule.service.empty()) {
    return At(node.Mark(),
              "a rule needs a tenant or a service; the settings retention and retention_size are "
              "of everything");
  }
  if (!rule.max_age_ns && rule.max_bytes == 0) {
    return At(node.Mark(), "a rule needs max_age, max_size, or both; max_age: 0s keeps for ever");
  }
  return rule;
}

std::string WhomOf(const RetentionRule& rule) {
  if (rule.service.empty()) return fmt::format("tenant {}", rule.tenant);
  if (rule.tenant.empty()) return fmt::format("service {}", rule.service);
  return fmt::format("tenant {}, service {}", rule.tenant, rule.service);
}

Result<std::vector<RetentionRule>> ReadRules(const YAML::Node& root) {
  std::vector<RetentionRule> rules;
  if (!root.IsMap()) return rules;
  const YAML::Node section = root[std::string(kSection)];
  if (!section || section.IsNull()) return rules;
  if (!section.IsSequence()) return At(section.Mark(), "must be a list of rules");
  for (const YAML::Node& node : section) {
    ASSIGN_OR_RETURN(RetentionRule rule, ReadRule(node));
    const bool twice = std::ranges::any_of(rules, [&](const RetentionRule& other) {
      return other.tenant == rule.tenant && other.service == rule.service;
    });
    if (twice) return At(node.Mark(), "there are two rules of {}: make one of them", WhomOf(rule));
    rules.push_back(std::move(rule));
  }
  return rules;
}

}  // namespace

Result<std::vector<RetentionRule>> ParseRetentionRules(std::string_view yaml) {
  try {
    return ReadRules(YAML::Load(std::string(yaml)));
  } catch (const YAML::Exception& error) {
    return InvalidArgument("line {}: {}", error.mark.line + 1, error.msg);
  }
}

Status CheckRetentionRules(const ServerConfig& config) {
  if (config.tenancy != "single") return {};
  for (const RetentionRule& rule : config.retention_rules) {
    if (rule.tenant.empty() || rule.tenant == kAnonymousTenant) continue;
    return InvalidArgument(
        "{}: the rule of {} is of nothing, since tenancy is single and everything is of tenant {}: "
        "leave the tenant out, or set tenancy to header",
        kSection, WhomOf(rule), kAnonymousTenant);
  }
  return {};
}

RetentionPolicy RetentionPolicyOf(const ServerConfig& config) {
  std::vector<RetentionRule> rules = {
      {.max_age_ns = config.retention_ns, .max_bytes = config.retention_bytes}};
  rules.insert(rules.end(), config.retention_rules.begin(), config.retention_rules.end());
  return RetentionPolicy(std::move(rules));
}

std::string ShowRetentionRule(const RetentionRule& rule) {
  std::vector<std::string> kept;
  if (rule.max_age_ns == 0) kept.emplace_back("for ever");
  if (rule.max_age_ns > 0) kept.push_back(FormatDuration(*rule.max_age_ns));
  if (rule.max_bytes > 0) kept.push_back(FormatBytes(rule.max_bytes));
  return fmt::format("{}: {}", WhomOf(rule), fmt::join(kept, ", "));
}

}  // namespace anneal
