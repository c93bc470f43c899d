// The outside world as commands see it; tests put fakes in.
#pragma once

#include <functional>
#include <iosfwd>
#include <string>

#include "base/clock.h"
#include "base/fs.h"
#include "base/process.h"
#include "net/http.h"

namespace anneal {

struct CliContext {
  Fs& fs;
  Clock& clock;
  Http& http;
  Process& process;
  std::istream& in;   // "-" as an input file
  std::ostream& out;  // results
  std::ostream& err;  // messages, progress
  // The value of an environment variable, empty when it is not set.
  std::function<std::string(const std::string& name)> env;
  bool err_is_terminal = false;  // progress is shown only then
  bool color = false;            // escape sequences in `out` are welcome
};

}  // namespace anneal
