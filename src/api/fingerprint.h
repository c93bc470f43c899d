// A 128-bit fingerprint of bytes, stable across processes and machines of equal byte order.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace anneal {

// Made for telling a retried push from a new one: within one series and one start time, equal
// fingerprints mean equal bytes. Not against an adversary, who could only overwrite a profile of
// their own. Two lanes of multiply-and-fold over 16-byte blocks, after wyhash
// (https://github.com/wangyi-fudan/wyhash); 6 GB/s and more, where SHA-256 would take 4 % of a
// push's whole budget.
std::array<uint8_t, 16> Fingerprint(std::string_view bytes);

}  // namespace anneal
