// QueryControl: what one query may cost, and whether anyone still waits for it.
//
// Whoever starts a query makes one and hands it over in Selection::control; the store asks it every
// few hundred records and before it takes memory. One control may serve several selections of the
// same request; then they share its bounds. Thread-safe: a merge runs on several threads.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>

#include "base/clock.h"
#include "base/status.h"

namespace anneal {

// The memory that all queries together may take (setting limits.query_memory), so that many of them
// take no more than one may. Thread-safe.
class QueryPool {
 public:
  explicit QueryPool(uint64_t limit_bytes) : limit_bytes_(limit_bytes) {}  // 0: unlimited

  bool Take(uint64_t bytes) {
    if (limit_bytes_ == 0 || (taken_ += bytes) <= limit_bytes_) return true;
    taken_ -= bytes;
    return false;
  }
  void Give(uint64_t bytes) {
    if (limit_bytes_ != 0) taken_ -= bytes;
  }
  uint64_t limit_bytes() const { return limit_bytes_; }

 private:
  const uint64_t limit_bytes_;
  std::atomic<uint64_t> taken_ = 0;
};

struct QueryBounds {
  int64_t time_ns = 0;  // from the control's making; 0: unlimited (setting limits.query_time)
  QueryPool* memory = nullptr;  // must outlive the control; null: unlimited
};

// What a merged profile takes as often as its own bytes: its caller makes a pprof or a tree of it,
// and an answer of that.
inline constexpr uint64_t kWithAnswer = 4;

class QueryControl {
 public:
  // `canceled` says whether the client left; it may be empty, is called from several threads and
  // must be quick. `clock` must outlive the control.
  QueryControl(const Clock& clock, QueryBounds bounds, std::function<bool()> canceled = {});
  // Gives back what is still taken.
  ~QueryControl();
  QueryControl(const QueryControl&) = delete;
  QueryControl& operator=(const QueryControl&) = delete;

  // kCanceled when the client left, kDeadlineExceeded, naming the setting, when time is over.
  Status Check() const;
  // Takes bytes for as long as the query needs them. Takes nothing when there are too few:
  // kResourceExhausted, naming the setting, when this query alone needs more than there are;
  // kUnavailable when others have them.
  Status Take(uint64_t bytes);
  void Give(uint64_t bytes);
  uint64_t taken() const { return taken_; }

 private:
  const Clock& clock_;
  const QueryBounds bounds_;
  const std::function<bool()> canceled_;
  const int64_t begin_ns_;  // monotonic
  std::atomic<uint64_t> taken_ = 0;
};

// Memory that a query holds, given back at the end of a scope. Without a control nothing is
// counted.
class QueryMemory {
 public:
  explicit QueryMemory(QueryControl* control) : control_(control) {}
  ~QueryMemory() {
    if (control_ != nullptr) control_->Give(taken_);
  }
  QueryMemory(const QueryMemory&) = delete;
  QueryMemory& operator=(const QueryMemory&) = delete;

  Status Take(uint64_t bytes) {
    if (control_ == nullptr) return {};
    TRY(control_->Take(bytes));
    taken_ += bytes;
    return {};
  }
  // REQUIRES: so much was taken.
  void Give(uint64_t bytes) {
    if (control_ != nullptr) control_->Give(bytes);
    if (control_ != nullptr) taken_ -= bytes;
  }
  // Leaves what is taken to the query, until that ends: its result lives in it.
  void Keep() { taken_ = 0; }
  // Takes what is missing to `bytes` in all.
  Status GrowTo(uint64_t bytes) { return bytes <= taken_ ? Status() : Take(bytes - taken_); }

 private:
  QueryControl* const control_;
  uint64_t taken_ = 0;
};

// Gives back at the end of a scope what the query took within it, for parts of a query whose
// results do not live on. One thread at a time.
class QueryScope {
 public:
  explicit QueryScope(QueryControl* control)
      : control_(control), before_(control == nullptr ? 0 : control->taken()) {}
  ~QueryScope() {
    if (control_ != nullptr) control_->Give(control_->taken() - before_);
  }
  QueryScope(const QueryScope&) = delete;
  QueryScope& operator=(const QueryScope&) = delete;

 private:
  QueryControl* const control_;
  const uint64_t before_;
};

}  // namespace anneal
