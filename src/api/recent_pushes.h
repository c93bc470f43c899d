// RecentPushes: which pushes came a short while ago, by the ids that clients gave them.
//
// A client that got no answer sends its profile again. That it is the same is seen by its bytes and
// its time; but a profile that carries no time gets that of its arrival, another one each time, and
// one that was encoded anew has other bytes. The client's id settles either, but not both at once,
// as some call all their profiles alike. Thread-safe; in memory, of bounded size whatever clients
// send.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "base/mutex.h"

namespace anneal {

class RecentPushes {
 public:
  struct Push {
    int64_t time_ns = 0;                    // of the profile, as stored
    std::array<uint8_t, 16> fingerprint{};  // of its bytes and id
  };

  static constexpr int64_t kWindowNs = int64_t{600} * 1'000'000'000;
  static constexpr size_t kMaxPushes = 65'536;  // the oldest are forgotten first

  // What came first within the window under this id of this tenant: `push`, when it is the first.
  // `now_ns` is monotonic.
  Push First(std::string_view tenant, std::string_view id, const Push& push, int64_t now_ns);

  // Of the keys that are held: what ids take.
  size_t key_bytes();

 private:
  void Forget(int64_t now_ns) REQUIRES_LOCK(mutex_);

  Mutex mutex_;
  // By tenant and the id's fingerprint: ids are as long as clients like.
  absl::flat_hash_map<std::string, Push> pushes_ GUARDED_BY(mutex_);
  std::deque<std::pair<int64_t, std::string>> arrivals_ GUARDED_BY(mutex_);  // oldest first
};

}  // namespace anneal
