// RequestCharge: what one request holds of the bytes that all share.
#pragma once

#include <algorithm>
#include <cstddef>

#include "base/mutex.h"
#include "base/status.h"
#include "net/inflight_budget.h"

namespace anneal {

// What one request holds of a budget while it is handled. Thread-safe; the first End() gives back
// what is held, and what is claimed later is given back at once.
class RequestCharge {
 public:
  // Takes over `held_bytes` of the budget.
  RequestCharge(InflightBudget& budget, size_t held_bytes)
      : budget_(budget), held_bytes_(held_bytes) {}
  ~RequestCharge() { End(); }
  RequestCharge(const RequestCharge&) = delete;
  RequestCharge& operator=(const RequestCharge&) = delete;

  // May wait, see InflightBudget. The Status says whether it helps to come again.
  Status Claim(size_t bytes) EXCLUDES_LOCK(mutex_) {
    MutexLock lock(mutex_);
    if (ended_) return {};
    const size_t limit = budget_.limit_bytes();
    if (bytes > limit || held_bytes_ > limit - bytes) {
      return Error(Code::kResourceExhausted,
                   "the request takes more than {} bytes of memory, which is all that there is for "
                   "requests (memory_budget, http.max_inflight)",
                   limit);
    }
    const bool is_large = held_bytes_ + bytes > budget_.small_bytes();
    if (is_large && !has_turn_) has_turn_ = budget_.TakeTurn();
    const bool charged = has_turn_  ? budget_.ChargeInTurn(bytes)
                         : is_large ? false
                                    : budget_.ChargeMore(bytes);
    if (!charged) return Error(Code::kUnavailable, "other requests have the memory; retry later");
    held_bytes_ += bytes;
    return {};
  }
  // At most what is held.
  void Release(size_t bytes) EXCLUDES_LOCK(mutex_) {
    MutexLock lock(mutex_);
    bytes = std::min(bytes, held_bytes_);
    held_bytes_ -= bytes;
    budget_.Release(bytes);
    if (has_turn_ && held_bytes_ <= budget_.small_bytes()) {
      budget_.EndTurn();
      has_turn_ = false;
    }
  }
  void End() EXCLUDES_LOCK(mutex_) {
    MutexLock lock(mutex_);
    ended_ = true;
    budget_.Release(held_bytes_);
    held_bytes_ = 0;
    if (has_turn_) budget_.EndTurn();
    has_turn_ = false;
  }

 private:
  InflightBudget& budget_;
  Mutex mutex_;
  size_t held_bytes_ GUARDED_BY(mutex_);
  bool has_turn_ GUARDED_BY(mutex_) = false;
  bool ended_ GUARDED_BY(mutex_) = false;
};

}  // namespace anneal
