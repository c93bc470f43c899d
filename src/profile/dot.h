// The call graph in Graphviz's language, in the manner of `go tool pprof -dot`: a box a function,
// larger with its own share, an arrow a call, wider with what flows through it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "profile/flame_tree.h"
#include "profile/profile.h"

namespace anneal {

struct DotOptions {
  std::string title;
  // The boxes that are drawn: those with the largest totals. A call that passes through boxes left
  // out is drawn dashed. 0: all.
  size_t max_nodes = 100;
  // Boxes and arrows with a smaller share of the total are left out.
  double min_node_share = 0.005, min_edge_share = 0.001;
  FrameNames frame_names = FrameNames::kShort;
};

// Functions are one by name. Inlined frames are expanded; values of zero and below are left out.
// Equal profiles give equal text.
std::string EncodeDot(const Profile& profile, size_t sample_type, const DotOptions& options);

// A quantity with its unit for people: "1.25s", "3.4 MiB", "17".
std::string ShowQuantity(int64_t value, std::string_view unit);

}  // namespace anneal
