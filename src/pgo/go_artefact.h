// GoArtefact: the file that `go build -pgo=` reads, made from a merged profile.
//
// What the compiler reads of a profile is little (call_edges.h), so most of it can be left out
// without the compiler being able to tell. That nothing is lost is not assumed but checked: each
// artefact's call edges are computed anew and compared with those of the profile it came from.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "pgo/call_edges.h"
#include "profile/profile.h"

namespace anneal {

enum class GoTrim {
  // The whole profile in canonical order, with its addresses, mappings, labels and all columns.
  kFull,
  // The value column that the compiler reads and the two leaf-most locations of each stack, with
  // their inlined frames; names and start lines of functions. Lines of leaves are kept, so that it
  // still reads as a profile. Files, addresses, mappings and labels are dropped.
  kLeaf,
  // One sample an edge: the smallest file. Start lines of functions are made up (1) and offsets
  // kept; each callee looks as if it were inlined.
  kEdges,
};
std::optional<GoTrim> ParseGoTrim(std::string_view name);  // "full", "leaf", "edges"

struct GoArtefact {
  std::string bytes;                  // gzipped pprof; equal profiles give equal bytes
  CallEdges edges;                    // what the compiler will read from it
  std::vector<std::string> warnings;  // sentences for people: what makes it of no use
};

// kFailedPrecondition where the compiler would refuse the file (ComputeCallEdges), where it would
// fail to read its preprocessed form (a name with a line break or of 64 KiB), and when kEdges is
// asked of edges without positive weights. An empty profile is a warning: the compiler ignores it.
Result<GoArtefact> MakeGoArtefact(const Profile& profile, GoTrim trim);

// The profile of an artefact, before it is encoded. REQUIRES of TrimForGo: GoValueColumn() >= 0.
Profile TrimForGo(const Profile& profile);
// One sample an edge, valued in `type`/`unit`. REQUIRES: all weights positive.
Profile ProfileFromEdges(const CallEdges& edges, std::string_view type, std::string_view unit);

}  // namespace anneal
