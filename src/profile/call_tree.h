// CallTree: what was measured, summed into a tree of calls, with all that is known of each frame:
// what the page draws its flame graph, table, sandwich and source view from. One profile, or two on
// one shape (a base to compare with). Pure.
//
// How it is built: stacks go into a trie of locations first, so that a sample costs one step per
// location not shared with the sample before, and values are summed from the leaves up once. Then
// each node of the trie, not each sample, is turned into frames. A million samples of 30 frames
// take well below a second; everything is linear but for the order of siblings.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "profile/frame_kind.h"
#include "profile/profile.h"

namespace anneal {

struct CallTree {
  // A function. Frames are one when name and kind agree and, but for Go and the kernel, whose names
  // are unique, the last two parts of the file's path; so that builds in different directories
  // compare. `file` and `module` are those of the first found.
  struct Frame {
    uint32_t name = 0, file = 0, module = 0;  // positions in strings
    int64_t start_line = 0;                   // 0: unknown
    FrameKind kind = FrameKind::kUnknown;
  };
  struct Node {
    uint32_t parent = 0;
    uint32_t frame = 0;
    int64_t self = 0, total = 0;
    int64_t base_self = 0, base_total = 0;  // of the base, or 0
    // Of the caller: where the call stands. Of several lines the one with the most total (base
    // included), and of equal ones the smallest. 0: unknown.
    int64_t call_line = 0;
    // Of total and base_total, how much came through a copy inlined into the caller.
    int64_t inlined_total = 0;
  };

  std::vector<std::string> strings;  // strings[0] == ""
  std::vector<Frame> frames;
  // Parents before children, children of one parent together, by falling total, then name. Node 0
  // is the root and has no frame.
  std::vector<Node> nodes;
  uint64_t folded_nodes = 0;  // that FoldBelow took away

  // Sums column `sample_type` of `profile`, and of `base` when it is given (its column is
  // `base_sample_type`). Values that are not positive are left out; a location without lines is
  // named by its address, "0x4a3f".
  static CallTree Build(const Profile& profile, size_t sample_type, const Profile* base = nullptr,
                        size_t base_sample_type = 0);

  // Keeps at most `max_nodes` nodes, those with the largest total of either side; what goes is one
  // node "other" of kind kFolded per parent, placed last. 0: no folding.
  void Fold(size_t max_nodes);

  // Of each node at `depth` (the root's is 0) only what comes after its first `skip` children
  // stays, of shallower nodes only what leads there; totals are those of what stays. For a tree of
  // stacks that share the path down to `depth`: what Fold put into that node's "other" behind
  // `skip` children.
  void KeepRest(size_t depth, size_t skip);
};

// How often the lines of a function were met.
struct LineTotals {
  std::string file;        // of the first found
  int64_t start_line = 0;  // 0: unknown
  struct Line {
    int64_t line = 0;
    int64_t self = 0, total = 0;  // a stack counts once for a line, however often it is on it
    int64_t base_self = 0, base_total = 0;
  };
  std::vector<Line> lines;  // by line; those that were met
};

// The lines of the functions named `function`. `base` as for CallTree::Build.
LineTotals LinesOf(std::string_view function, const Profile& profile, size_t sample_type,
                   const Profile* base = nullptr, size_t base_sample_type = 0);

}  // namespace anneal
