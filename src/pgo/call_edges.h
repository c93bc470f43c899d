// CallEdges: a profile as the Go compiler sees it, weighted call edges and nothing else.
//
// The arithmetic is that of Go 1.26's `go tool preprofile`, to the byte (GOROOT/src:
// cmd/internal/pgo, internal/profile/graph.go). Of each sample only the two leaf-most locations
// count, with their inlined frames. A frame is a node named by (function name, start line, line,
// address); each pair of adjoining, different nodes is an edge, counted once a sample; edges are
// then summed by (caller, callee, line − start line of the caller). System names, files and
// columns are not looked at. The value is the first column that is samples/count or
// cpu/nanoseconds. Sums wrap at 64 bits as Go's do.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "profile/profile.h"

namespace anneal {

struct CallEdge {
  std::string caller, callee;  // linker symbols, type arguments included: "sort.Sort[go.shape.int]"
  int64_t offset = 0;  // lines from the caller's start line; negative after //line directives
  int64_t weight = 0;  // in the value column's unit

  friend bool operator==(const CallEdge&, const CallEdge&) = default;
};

struct CallEdges {
  // By falling weight, then caller, callee, offset; no two with the same three.
  std::vector<CallEdge> edges;
  int64_t total_weight = 0;

  friend bool operator==(const CallEdges&, const CallEdges&) = default;
};

// The column the compiler reads: the first that is samples/count or cpu/nanoseconds, or -1.
int GoValueColumn(const Profile& profile);

// kFailedPrecondition where the compiler would refuse the profile: samples, but no column that it
// reads, or no function of a counted frame with a start line. A profile without samples, or whose
// edges weigh nothing together, has no edges and is no error: the compiler ignores it silently,
// so callers should warn.
Result<CallEdges> ComputeCallEdges(const Profile& profile);

// `edges` sorted as CallEdges::edges is.
void SortCallEdges(std::vector<CallEdge>& edges);

// The edges that the compiler holds for hot, a prefix of CallEdges::edges: those that together
// first pass `cdf_percent` of the total weight. (cmd/compile/internal/inline hotNodesFromCDF)
struct HotEdges {
  size_t count = 0;
  int64_t threshold_weight = 0;  // the least weight among them; 0: all edges are hot
  double threshold_percent = 0;  // the same in percent of the total, as the compiler prints it
};
inline constexpr double kGoHotPercent = 99;
HotEdges FindHotEdges(const CallEdges& edges, double cdf_percent = kGoHotPercent);

// The preprocessed form, "GO PREPROFILE V1" (docs/format/go-pgo.md); equal to the output of
// `go tool preprofile`.
std::string WritePreprofile(const CallEdges& edges);
// Reads it back. kInvalidArgument, with the line, for what the compiler refuses too: no header,
// an entry cut short, not two numbers, an edge given twice.
Result<CallEdges> ReadPreprofile(std::string_view text);
bool IsPreprofile(std::string_view bytes);

}  // namespace anneal
