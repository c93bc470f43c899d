// Symbol names and paths share long prefixes, so that comparing them pairwise reads the same bytes
// again and again. Here strings are sorted by eight bytes at a time, as integers; only strings that
// are equal so far go to the next eight. (Multikey quicksort with words for characters: Bentley and
// Sedgewick, 1997.)
#include "profile/string_order.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <span>

namespace anneal {
namespace {

constexpr size_t kWord = 8;
constexpr size_t kFew = 4;  // so few strings are compared directly

struct Entry {
  uint64_t word;  // the eight bytes at the current depth, zero-padded, big-endian
  uint32_t id;
  uint32_t rest;  // bytes left at the current depth, at most kWord + 1
  bool operator==(const Entry& other) const { return word == other.word && rest == other.rest; }
  bool operator<(const Entry& other) const {
    return word != other.word ? word < other.word : rest < other.rest;
  }
};

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

void SortFrom(const StringTable& strings, std::span<Entry> entries, size_t depth) {
  if (entries.size() <= kFew) {
    std::sort(entries.begin(), entries.end(), [&](const Entry& a, const Entry& b) {
      return strings.Get(static_cast<StringId>(a.id)).substr(depth) <
             strings.Get(static_cast<StringId>(b.id)).substr(depth);
    });
    return;
  }
  while (true) {
    bool differ = false;
    for (Entry& e : entries) {
      std::string_view rest = strings.Get(static_cast<StringId>(e.id)).substr(depth);
      e.word = LoadWord(rest);
      e.rest = static_cast<uint32_t>(std::min(rest.size(), kWord + 1));
      differ |= !(e == entries[0]);
    }
    if (differ) break;
    depth += kWord;  // a shared prefix: no need to sort, nor to recurse
  }
  std::sort(entries.begin(), entries.end());
  for (size_t begin = 0; begin < entries.size();) {
    size_t end = begin + 1;
    while (end < entries.size() && entries[end] == entries[begin]) ++end;
    // Equal entries go on past this word: distinct strings cannot end here together.
    if (end - begin > 1) SortFrom(strings, entries.subspan(begin, end - begin), depth + kWord);
    begin = end;
  }
}

}  // namespace

void SortByText(const StringTable& strings, std::vector<StringId>& ids) {
  if (ids.size() < 2) return;
  std::vector<Entry> entries;
  entries.reserve(ids.size());
  for (StringId id : ids) entries.push_back({0, static_cast<uint32_t>(id), 0});
  SortFrom(strings, entries, 0);
  for (size_t i = 0; i < ids.size(); ++i) ids[i] = static_cast<StringId>(entries[i].id);
}

}  // namespace anneal
