#include "cli/commands.h"

namespace anneal {
namespace {

// In the order help lists them; rows of one group stand together.
constexpr CommandRow kRows[] = {
    {.name = "help",
     .group = CommandGroup::kOther,
     .summary = "Explain a command",
     .details = R"(
  anneal help
  anneal help version)",
     .define = DefineHelp},
    {.name = "version",
     .group = CommandGroup::kOther,
     .summary = "Print the version and how this binary was built",
     .details = {},
     .define = DefineVersion},
};

}  // namespace

const std::span<const CommandRow> kCommands = kRows;

}  // namespace anneal
