// The frame around commands: parsing, help, errors of usage. CLI11 is named behind it.
#pragma once

#include <string>
#include <vector>

#include "cli/context.h"
#include "cli/describe.h"

namespace anneal {

// Runs `anneal ARGS...` and returns its exit status. `args` is without the program's name.
int RunCommandLine(std::vector<std::string> args, CliContext& context);

// All commands and what they accept.
CommandDoc DescribeCommandLine(CliContext& context);

}  // namespace anneal
