// The subcommands of `anneal pgo`, one file each.
#pragma once

#include "cli/command.h"

namespace anneal {

// Each adds its options to `app`, the subcommand, and returns what runs it.
CommandRun DefinePgoReport(CLI::App& app, CliContext& context);
CommandRun DefinePgoCompare(CLI::App& app, CliContext& context);
CommandRun DefinePgoDecisions(CLI::App& app, CliContext& context);

}  // namespace anneal
