// What the commands of `anneal pgo` read: pprof files, gzipped or not, and preprocessed profiles.
#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "cli/context.h"
#include "pgo/call_edges.h"
#include "profile/profile.h"

namespace anneal {

// The bytes of a file, or of standard input for "-".
Result<std::string> ReadInput(CliContext& context, const std::string& path);

// A profile; of the preprocessed form, one that has the same edges. Errors name the file.
Result<Profile> LoadProfile(CliContext& context, const std::string& path);
std::vector<std::string> InputsOrStdin(std::vector<std::string> paths);
// The merge of all files. No file: standard input.
Result<Profile> LoadMerged(CliContext& context, const std::vector<std::string>& paths);
Result<CallEdges> LoadEdges(CliContext& context, const std::string& path);

// Writes a result to a file, or to standard output for "-". kAlreadyExists when the file is there
// already and `overwrite` is kRefuse.
enum class Overwrite { kRefuse, kAllow };
Status WriteOutput(CliContext& context, const std::string& path, std::string_view bytes,
                   Overwrite overwrite);

// Prints "anneal pgo: message" and returns the exit status.
int FailPgo(CliContext& context, const Status& status);

}  // namespace anneal
