// The bytes of requests and answers that all connections together may hold, so that memory stays
// bounded whatever clients send, and whether they read what they asked for.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <utility>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/status.h"
#include "net/server_metrics.h"
#include "net/worker_pool.h"

namespace anneal {

// Thread-safe.
class InflightBudget {
 public:
  // `metrics` must outlive this. Whoever waits makes room for another job of `workers`, if it is
  // not null.
  InflightBudget(size_t limit_bytes, ServerMetrics& metrics, WorkerPool* workers)
      : limit_bytes_(limit_bytes), workers_(workers), metrics_(metrics) {}

  // Takes `bytes`; false when there is no room. A request alone always has room.
  bool Charge(size_t bytes) {
    size_t before = used_bytes_.load();
    do {
      if (before != 0 && before + bytes > limit_bytes_) return false;
    } while (!used_bytes_.compare_exchange_weak(before, before + bytes));
    metrics_.AddInflightBytes(static_cast<double>(bytes));
    return true;
  }
  // As Charge, for one that never gets more than the limit.
  bool ChargeMore(size_t bytes) {
    size_t before = used_bytes_.load();
    do {
      if (bytes > limit_bytes_ || before > limit_bytes_ - bytes) return false;
    } while (!used_bytes_.compare_exchange_weak(before, before + bytes));
    metrics_.AddInflightBytes(static_cast<double>(bytes));
    return true;
  }
  // For an answer until it is sent. Answers get half of the bytes, so that clients who read slowly
  // leave room for those who push; one alone always has room.
  bool ChargeAnswer(size_t bytes) {
    size_t before = answer_bytes_.load();
    do {
      if (before != 0 && before + bytes > limit_bytes_ / 2) return false;
    } while (!answer_bytes_.compare_exchange_weak(before, before + bytes));
    if (Charge(bytes)) return true;
    answer_bytes_ -= bytes;
    return false;
  }
  void ReleaseAnswer(size_t bytes) {
    answer_bytes_ -= bytes;
    Release(bytes);
  }
  void Release(size_t bytes) {
    if (bytes == 0) return;
    used_bytes_ -= bytes;
    metrics_.AddInflightBytes(-static_cast<double>(bytes));
    if (sleepers_.load() == 0) return;
    // Who sleeps has looked at the bytes under the mutex, or does so after this.
    MutexLock lock(mutex_);
    changed_.NotifyAll();
  }

  // --- large requests, one at a time ---------------------------------------------------------
  //
  // A request that takes much waits until it is the only such one, and then until the small ones,
  // which do not wait for anything, leave room. What those who wait for their turn hold already
  // is given up when the one whose turn it is needs it.

  // What a request may hold without having its turn.
  size_t small_bytes() const { return limit_bytes_ / 8; }
  size_t limit_bytes() const { return limit_bytes_; }

  // False when it is not granted: too many wait, or it takes too long.
  bool TakeTurn() EXCLUDES_LOCK(mutex_) {
    MutexLock lock(mutex_);
    if (!taken_) return taken_ = true;
    if (waiting_ >= kMaxWaiting || starving_) return false;
    ++waiting_;
    BeginSleep();
    const int64_t deadline_ns = Clock::System().MonotonicNs() + kWaitNs;
    while (taken_ && !starving_ && Sleep(deadline_ns)) continue;
    EndSleep();
    --waiting_;
    if (taken_) return false;
    return taken_ = true;
  }
  // REQUIRES: a turn.
  void EndTurn() EXCLUDES_LOCK(mutex_) {
    MutexLock lock(mutex_);
    taken_ = starving_ = false;
    changed_.NotifyAll();
  }
  // As ChargeMore, but waits for room. REQUIRES: a turn.
  bool ChargeInTurn(size_t bytes) EXCLUDES_LOCK(mutex_) {
    MutexLock lock(mutex_);
    if (ChargeMore(bytes)) return true;
    BeginSleep();
    const int64_t start_ns = Clock::System().MonotonicNs();
    bool charged = ChargeMore(bytes);
    while (!charged && Sleep(start_ns + kPatienceNs)) charged = ChargeMore(bytes);
    starving_ = !charged;
    if (starving_) changed_.NotifyAll();
    while (!charged && Sleep(start_ns + kWaitNs)) charged = ChargeMore(bytes);
    starving_ = false;
    EndSleep();
    return charged;
  }

 private:
  static constexpr size_t kMaxWaiting = 16;
  static constexpr int64_t kWaitNs = int64_t{10} * 1'000'000'000;
  // How long small requests are waited for, before those who wait for their turn give up theirs.
  static constexpr int64_t kPatienceNs = 500'000'000;

  void BeginSleep() {
    ++sleepers_;
    if (workers_ != nullptr) workers_->BeginWait();
  }
  void EndSleep() {
    --sleepers_;
    if (workers_ != nullptr) workers_->EndWait();
  }
  // False when the deadline has passed.
  bool Sleep(int64_t deadline_ns) REQUIRES_LOCK(mutex_) {
    const int64_t left_ns = deadline_ns - Clock::System().MonotonicNs();
    if (left_ns <= 0) return false;
    changed_.WaitFor(mutex_, std::chrono::nanoseconds(left_ns));
    return true;
  }

  const size_t limit_bytes_;
  WorkerPool* const workers_;
  ServerMetrics& metrics_;
  std::atomic<size_t> used_bytes_{0};
  std::atomic<size_t> answer_bytes_{0};  // of these
  std::atomic<int> sleepers_{0};
  Mutex mutex_;
  CondVar changed_;
  bool taken_ GUARDED_BY(mutex_) = false;
  bool starving_ GUARDED_BY(mutex_) = false;  // the one whose turn it is has too little room
  size_t waiting_ GUARDED_BY(mutex_) = 0;
};

// What one message holds of a budget while it grows; given back at its end.
class Charged {
 public:
  explicit Charged(InflightBudget& budget) : budget_(&budget) {}
  ~Charged() { Clear(); }
  Charged(const Charged&) = delete;
  Charged& operator=(const Charged&) = delete;

  // Holds at least `bytes`; false when there is no room. Bodies that do not say their length
  // grow in steps.
  bool Cover(size_t bytes) {
    if (bytes <= bytes_) return true;
    const size_t more = std::max(bytes - bytes_, kStepBytes);
    if (!budget_->Charge(more)) return false;
    bytes_ += more;
    return true;
  }
  // As Cover, for a length that is known.
  bool CoverExactly(size_t bytes) {
    if (bytes <= bytes_) return true;
    if (!budget_->Charge(bytes - bytes_)) return false;
    bytes_ = bytes;
    return true;
  }
  // For an answer, in place of whatever is held.
  bool CoverAnswer(size_t bytes) {
    Clear();
    if (!budget_->ChargeAnswer(bytes)) return false;
    answer_bytes_ = bytes;
    return true;
  }
  void Clear() {
    budget_->Release(Take());
    budget_->ReleaseAnswer(std::exchange(answer_bytes_, 0));
  }
  // The bytes held, which the caller must now release.
  size_t Take() {
    const size_t bytes = bytes_;
    bytes_ = 0;
    return bytes;
  }

 private:
  static constexpr size_t kStepBytes = size_t{64} << 10;
  InflightBudget* budget_;
  size_t bytes_ = 0;         // of a request
  size_t answer_bytes_ = 0;  // of an answer
};

}  // namespace anneal
