// "Did you mean ...?"
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace anneal {

// The least number of insertions, deletions, replacements and swaps of neighbours that turn one
// text into the other (optimal string alignment).
size_t EditDistance(std::string_view a, std::string_view b);

// The candidate nearest to `word`, when it is near enough to be a slip of the fingers; else empty.
// Of equally near ones the first.
std::string Suggest(std::string_view word, std::span<const std::string> candidates);

}  // namespace anneal
