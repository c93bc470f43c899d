// The memory of one request, for tests: counts what is claimed.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>

#include "net/http.h"

namespace anneal {

// Grants up to `limit` bytes at a time.
class FakeMemory final : public RequestMemory {
 public:
  explicit FakeMemory(size_t limit) : limit_(limit) {}
  Status Claim(size_t bytes) override {
    if (held + bytes > limit_) return Error(Code::kUnavailable, "others have the memory");
    held += bytes;
    most = std::max(most, held);
    return {};
  }
  void Release(size_t bytes) override {
    ASSERT_LE(bytes, held);
    held -= bytes;
  }

  size_t held = 0, most = 0;

 private:
  const size_t limit_;
};

}  // namespace anneal
