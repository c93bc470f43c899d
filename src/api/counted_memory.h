// A request's memory for tests, which says what was claimed of it.
#pragma once

#include <algorithm>

#include "net/http.h"

namespace anneal {

class CountedMemory final : public RequestMemory {
 public:
  explicit CountedMemory(size_t limit_bytes) : limit(limit_bytes) {}
  Status Claim(size_t bytes) override {
    if (bytes > limit || held > limit - bytes) {
      return Error(Code::kUnavailable, "no memory for {} bytes more", bytes);
    }
    held += bytes;
    most = std::max(most, held);
    return {};
  }
  void Release(size_t bytes) override { held -= bytes; }

  size_t limit;
  size_t held = 0, most = 0;
};

}  // namespace anneal
