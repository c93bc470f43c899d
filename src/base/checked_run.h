// Running a command that must succeed, and saying why it did not.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/process.h"
#include "base/status.h"

namespace anneal {

// The end of what a program printed, where its error is: whole lines where there are several, the
// last newline dropped.
std::string LastWords(std::string_view said);

// Process::Run with stderr collected, for commands of which only success is of use.
// kFailedPrecondition when the command fails, with its last words, or does not end within
// `timeout_ns` (0: none); kCanceled ("interrupted") when command.canceled said so. Errors begin
// with `what`.
Result<RunOutput> RunChecked(Process& process, Command command, std::string_view what,
                             int64_t timeout_ns);

}  // namespace anneal
