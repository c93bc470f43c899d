#include "api/fingerprint.h"

#include <cstring>

namespace anneal {
namespace {

constexpr uint64_t kMix[] = {0xa0761d6478bd642f, 0xe7037ed1a0b428db, 0x8ebc6af09c88c6e3,
                             0x589965cc75374cc3};

__extension__ typedef unsigned __int128 Wide;

uint64_t Fold(uint64_t a, uint64_t b) {
  Wide product = static_cast<Wide>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

uint64_t Read64(const char* p) {
  uint64_t value = 0;
  std::memcpy(&value, p, sizeof(value));
  return value;
}

}  // namespace

std::array<uint8_t, 16> Fingerprint(std::string_view bytes) {
  uint64_t lane0 = kMix[0] ^ bytes.size();
  uint64_t lane1 = kMix[1];
  auto block = [&](const char* p) {
    uint64_t a = Read64(p);
    uint64_t b = Read64(p + 8);
    lane0 = Fold(a ^ kMix[2] ^ lane0, b ^ kMix[3]) + a;
    lane1 = Fold(b ^ kMix[0] ^ lane1, a ^ kMix[1]) + b;
  };
  size_t at = 0;
  for (; at + 16 <= bytes.size(); at += 16) block(bytes.data() + at);
  if (at < bytes.size()) {
    char last[16] = {};
    std::memcpy(last, bytes.data() + at, bytes.size() - at);
    block(last);
  }
  uint64_t out[2] = {Fold(lane0 ^ kMix[1], lane1 ^ kMix[3]) ^ lane0,
                     Fold(lane1 ^ kMix[2], lane0 ^ kMix[0]) ^ lane1};
  std::array<uint8_t, 16> result{};
  std::memcpy(result.data(), out, sizeof(out));
  return result;
}

}  // namespace anneal
