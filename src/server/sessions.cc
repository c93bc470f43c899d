#include "server/sessions.h"

#include <algorithm>

#include "server/secret_hash.h"

namespace anneal {
namespace {

constexpr size_t kMaxSessions = 1000;
constexpr std::string_view kDigestKey = "session";

}  // namespace

Result<std::string> Sessions::Open(const TokenEntry& entry, int64_t now_ns) {
  ASSIGN_OR_RETURN(const std::string id, NewSecret());
  MutexLock lock(mutex_);
  std::erase_if(sessions_,
                [&](const auto& s) { return now_ns - s.second.opened_ns >= lifetime_ns_; });
  if (sessions_.size() >= kMaxSessions) {
    sessions_.erase(std::min_element(
        sessions_.begin(), sessions_.end(),
        [](const auto& a, const auto& b) { return a.second.opened_ns < b.second.opened_ns; }));
  }
  sessions_[KeyedDigest(kDigestKey, id)] = {entry, now_ns};
  return id;
}

std::optional<TokenEntry> Sessions::Find(std::string_view id, int64_t now_ns) {
  MutexLock lock(mutex_);
  const auto found = sessions_.find(KeyedDigest(kDigestKey, id));
  if (found == sessions_.end()) return std::nullopt;
  if (now_ns - found->second.opened_ns < lifetime_ns_) return found->second.entry;
  sessions_.erase(found);
  return std::nullopt;
}

void Sessions::Close(std::string_view id) {
  MutexLock lock(mutex_);
  sessions_.erase(KeyedDigest(kDigestKey, id));
}

}  // namespace anneal
