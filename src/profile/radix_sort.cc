#include "profile/radix_sort.h"

#include <array>

namespace anneal {
namespace {

constexpr size_t kFew = 64;  // so few are compared
constexpr size_t kBytes = sizeof(SortEntry::key);

uint8_t ByteOf(uint64_t key, size_t i) { return static_cast<uint8_t>(key >> (8 * i)); }

}  // namespace

void SortByKey(std::span<SortEntry> entries, std::vector<SortEntry>& spare) {
  if (entries.size() <= kFew) {
    std::stable_sort(entries.begin(), entries.end(),
                     [](const SortEntry& a, const SortEntry& b) { return a.key < b.key; });
    return;
  }
  uint64_t differing = 0;
  for (const SortEntry& e : entries) differing |= e.key ^ entries[0].key;
  if (spare.size() < entries.size()) spare.resize(entries.size());
  std::span<SortEntry> from = entries, to = std::span(spare).first(entries.size());
  for (size_t i = 0; i < kBytes; ++i) {
    if (ByteOf(differing, i) == 0) continue;
    std::array<uint32_t, 256> place{};  // first how many, then where the next goes
    for (const SortEntry& e : from) ++place[ByteOf(e.key, i)];
    uint32_t sum = 0;
    for (uint32_t& p : place) sum += std::exchange(p, sum);
    for (const SortEntry& e : from) to[place[ByteOf(e.key, i)]++] = e;
    std::swap(from, to);
  }
  if (from.data() != entries.data()) std::copy(from.begin(), from.end(), entries.begin());
}

}  // namespace anneal
