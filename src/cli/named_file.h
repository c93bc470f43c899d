// Files named on the command line, where "-" is standard input or output.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "cli/context.h"

namespace anneal {

// The bytes of a file, or of standard input.
Result<std::string> ReadInput(CliContext& context, const std::string& path);

enum class Overwrite { kRefuse, kAllow };
inline Overwrite OverwriteIf(bool force) { return force ? Overwrite::kAllow : Overwrite::kRefuse; }

// kAlreadyExists when the file is there and must not be overwritten. Asked before the work, nobody
// waits for a refusal.
Status CheckOutput(const CliContext& context, const std::string& path, Overwrite overwrite);
// Checks that again, and writes a result to a file, whole or not at all, or to standard output.
Status WriteOutput(CliContext& context, const std::string& path, std::string_view bytes,
                   Overwrite overwrite);

}  // namespace anneal
