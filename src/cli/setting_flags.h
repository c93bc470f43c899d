// The server's settings as flags, for the commands that read its config.
#pragma once

#include <CLI/App.hpp>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "cli/context.h"
#include "server/config.h"

namespace anneal {

// What was given; options write into it, so it stays where it is.
struct SettingFlags {
  std::string config_file;
  std::vector<std::string> texts;  // one for each of Settings()
  std::vector<CLI::Option*> options;
};

// Adds --config and one flag for each setting.
std::shared_ptr<SettingFlags> AddSettingFlags(CLI::App& app);
Result<LoadedConfig> LoadConfigFrom(const SettingFlags& flags, const CliContext& context);

}  // namespace anneal
