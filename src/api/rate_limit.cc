#include "api/rate_limit.h"

#include <algorithm>

namespace anneal {

void RateLimit::DropFull(int64_t monotonic_ns) {
  std::erase_if(buckets_, [&](const auto& entry) {
    const Bucket& bucket = entry.second;
    double seconds = static_cast<double>(monotonic_ns - bucket.filled_ns) / 1e9;
    return bucket.tokens + seconds * static_cast<double>(rate_) >= static_cast<double>(burst_);
  });
}

Status RateLimit::Take(std::string_view tenant, uint64_t bytes, int64_t monotonic_ns) {
  if (rate_ == 0) return {};
  MutexLock lock(mutex_);
  if (buckets_.size() >= kMaxBuckets && !buckets_.contains(tenant)) DropFull(monotonic_ns);
  auto [it, is_new] = buckets_.try_emplace(std::string(tenant));
  Bucket& bucket = it->second;
  auto full = static_cast<double>(burst_);
  if (is_new) {
    bucket.tokens = full;
  } else {
    double seconds = static_cast<double>(monotonic_ns - bucket.filled_ns) / 1e9;
    bucket.tokens =
        std::min(full, bucket.tokens + std::max(0.0, seconds) * static_cast<double>(rate_));
  }
  bucket.filled_ns = monotonic_ns;
  double needed = std::min(static_cast<double>(bytes), full);
  if (bucket.tokens < needed) {
    return Error(
        Code::kResourceExhausted,
        "push rate limit ({} bytes a second, limits.ingest_rate) exceeded while adding {} bytes "
        "for tenant {}; send again later",
        rate_, bytes, tenant);
  }
  bucket.tokens -= static_cast<double>(bytes);
  return {};
}

}  // namespace anneal
