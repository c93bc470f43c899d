#include "profile/intern_table.h"

#include <absl/hash/hash.h>

namespace anneal {

uint64_t HashSeed() {
  static const uint64_t seed = absl::HashOf(uint64_t{0x616e6e65616c});
  return seed;
}

uint64_t HashText(std::string_view text) { return absl::HashOf(text); }

}  // namespace anneal
