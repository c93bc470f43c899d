// EdgeDiff: how the call edges of two profiles differ, as the compiler will see it.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "pgo/call_edges.h"

namespace anneal {

// One edge in both profiles. Shares are of each profile's total weight (0 to 1), so that profiles
// of different length compare.
struct EdgeChange {
  std::string caller, callee;
  int64_t offset = 0;
  int64_t before_weight = 0, after_weight = 0;  // 0: not there
  double before_share = 0, after_share = 0;
  bool before_hot = false, after_hot = false;
};

struct EdgeDiff {
  std::vector<EdgeChange> gained;   // only after
  std::vector<EdgeChange> lost;     // only before
  std::vector<EdgeChange> changed;  // in both, with another share
  size_t unchanged = 0;             // in both, with the same share
  // Each list by falling |after_share - before_share|, then caller, callee, offset.
};
EdgeDiff DiffCallEdges(const CallEdges& before, const CallEdges& after);

// How far two profiles agree on what is hot.
struct HotOverlap {
  size_t both = 0;    // edges hot in both
  size_t either = 0;  // edges hot in one or both
  // Of the weight of both profiles' hot edges (each profile counting the same), the share on edges
  // that are hot in both.
  double weight_share = 1;
  double Jaccard() const {
    return either == 0 ? 1 : static_cast<double>(both) / static_cast<double>(either);
  }
};
HotOverlap CompareHotEdges(const CallEdges& a, const CallEdges& b);

}  // namespace anneal
