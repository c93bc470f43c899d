// Flame graphs and call trees as the API's bytes, written without generated classes.
#pragma once

#include <string>

#include "profile/flame_tree.h"

namespace anneal {

// querier.v1.FlameGraph.
std::string EncodeFlameGraph(const FlameGraph& graph);

// Pyroscope's tree format: depth first, per node uvarint name length, name, uvarint self, uvarint
// child count; the first node is the nameless root; of siblings the last comes first. Empty when
// the tree holds nothing.
std::string EncodeTree(const FlameTree& tree);

// Two trees on one shape: seven numbers a node, [x offset, total, self] of the left, of the right,
// name index. querier.v1.FlameGraphDiff. At most `max_nodes` nodes stay apart (0: all): those
// with the largest total in either tree; the rest of each parent is one leaf "other", last.
std::string EncodeFlameGraphDiff(const FlameTree& left, const FlameTree& right, size_t max_nodes);

}  // namespace anneal
