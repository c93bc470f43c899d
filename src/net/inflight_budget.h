// The bytes of requests and answers that all connections together may hold, so that memory stays
// bounded whatever clients send, and whether they read what they asked for.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>

#include "base/status.h"
#include "net/server_metrics.h"

namespace anneal {

// Thread-safe.
class InflightBudget {
 public:
  // `metrics` must outlive this.
  InflightBudget(size_t limit_bytes, ServerMetrics& metrics)
      : limit_bytes_(limit_bytes), metrics_(metrics) {}

  // Takes `bytes`; false when there is no room. A request alone always has room.
  bool Charge(size_t bytes) {
    size_t before = used_bytes_.load();
    do {
      if (before != 0 && before + bytes > limit_bytes_) return false;
    } while (!used_bytes_.compare_exchange_weak(before, before + bytes));
    metrics_.AddInflightBytes(static_cast<double>(bytes));
    return true;
  }
  // As Charge, for one that holds `held_bytes` and never gets more than the limit; the Status says
  // whether it helps to come again.
  Status ChargeMore(size_t held_bytes, size_t bytes) {
    if (bytes > limit_bytes_ || held_bytes > limit_bytes_ - bytes) {
      return Error(Code::kResourceExhausted,
                   "the request takes more than {} bytes of memory, which is all that there is for "
                   "requests (memory_budget, http.max_inflight)",
                   limit_bytes_);
    }
    size_t before = used_bytes_.load();
    do {
      if (before > limit_bytes_ - bytes) {
        return Error(Code::kUnavailable, "other requests have the memory; retry later");
      }
    } while (!used_bytes_.compare_exchange_weak(before, before + bytes));
    metrics_.AddInflightBytes(static_cast<double>(bytes));
    return {};
  }
  void Release(size_t bytes) {
    if (bytes == 0) return;
    used_bytes_ -= bytes;
    metrics_.AddInflightBytes(-static_cast<double>(bytes));
  }

 private:
  const size_t limit_bytes_;
  ServerMetrics& metrics_;
  std::atomic<size_t> used_bytes_{0};
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
  void Clear() { budget_->Release(Take()); }
  // The bytes held, which the caller must now release.
  size_t Take() {
    const size_t bytes = bytes_;
    bytes_ = 0;
    return bytes;
  }

 private:
  static constexpr size_t kStepBytes = size_t{64} << 10;
  InflightBudget* budget_;
  size_t bytes_ = 0;
};

}  // namespace anneal
