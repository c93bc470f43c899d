#include "profile/utf8.h"

#include <array>
#include <cstdint>
#include <cstring>

namespace anneal {

namespace {

using Block = std::array<uint64_t, 4>;

// Without a branch between the words: the compiler makes a vector of them.
bool IsAscii(const char* block) {
  constexpr uint64_t kHighBits = 0x8080808080808080u;
  Block words;
  std::memcpy(&words, block, sizeof(words));
  return ((words[0] | words[1] | words[2] | words[3]) & kHighBits) == 0;
}

}  // namespace

size_t ValidUtf8Prefix(std::string_view text) {
  auto byte = [&](size_t i) { return i < text.size() ? static_cast<uint8_t>(text[i]) : 0u; };
  auto continues = [&](size_t i) { return (byte(i) & 0xc0u) == 0x80u; };
  size_t i = 0;
  while (i < text.size()) {
    if (i + sizeof(Block) <= text.size() && IsAscii(text.data() + i)) {
      i += sizeof(Block);
      continue;
    }
    unsigned lead = byte(i), next = byte(i + 1);
    size_t length = 0;
    if (lead < 0x80) {
      length = 1;
    } else if (lead >= 0xc2 && lead <= 0xdf) {
      length = 2;
    } else if (lead >= 0xe0 && lead <= 0xef) {
      bool overlong = lead == 0xe0 && next < 0xa0;
      bool surrogate = lead == 0xed && next > 0x9f;
      if (!overlong && !surrogate) length = 3;
    } else if (lead >= 0xf0 && lead <= 0xf4) {
      bool overlong = lead == 0xf0 && next < 0x90;
      bool too_large = lead == 0xf4 && next > 0x8f;
      if (!overlong && !too_large) length = 4;
    }
    if (length == 0) return i;
    for (size_t k = 1; k < length; ++k) {
      if (!continues(i + k)) return i;
    }
    i += length;
  }
  return i;
}

}  // namespace anneal
