// Sorting strings of a table by their bytes.
#pragma once

#include <vector>

#include "profile/profile.h"

namespace anneal {

// Sorts `ids` by the bytes of their strings (unsigned, a prefix before its extensions).
// REQUIRES: the strings are distinct.
void SortByText(const StringTable& strings, std::vector<StringId>& ids);

}  // namespace anneal
