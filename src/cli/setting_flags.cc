#include "cli/setting_flags.h"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

namespace anneal {
namespace {

std::string_view ValueName(const Setting& setting) {
  if (setting.name == "listen") return "HOST:PORT";
  if (setting.name == "data") return "DIR";
  switch (setting.type) {
    case SettingType::kText:
      return "TEXT";
    case SettingType::kPath:
      return setting.name == "admin.backup_root" ? "DIR" : "FILE";
    case SettingType::kChoice:
      return "WORD";
    case SettingType::kCount:
      return "N";
    case SettingType::kBytes:
      return "SIZE";
    case SettingType::kDuration:
      return "DURATION";
  }
  return "TEXT";
}

// The heading in help: by the part of the name before the dot.
std::string GroupOf(std::string_view name) {
  if (name.starts_with("limits.")) return "Limits (0: unlimited)";
  if (name.starts_with("admin.")) return "Admin calls";
  if (name.starts_with("auth.")) return "Authentication";
  if (name.starts_with("http.")) return "HTTP";
  if (name.starts_with("store.")) return "Store";
  if (name.starts_with("log.")) return "Log";
  return "Options";
}

std::string HelpOf(const Setting& setting) {
  ServerConfig defaults;
  defaults.data = "$XDG_DATA_HOME/anneal";
  std::string choices;
  if (!setting.choices.empty()) choices = fmt::format(": {}", fmt::join(setting.choices, ", "));
  const std::string value = ShowSetting(setting, defaults);
  return fmt::format("{}{} [{}]", setting.help, choices, value.empty() ? "none" : value);
}

}  // namespace

std::shared_ptr<SettingFlags> AddSettingFlags(CLI::App& app) {
  auto flags = std::make_shared<SettingFlags>();
  flags->texts.resize(Settings().size());
  app.add_option("--config", flags->config_file,
                 "Config file [$XDG_CONFIG_HOME/anneal/config.yaml, /etc/anneal/config.yaml]")
      ->type_name("FILE");
  for (size_t i = 0; i < Settings().size(); ++i) {
    const Setting& setting = Settings()[i];
    flags->options.push_back(
        app.add_option(SettingFlag(setting.name), flags->texts[i], HelpOf(setting))
            ->type_name(std::string(ValueName(setting)))
            ->group(GroupOf(setting.name)));
  }
  return flags;
}

Result<LoadedConfig> LoadConfigFrom(const SettingFlags& flags, const CliContext& context) {
  ConfigSources sources{.file = flags.config_file, .flags = {}, .env = context.env};
  for (size_t i = 0; i < flags.options.size(); ++i) {
    if (flags.options[i]->count() == 0) continue;
    sources.flags.emplace_back(Settings()[i].name, flags.texts[i]);
  }
  return LoadConfig(context.fs, sources);
}

}  // namespace anneal
