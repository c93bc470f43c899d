// Symbol names and paths share long prefixes, so that comparing them pairwise reads the same bytes
// again and again. Here strings are sorted by eight bytes at a time, as integers; only strings that
// are equal so far go to the next eight.
#include "profile/string_order.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <span>

#include "profile/radix_sort.h"

namespace anneal {
namespace {

constexpr size_t kWord = 8;
constexpr size_t kFew = 4;  // so few strings are compared directly

uint64_t LoadWord(std::string_view text) {
  uint64_t word = 0;
  if (text.size() >= kWord) [[likely]] {
    std::memcpy(&word, text.data(), kWord);
  } else {
    for (size_t i = 0; i < text.size(); ++i) {
      word |= uint64_t{static_cast<uint8_t>(text[i])} << (8 * i);
    }
    return __builtin_bswap64(word);
  }
  if constexpr (std::endian::native == std::endian::little) word = __builtin_bswap64(word);
  return word;
}

class Sorter {
 public:
  explicit Sorter(const StringTable& strings) : strings_(strings) {}

  // Sorts entries whose strings agree in their first `depth` bytes. A key is the eight bytes at
  // the current depth, zero-padded, big-endian; a position is a string's id.
  void SortFrom(std::span<SortEntry> entries, size_t depth) {
    if (entries.size() <= kFew) {
      std::sort(entries.begin(), entries.end(), [&](const SortEntry& a, const SortEntry& b) {
        return Rest(a, depth) < Rest(b, depth);
      });
      return;
    }
    // A prefix that all share is passed over without sorting or recursion.
    for (bool differ = false;; depth += kWord) {
      for (SortEntry& e : entries) {
        std::string_view rest = Rest(e, depth);
        e.key = LoadWord(rest);
        differ |= e.key != entries[0].key || rest.size() <= kWord;
      }
      if (differ) break;
    }
    SortByKey(entries, spare_);
    for (size_t begin = 0; begin < entries.size();) {
      size_t end = begin + 1;
      while (end < entries.size() && entries[end].key == entries[begin].key) ++end;
      if (end - begin > 1) SortEqual(entries.subspan(begin, end - begin), depth);
      begin = end;
    }
  }

 private:
  std::string_view Rest(const SortEntry& e, size_t depth) const {
    return strings_.Get(static_cast<StringId>(e.position)).substr(depth);
  }

  // Sorts entries with equal keys. Those that end within the word come first, shorter ones before
  // longer ones: being distinct, they differ in how many zero bytes they end with.
  void SortEqual(std::span<SortEntry> entries, size_t depth) {
    auto ends = [&](const SortEntry& e) { return Rest(e, depth).size() <= kWord; };
    auto longer = std::partition(entries.begin(), entries.end(), ends);
    std::sort(entries.begin(), longer, [&](const SortEntry& a, const SortEntry& b) {
      return Rest(a, depth).size() < Rest(b, depth).size();
    });
    SortFrom({longer, entries.end()}, depth + kWord);
  }

  const StringTable& strings_;
  std::vector<SortEntry> spare_;
};

}  // namespace

void SortByText(const StringTable& strings, std::vector<StringId>& ids) {
  if (ids.size() < 2) return;
  std::vector<SortEntry> entries;
  entries.reserve(ids.size());
  for (StringId id : ids) entries.push_back({0, static_cast<uint32_t>(id)});
  Sorter(strings).SortFrom(entries, 0);
  for (size_t i = 0; i < ids.size(); ++i) ids[i] = static_cast<StringId>(entries[i].position);
}

}  // namespace anneal
