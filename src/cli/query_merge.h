// anneal query merge|go-pgo|functions: one profile out of a window.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/query_flags.h"
#include "collect/client.h"

namespace anneal {

struct MergeArgs {
  QueryFlags query;
  std::string output;  // "console", "raw" or "pprof=PATH"
  bool force = false;
  bool allow_empty = false;
  bool json = false;
  size_t limit = 20;  // functions on the console; 0: all
  std::optional<int64_t> max_nodes;
  std::vector<std::string> call_site;
  std::optional<GoPgoTrim> go_pgo;
  bool rejoin_truncated = false;
};

// `command` is what messages begin with ("query merge"). Returns an exit status.
int RunMerge(const MergeArgs& args, std::string_view command, CliContext& context);

}  // namespace anneal
