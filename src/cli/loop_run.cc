#include "cli/loop_run.h"

#include <filesystem>
#include <ostream>

namespace anneal {

void LoopRun::Say(std::string_view line) const {
  if (context.err_is_terminal) context.err << "\r\x1b[K";
  context.err << "loop: " << line << "\n" << std::flush;
}

void LoopRun::SayInPlace(std::string_view line) const {
  // 79 columns: a line that wraps could not be overwritten.
  if (context.err_is_terminal) {
    context.err << "\r\x1b[K" << line.substr(0, 79) << std::flush;
  }
}

std::string LoopRun::WorkPath(std::string_view name) const {
  return (std::filesystem::path(config.work_dir) / name).string();
}

}  // namespace anneal
