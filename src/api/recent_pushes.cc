#include "api/recent_pushes.h"

#include "api/fingerprint.h"

namespace anneal {

RecentPushes::Push RecentPushes::First(std::string_view tenant, std::string_view id,
                                       const Push& push, int64_t now_ns) {
  // No tenant's name has a zero byte.
  std::string key(tenant);
  key.push_back('\0');
  const std::array<uint8_t, 16> print = Fingerprint(id);
  key.append(print.begin(), print.end());
  MutexLock lock(mutex_);
  Forget(now_ns);
  auto [it, added] = pushes_.try_emplace(key, push);
  const Push first = it->second;
  if (added) arrivals_.emplace_back(now_ns, std::move(key));
  return first;
}

size_t RecentPushes::key_bytes() {
  MutexLock lock(mutex_);
  size_t bytes = 0;
  for (const auto& [key, push] : pushes_) bytes += key.size();
  return bytes;
}

void RecentPushes::Forget(int64_t now_ns) {
  while (!arrivals_.empty() &&
         (arrivals_.front().first < now_ns - kWindowNs || arrivals_.size() >= kMaxPushes)) {
    pushes_.erase(arrivals_.front().second);
    arrivals_.pop_front();
  }
}

}  // namespace anneal
