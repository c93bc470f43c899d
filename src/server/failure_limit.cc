#include "server/failure_limit.h"

#include <algorithm>

namespace anneal {
namespace {

constexpr double kBurst = 10, kPerSecond = 0.2;
// For everybody together, who guess at the same: a guess costs some 30 ms of a processor.
constexpr double kBurstOfAll = 100, kPerSecondOfAll = 10;
constexpr size_t kMaxBuckets = 10'000;

}  // namespace

void FailureLimit::Leak(Bucket& bucket, double per_second, int64_t now_ns) {
  const double seconds = static_cast<double>(now_ns - bucket.at_ns) / 1e9;
  bucket.failures = std::max(0.0, bucket.failures - std::max(0.0, seconds) * per_second);
  bucket.at_ns = now_ns;
}

Status FailureLimit::Check(const std::string& who, const std::string& what, int64_t now_ns) {
  MutexLock lock(mutex_);
  Bucket& all = all_[what];
  Leak(all, kPerSecondOfAll, now_ns);
  const auto found = buckets_.find({who, what});
  if (found != buckets_.end()) Leak(found->second, kPerSecond, now_ns);
  if (all.failures < kBurstOfAll && (found == buckets_.end() || found->second.failures < kBurst)) {
    return {};
  }
  return Error(Code::kResourceExhausted, "too many failed authentications; try again later");
}

void FailureLimit::Failed(const std::string& who, const std::string& what, int64_t now_ns) {
  MutexLock lock(mutex_);
  if (buckets_.size() >= kMaxBuckets) {
    std::erase_if(buckets_, [&](const auto& entry) {
      Bucket bucket = entry.second;
      Leak(bucket, kPerSecond, now_ns);
      return bucket.failures == 0;
    });
    // Guessers from everywhere: the bucket of all still holds.
    if (buckets_.size() >= kMaxBuckets) buckets_.clear();
  }
  Bucket& bucket = buckets_[{who, what}];
  Leak(bucket, kPerSecond, now_ns);
  bucket.failures += 1;
  Bucket& all = all_[what];
  Leak(all, kPerSecondOfAll, now_ns);
  all.failures += 1;
}

}  // namespace anneal
