#include "base/checked_run.h"

namespace anneal {

std::string LastWords(std::string_view said) {
  constexpr size_t kMostBytes = 2000;
  while (said.ends_with('\n')) said.remove_suffix(1);
  if (said.size() > kMostBytes) {
    said.remove_prefix(said.size() - kMostBytes);
    size_t line_end = said.find('\n');
    if (line_end != std::string_view::npos) said.remove_prefix(line_end + 1);
  }
  return std::string(said);
}

Result<RunOutput> RunChecked(Process& process, Command command, std::string_view what,
                             int64_t timeout_ns) {
  command.stderr_stream = Command::Stream::kPipe;
  Result<RunOutput> run = process.Run(command, "", timeout_ns);
  if (!run.ok()) {
    Code code = run.status().code();
    if (code == Code::kCanceled) return Status(Code::kCanceled, "interrupted");
    if (code != Code::kDeadlineExceeded) return run.status().Annotate(what);
    return Error(Code::kFailedPrecondition, "{}: did not end within {:.1f} s", what,
                 static_cast<double>(timeout_ns) / 1e9);
  }
  if (run->exit.ok()) return run;
  // Standard error last: what it says is cut last.
  std::string words = LastWords(run->out + run->err);
  return Error(Code::kFailedPrecondition, "{}: {}{}{}", what, run->exit.ToString(),
               words.empty() ? "" : ": ", words);
}

}  // namespace anneal
