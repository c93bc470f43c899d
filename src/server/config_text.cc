#include "server/config_text.h"

#include <algorithm>

#include "base/units.h"

namespace anneal {
namespace {

bool IsSecret(std::string_view name) {
  return name.ends_with("password") || name.ends_with("secret") || name.ends_with("token");
}

// Bare where YAML reads it as the same text.
std::string YamlText(std::string_view text) {
  auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_./%+").find(c) != std::string_view::npos;
  };
  if (!text.empty() && std::all_of(text.begin(), text.end(), is_plain)) return std::string(text);
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out + "\"";
}

// "limits.body" as `body` within `limits`; settings of one group follow each other.
class SettingsYaml {
 public:
  void Add(const Setting& setting, std::string_view value) {
    if (value.empty()) return;  // not set, which a file says by not naming it
    size_t dot = setting.name.find('.');
    bool grouped = dot != std::string_view::npos;
    std::string_view group = grouped ? setting.name.substr(0, dot) : std::string_view();
    std::string_view key = grouped ? setting.name.substr(dot + 1) : setting.name;
    if (grouped && group != group_) text_ += fmt::format("{}:\n", group);
    group_ = group;
    std::string shown = IsSecret(setting.name) ? "\"********\"" : YamlText(value);
    text_ += fmt::format("{}{}: {}\n", grouped ? "  " : "", key, shown);
  }
  std::string Take() { return std::move(text_); }

 private:
  std::string text_;
  std::string_view group_;
};

std::string ScrapeYaml(const std::vector<ScrapeConfig>& scrape) {
  if (scrape.empty()) return {};
  std::string out = "scrape:\n";
  for (const ScrapeConfig& job : scrape) {
    out += fmt::format("  - job: {}\n    service: {}\n    targets:\n", YamlText(job.job),
                       YamlText(job.service));
    for (const ScrapeTarget& target : job.targets) {
      out += fmt::format("      - {}\n", YamlText(target.address));
    }
  }
  return out;
}

std::string RetentionYaml(const std::vector<RetentionRule>& rules) {
  if (rules.empty()) return {};
  std::string out = "retention_rules:\n";
  for (const RetentionRule& rule : rules) {
    std::vector<std::string> fields;
    auto add = [&](std::string_view key, const std::string& text) {
      fields.push_back(fmt::format("{}: {}", key, YamlText(text)));
    };
    if (!rule.tenant.empty()) add("tenant", rule.tenant);
    if (!rule.service.empty()) add("service", rule.service);
    if (rule.max_age_ns) add("max_age", FormatDuration(*rule.max_age_ns));
    if (rule.max_bytes > 0) add("max_size", FormatBytes(rule.max_bytes));
    out += fmt::format("  - {{{}}}\n", fmt::join(fields, ", "));
  }
  return out;
}

}  // namespace

ConfigText ConfigTextOf(const ServerConfig& config) {
  const ServerConfig defaults;
  SettingsYaml effective, standard, diff;
  for (const Setting& setting : Settings()) {
    const std::string value = ShowSetting(setting, config);
    const std::string default_value = ShowSetting(setting, defaults);
    effective.Add(setting, value);
    standard.Add(setting, default_value);
    if (value != default_value) diff.Add(setting, value);
  }
  const std::string sections = RetentionYaml(config.retention_rules) + ScrapeYaml(config.scrape);
  return {.effective = effective.Take() + sections,
          .defaults = standard.Take(),
          .diff = diff.Take() + sections};
}

}  // namespace anneal
