// The commands, one file each. A command is a row in commands.cc and a function here.
#pragma once

#include "cli/command.h"

namespace anneal {

CommandRun DefineCompletion(CLI::App& app, CliContext& context);
CommandRun DefineDoctor(CLI::App& app, CliContext& context);
CommandRun DefineHelp(CLI::App& app, CliContext& context);
CommandRun DefineLoop(CLI::App& app, CliContext& context);
CommandRun DefineMan(CLI::App& app, CliContext& context);
CommandRun DefinePgo(CLI::App& app, CliContext& context);
CommandRun DefineQuery(CLI::App& app, CliContext& context);
CommandRun DefineRecords(CLI::App& app, CliContext& context);
CommandRun DefineScrape(CLI::App& app, CliContext& context);
CommandRun DefineServe(CLI::App& app, CliContext& context);
CommandRun DefineStore(CLI::App& app, CliContext& context);
CommandRun DefineToken(CLI::App& app, CliContext& context);
CommandRun DefineUpload(CLI::App& app, CliContext& context);
CommandRun DefineVerify(CLI::App& app, CliContext& context);
CommandRun DefineVersion(CLI::App& app, CliContext& context);
CommandRun DefineView(CLI::App& app, CliContext& context);

}  // namespace anneal
