// Sums of values from profiles. They may be anything, and signed overflow is undefined: sums wrap.
#pragma once

#include <cstdint>

namespace anneal {

constexpr int64_t WrappingAdd(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
}
constexpr int64_t WrappingSubtract(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) - static_cast<uint64_t>(b));
}

static_assert(WrappingAdd(INT64_MAX, 1) == INT64_MIN);
static_assert(WrappingSubtract(INT64_MIN, 1) == INT64_MAX);

}  // namespace anneal
