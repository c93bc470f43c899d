// The Clock seam: all reading of time and all sleeping goes through it, so tests need neither.
#pragma once

#include <cstdint>

namespace anneal {

class Clock {
 public:
  virtual ~Clock() = default;
  // Wall time, nanoseconds since 1970 UTC. May jump.
  virtual int64_t NowNs() const = 0;
  // Monotonic time in nanoseconds from an arbitrary origin; for durations.
  virtual int64_t MonotonicNs() const = 0;
  virtual void SleepNs(int64_t duration_ns) = 0;

  // The machine's clock; lives as long as the process.
  static Clock& System();
};

// A clock that moves only when told (and by the length of each sleep). Not thread-safe.
class FakeClock : public Clock {
 public:
  explicit FakeClock(int64_t now_ns = 1'700'000'000'000'000'000) : now_ns_(now_ns) {}
  int64_t NowNs() const override { return now_ns_; }
  int64_t MonotonicNs() const override { return now_ns_; }
  void SleepNs(int64_t duration_ns) override { now_ns_ += duration_ns; }
  void Set(int64_t now_ns) { now_ns_ = now_ns; }

 private:
  int64_t now_ns_;
};

}  // namespace anneal
