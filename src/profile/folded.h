// Folded stacks: lines of "root;caller;leaf 12", as FlameGraph's stackcollapse scripts write them.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "profile/profile.h"

namespace anneal {

// One line a stack, frames root first, inlined frames expanded, lines sorted, equal stacks summed,
// zeros left out. ';' and line breaks within a name become '_'; a location without lines is named
// by its address in hex.
std::string EncodeFolded(const Profile& profile, size_t sample_type);

// A profile of one sample type. Empty lines and lines that start with '#' are skipped.
// kInvalidArgument, naming the line, when a line has no stack, no count, or an empty frame, and
// when the text is not UTF-8. Canonical order.
Result<Profile> DecodeFolded(std::string_view text, std::string_view type = "samples",
                             std::string_view unit = "count");

}  // namespace anneal
