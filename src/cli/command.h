// What a command of `anneal` is: a row of the table in commands.cc. Help, man page and shell
// completion are all made from that table and the options each row defines.
#pragma once

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <functional>
#include <span>
#include <string_view>

#include "cli/context.h"

namespace anneal {

// Runs the command after its options were parsed; returns an exit status of exit_status.h.
using CommandRun = std::function<int()>;

// Where help lists a command.
enum class CommandGroup { kRun, kProfiles, kPgo, kStore, kOther };

struct CommandRow {
  std::string_view name;  // "serve"
  CommandGroup group;
  std::string_view summary;  // one line, imperative, no full stop
  // Text for --help and the man page, with examples. Paragraphs are separated by an empty line and
  // are filled to the width of the page; lines that begin with two spaces are shown as they are.
  std::string_view details;
  // Adds options and subcommands to `app`. The returned function runs the command; variables that
  // options bind to must live in it (hold them by shared_ptr). Subcommands of a command take their
  // summary from CLI's description and their details from its footer. What options say in help
  // comes from their description, the name of their value from type_name("URL").
  CommandRun (*define)(CLI::App& app, CliContext& context);
};

extern const std::span<const CommandRow> kCommands;

// A command of a command; the fields mean what they mean in CommandRow.
struct SubcommandRow {
  std::string_view name, summary, details;
  CommandRun (*define)(CLI::App& app, CliContext& context);
};

// Adds `rows` to `app`, one of which must be given, and runs the one that is.
CommandRun DefineSubcommands(CLI::App& app, CliContext& context,
                             std::span<const SubcommandRow> rows);

}  // namespace anneal
