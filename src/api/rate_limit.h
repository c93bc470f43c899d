// A token bucket per tenant, in bytes.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/mutex.h"
#include "base/status.h"

namespace anneal {

// Thread-safe.
class RateLimit {
 public:
  // `rate` bytes a second, up to `burst` at once (0: a second's worth). A rate of 0 limits
  // nothing.
  RateLimit(uint64_t rate, uint64_t burst) : rate_(rate), burst_(burst == 0 ? rate : burst) {}

  // Takes `bytes` from the tenant's bucket, or nothing and kResourceExhausted. A single push
  // larger than the burst passes when the bucket is full, and leaves it in debt: refused always,
  // it could never be sent.
  Status Take(std::string_view tenant, uint64_t bytes, int64_t monotonic_ns);

  // How many are remembered.
  size_t tenants() const {
    MutexLock lock(mutex_);
    return buckets_.size();
  }

 private:
  struct Bucket {
    double tokens = 0;
    int64_t filled_ns = 0;
  };
  // Tenants may be whatever requests say: buckets that are full again say nothing.
  static constexpr size_t kMaxBuckets = 10'000;
  void DropFull(int64_t monotonic_ns) REQUIRES_LOCK(mutex_);

  const uint64_t rate_, burst_;
  mutable Mutex mutex_;
  std::map<std::string, Bucket, std::less<>> buckets_ GUARDED_BY(mutex_);
};

}  // namespace anneal
