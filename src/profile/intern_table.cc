#include "profile/intern_table.h"

#include <absl/hash/hash.h>
#include <absl/strings/string_view.h>

namespace anneal {

uint64_t HashSeed() {
  static const uint64_t seed = absl::HashOf(uint64_t{0x616e6e65616c});
  return seed;
}

// As absl's own view: abseil may have been built without std::string_view's.
uint64_t HashText(std::string_view text) {
  return absl::HashOf(absl::string_view(text.data(), text.size()));
}

}  // namespace anneal
