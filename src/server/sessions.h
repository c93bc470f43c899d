// Sessions of the page: who logged in by token carries a random id in a cookie instead. They live
// in memory: a restart ends them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/mutex.h"
#include "base/status.h"
#include "server/token_file.h"

namespace anneal {

// Thread-safe.
class Sessions {
 public:
  // A session ends `lifetime_ns` after it was opened.
  explicit Sessions(int64_t lifetime_ns) : lifetime_ns_(lifetime_ns) {}

  // A new session of the one whom `entry` lets in; returns its id. Beyond a thousand the oldest
  // ends. Times are monotonic, in nanoseconds.
  Result<std::string> Open(const TokenEntry& entry, int64_t now_ns);
  // Whom the session was opened for; nullopt when it is unknown or over.
  std::optional<TokenEntry> Find(std::string_view id, int64_t now_ns);
  void Close(std::string_view id);

 private:
  struct Session {
    TokenEntry entry;
    int64_t opened_ns = 0;
  };

  const int64_t lifetime_ns_;
  Mutex mutex_;
  // By the id's digest: looking it up then takes a time that says nothing about ids.
  std::map<std::string, Session> sessions_ GUARDED_BY(mutex_);
};

}  // namespace anneal
