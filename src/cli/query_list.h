// anneal query profile-types|label-names|label-values|series|top: what a server holds.
#pragma once

#include <string>
#include <vector>

#include "cli/query_flags.h"

namespace anneal {

struct ListArgs {
  QueryFlags query;
  bool json = false;
  std::string label;                     // label-values
  std::vector<std::string> label_names;  // series, top: labels to show
  size_t limit = 20;                     // top; 0: all
};

// Each returns an exit status.
int RunProfileTypes(const ListArgs& args, CliContext& context);
int RunLabelNames(const ListArgs& args, CliContext& context);
int RunLabelValues(const ListArgs& args, CliContext& context);
int RunSeries(const ListArgs& args, CliContext& context);
int RunTop(const ListArgs& args, CliContext& context);

}  // namespace anneal
