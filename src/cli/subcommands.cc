#include "cli/command.h"
#include "cli/exit_status.h"

namespace anneal {

CommandRun DefineSubcommands(CLI::App& app, CliContext& context,
                             std::span<const SubcommandRow> rows) {
  app.require_subcommand(1);
  std::vector<std::pair<const CLI::App*, CommandRun>> runs;
  for (const SubcommandRow& row : rows) {
    CLI::App* sub = app.add_subcommand(std::string(row.name), std::string(row.summary));
    sub->footer(std::string(row.details));
    runs.emplace_back(sub, row.define(*sub, context));
  }
  return [runs] {
    for (const auto& [sub, run] : runs) {
      if (sub->parsed()) return run();
    }
    return int{kExitUsage};
  };
}

}  // namespace anneal
