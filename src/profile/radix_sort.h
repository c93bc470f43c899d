// Sorting by integer keys, byte by byte: no comparison, hence none that a processor guesses wrong.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

namespace anneal {

struct SortEntry {
  uint64_t key;
  uint32_t position;  // of what is sorted

  bool operator==(const SortEntry&) const = default;
};

// Sorts by key; entries with equal keys keep their order. `spare` is work space.
void SortByKey(std::span<SortEntry> entries, std::vector<SortEntry>& spare);

// Sorts by `less` among neighbours for which `same` holds. `entries` are sorted by a part of what
// `less` compares, and `same` says that this part is equal.
template <typename Same, typename Less>
void SortTies(std::vector<SortEntry>& entries, Same same, Less less) {
  for (auto begin = entries.begin(); begin != entries.end();) {
    auto end = begin + 1;
    while (end != entries.end() && same(*begin, *end)) ++end;
    if (end - begin > 1) std::sort(begin, end, less);
    begin = end;
  }
}

}  // namespace anneal
