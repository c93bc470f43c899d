// anneal doctor
#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/commands.h"
#include "cli/exit_status.h"
#include "cli/json_output.h"
#include "cli/setting_flags.h"
#include "server/checkup.h"
#include "server/config.h"
#include "server/retention_rules.h"

namespace anneal {
namespace {

void PrintText(const LoadedConfig& loaded, const std::vector<Check>& checks, CliContext& context) {
  size_t name_width = 0, text_width = 0;
  for (const SettingValue& value : loaded.values) {
    name_width = std::max(name_width, value.setting->name.size());
    text_width = std::max(text_width, value.text.size());
  }
  context.out << fmt::format(
      "config file: {}\n\nsettings\n",
      loaded.file.empty() ? fmt::format("none ({})", fmt::join(ConfigPaths(context.env), ", "))
                          : loaded.file);
  for (const SettingValue& value : loaded.values) {
    context.out << fmt::format("  {:<{}}  {:<{}}  {}\n", value.setting->name, name_width,
                               value.text, text_width, value.origin);
  }
  if (!loaded.config.retention_rules.empty()) context.out << "\nretention rules\n";
  for (const RetentionRule& rule : loaded.config.retention_rules) {
    context.out << fmt::format("  {}\n", ShowRetentionRule(rule));
  }
  context.out << "\nchecks\n";
  for (const Check& check : checks) {
    context.out << fmt::format("  {:<8}  {}: {}\n", VerdictName(check.verdict), check.name,
                               check.found);
    if (!check.advice.empty()) context.out << fmt::format("            {}\n", check.advice);
  }
}

void PrintJson(const LoadedConfig& loaded, const std::vector<Check>& checks, CliContext& context) {
  nlohmann::ordered_json report = {{"config_file", loaded.file}};
  for (const SettingValue& value : loaded.values) {
    report["settings"].push_back({{"name", value.setting->name},
                                  {"value", value.text},
                                  {"origin", value.origin},
                                  {"flag", SettingFlag(value.setting->name)},
                                  {"variable", SettingVariable(value.setting->name)},
                                  {"help", value.setting->help}});
  }
  report["retention_rules"] = nlohmann::ordered_json::array();
  for (const RetentionRule& rule : loaded.config.retention_rules) {
    nlohmann::ordered_json row = {{"tenant", rule.tenant}, {"service", rule.service}};
    if (rule.max_age_ns) row["max_age_ns"] = *rule.max_age_ns;
    if (rule.max_bytes > 0) row["max_size_bytes"] = rule.max_bytes;
    report["retention_rules"].push_back(std::move(row));
  }
  for (const Check& check : checks) {
    report["checks"].push_back({{"name", check.name},
                                {"verdict", VerdictName(check.verdict)},
                                {"found", check.found},
                                {"advice", check.advice}});
  }
  context.out << DumpJson(report) << "\n";
}

}  // namespace

CommandRun DefineDoctor(CLI::App& app, CliContext& context) {
  struct Options {
    bool json = false, markdown = false;
  };
  auto options = std::make_shared<Options>();
  app.add_flag("--json", options->json, "As JSON");
  app.add_flag("--markdown", options->markdown, "Only the table of settings, as Markdown");
  auto flags = AddSettingFlags(app);
  return [options, flags, &context]() -> int {
    if (options->markdown) {
      context.out << SettingsMarkdown();
      return kExitOk;
    }
    const Result<LoadedConfig> loaded = LoadConfigFrom(*flags, context);
    if (!loaded.ok()) {
      context.err << fmt::format("anneal doctor: {}\n", loaded.status().message());
      return kExitUsage;
    }
    const std::vector<Check> checks =
        RunChecks(loaded->config, context.fs, context.process, context.http);
    if (options->json) {
      PrintJson(*loaded, checks, context);
    } else {
      PrintText(*loaded, checks, context);
    }
    for (const Check& check : checks) {
      if (check.verdict == Check::Verdict::kFailed) return kExitFailed;
    }
    return kExitOk;
  };
}

}  // namespace anneal
