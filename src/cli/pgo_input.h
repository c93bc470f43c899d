// What the commands of `anneal pgo` read: pprof files, gzipped or not, and preprocessed profiles.
#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "cli/context.h"
#include "cli/named_file.h"
#include "pgo/call_edges.h"
#include "profile/profile.h"

namespace anneal {

// A profile; of the preprocessed form, one that has the same edges. Errors name the file.
Result<Profile> LoadProfile(CliContext& context, const std::string& path);
std::vector<std::string> InputsOrStdin(std::vector<std::string> paths);
// The merge of all files. No file: standard input.
Result<Profile> LoadMerged(CliContext& context, const std::vector<std::string>& paths);
Result<CallEdges> LoadEdges(CliContext& context, const std::string& path);

// Prints "anneal pgo: message" and returns the exit status.
int FailPgo(CliContext& context, const Status& status);

}  // namespace anneal
