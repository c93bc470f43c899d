// What a command of `anneal` is: a row of the table in commands.cc. Help, man page and shell
// completion are all made from that table and the options each row defines.
#pragma once

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <functional>
#include <ostream>
#include <span>
#include <string_view>

#include "base/clock.h"
#include "base/fs.h"
#include "base/process.h"
#include "net/http.h"

namespace anneal {

// The outside world as commands see it; tests put fakes in.
struct CliContext {
  Fs& fs;
  Clock& clock;
  Http& http;
  Process& process;
  std::ostream& out;             // results
  std::ostream& err;             // messages, progress
  bool err_is_terminal = false;  // progress is shown only then
  bool color = false;
};

// Runs the command after its options were parsed; returns an exit status of exit_status.h.
using CommandRun = std::function<int()>;

struct CommandRow {
  std::string_view name;     // "serve"
  std::string_view summary;  // one line, imperative, no full stop
  std::string_view details;  // a paragraph or more for --help and the man page, with examples
  // Adds options and subcommands to `app`. The returned function runs the command; variables that
  // options bind to must live in it (hold them by shared_ptr).
  CommandRun (*define)(CLI::App& app, CliContext& context);
};

extern const std::span<const CommandRow> kCommands;

}  // namespace anneal
