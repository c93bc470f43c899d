// FlameTree: samples summed into a call tree by function name, root first. What flame graphs,
// top tables and the tree formats are drawn from.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "profile/profile.h"

namespace anneal {

// How functions are named: to the byte, or as people read them (profile/go_name.h), where functions
// that differ in their shapes only are one.
enum class FrameNames { kExact, kShort };

// Nodes in one array, parent before child, siblings in name order; node 0 is the nameless root.
// Inlined frames are expanded; a location without lines is named by its address in hex.
// Negative and zero values are left out.
struct FlameTree {
  struct Node {
    uint32_t parent = 0;
    uint32_t name = 0;  // index into names
    int64_t self = 0;
    int64_t total = 0;
    uint32_t depth = 0;  // root: 0
  };
  std::vector<std::string> names;  // names[0] == ""
  std::vector<Node> nodes;         // depth first, pre-order

  static FlameTree Build(const Profile& profile, size_t sample_type,
                         FrameNames frame_names = FrameNames::kExact);
  // Folds every child whose total is below the max_nodes-th largest into one leaf "other" per
  // parent, placed last. Nodes named "other" are folded with them. 0: no folding.
  void Truncate(size_t max_nodes);
};

// Pyroscope's flame graph: level by level, 4 numbers a node
// [x offset from the end of the previous node, total, self, name index].
struct FlameGraph {
  std::vector<std::string> names;
  std::vector<std::vector<int64_t>> levels;
  int64_t total = 0;
  int64_t max_self = 0;
};
FlameGraph ToFlameGraph(const FlameTree& tree);

}  // namespace anneal
