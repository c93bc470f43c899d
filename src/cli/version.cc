// anneal version
#include <nlohmann/json.hpp>
#include <ostream>

#include "build_info.h"
#include "cli/commands.h"
#include "cli/exit_status.h"

namespace anneal {

CommandRun DefineVersion(CLI::App& app, CliContext& context) {
  auto json = std::make_shared<bool>(false);
  app.add_flag("--json", *json, "As JSON");
  return [json, &context] {
    if (*json) {
      nlohmann::ordered_json info = {{"version", kVersion},
                                     {"compiler", kCompiler},
                                     {"build_type", kBuildType},
                                     {"sanitizers", kSanitizers},
                                     {"platform", kPlatform}};
      context.out << info.dump(2) << "\n";
      return kExitOk;
    }
    context.out << fmt::format("anneal {}\n{}, {}, {}\n", kVersion, kPlatform, kCompiler,
                               kBuildType);
    if (kSanitizers[0] != '\0') context.out << fmt::format("sanitizers: {}\n", kSanitizers);
    return kExitOk;
  };
}

}  // namespace anneal
