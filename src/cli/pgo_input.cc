#include "cli/pgo_input.h"

#include <ostream>

#include "cli/exit_status.h"
#include "pgo/go_artefact.h"
#include "profile/merge.h"
#include "profile/pprof.h"

namespace anneal {

Result<Profile> LoadProfile(CliContext& context, const std::string& path) {
  ASSIGN_OR_RETURN(std::string bytes, ReadInput(context, path));
  if (!IsPreprofile(bytes)) {
    Result<Profile> profile = DecodePprof(bytes);
    if (!profile.ok()) return profile.status().Annotate(path);
    return profile;
  }
  Result<CallEdges> edges = ReadPreprofile(bytes);
  if (!edges.ok()) return edges.status().Annotate(path);
  for (const CallEdge& edge : edges->edges) {
    if (edge.weight > 0) continue;
    return InvalidArgument("{}: the edge {} -> {} weighs {}: no profile has such edges", path,
                           edge.caller, edge.callee, edge.weight);
  }
  return ProfileFromEdges(*edges, "samples", "count");
}

std::vector<std::string> InputsOrStdin(std::vector<std::string> paths) {
  if (paths.empty()) paths.push_back("-");
  return paths;
}

Result<Profile> LoadMerged(CliContext& context, const std::vector<std::string>& paths) {
  Merger merger;
  for (const std::string& path : InputsOrStdin(paths)) {
    ASSIGN_OR_RETURN(Profile profile, LoadProfile(context, path));
    Status added = merger.Add(profile);
    if (!added.ok()) return added.Annotate(path);
  }
  return merger.Finish();
}

Result<CallEdges> LoadEdges(CliContext& context, const std::string& path) {
  ASSIGN_OR_RETURN(std::string bytes, ReadInput(context, path));
  if (IsPreprofile(bytes)) {
    Result<CallEdges> edges = ReadPreprofile(bytes);
    if (!edges.ok()) return edges.status().Annotate(path);
    SortCallEdges(edges->edges);
    return edges;
  }
  Result<Profile> profile = DecodePprof(bytes);
  if (!profile.ok()) return profile.status().Annotate(path);
  Result<CallEdges> edges = ComputeCallEdges(*profile);
  if (!edges.ok()) return edges.status().Annotate(path);
  return edges;
}

int FailPgo(CliContext& context, const Status& status) {
  context.err << fmt::format("anneal pgo: {}\n", status.message());
  return ExitStatusOf(status);
}

}  // namespace anneal
