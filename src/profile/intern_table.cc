#include "profile/intern_table.h"

#include <absl/hash/hash.h>

#include <cstring>

namespace anneal {

uint64_t HashSeed() {
  static const uint64_t seed = absl::HashOf(uint64_t{0x616e6e65616c});
  return seed;
}

// Sixteen bytes a multiplication, as wyhash does: names are a few dozen bytes long, for which
// abseil's takes twice as long.
uint64_t HashText(std::string_view text, uint64_t seed) {
  auto word = [&](size_t at) {
    uint64_t value;
    std::memcpy(&value, text.data() + at, sizeof(value));
    return value;
  };
  auto byte = [&](size_t at) { return uint64_t{static_cast<uint8_t>(text[at])}; };
  const uint64_t secret = seed * 0x9e3779b97f4a7c15u;
  const size_t size = text.size();
  uint64_t hash = seed ^ size;
  for (size_t i = 0; i + 16 < size; i += 16) {
    hash = FoldedProduct(word(i) ^ secret, word(i + 8) ^ hash);
  }
  uint64_t low = 0, high = 0;  // the end, which may overlap with what came before
  if (size >= 16) {
    low = word(size - 16), high = word(size - 8);
  } else if (size >= 8) {
    low = word(0), high = word(size - 8);
  } else {
    for (size_t i = 0; i < size; ++i) low = low << 8 | byte(i);
  }
  return FoldedProduct(low ^ secret, high ^ hash);
}

}  // namespace anneal
