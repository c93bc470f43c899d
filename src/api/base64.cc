#include "api/base64.h"

#include <array>
#include <cstdint>

namespace anneal {
namespace {

constexpr uint8_t kNoDigit = 0xff;

// The values of base64's digits, of both alphabets (RFC 4648, 4 and 5).
constexpr std::array<uint8_t, 256> Base64Values() {
  std::array<uint8_t, 256> values{};
  for (uint8_t& value : values) value = kNoDigit;
  for (uint8_t i = 0; i < 26; ++i) {
    values['A' + i] = i;
    values['a' + i] = static_cast<uint8_t>(26 + i);
  }
  for (uint8_t i = 0; i < 10; ++i) values['0' + i] = static_cast<uint8_t>(52 + i);
  values['+'] = values['-'] = 62;
  values['/'] = values['_'] = 63;
  return values;
}
constexpr std::array<uint8_t, 256> kBase64 = Base64Values();

}  // namespace

bool DecodeBase64InPlace(std::string& text) {
  size_t size = text.size();
  for (int i = 0; i < 2 && size % 4 != 1 && size != 0 && text[size - 1] == '='; ++i) --size;
  const bool is_padded = size != text.size();
  if (size % 4 == 1 || (is_padded && text.size() % 4 != 0)) return false;
  uint32_t bits = 0;
  size_t out = 0;
  for (size_t i = 0; i < size; ++i) {
    const uint8_t value = kBase64[static_cast<uint8_t>(text[i])];
    if (value == kNoDigit) return false;
    bits = bits << 6 | value;
    if (i % 4 != 0) text[out++] = static_cast<char>(bits >> (6 - 2 * (i % 4)) & 0xff);
  }
  text.resize(out);
  return true;
}

}  // namespace anneal
