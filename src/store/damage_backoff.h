// DamageBackoff: when to try again what met damage. The damage is there for good, most likely, and
// each try reads all that comes before it.
#pragma once

#include <algorithm>
#include <cstdint>

namespace anneal {

class DamageBackoff {
 public:
  static constexpr int64_t kShortestNs = int64_t{60} * 1'000'000'000;
  static constexpr int64_t kLongestNs = int64_t{3600} * 1'000'000'000;

  // A try failed: rests from now on, for twice as long as the last time.
  void Fail(int64_t now_ns) {
    rest_ns_ = std::clamp(2 * rest_ns_, kShortestNs, kLongestNs);
    until_ns_ = now_ns + rest_ns_;
    resting_ = true;
  }
  bool resting() const { return resting_; }
  // Whether the rest is over, which it is once.
  bool End(int64_t now_ns) {
    if (!resting_ || now_ns < until_ns_) return false;
    resting_ = false;
    return true;
  }

 private:
  int64_t rest_ns_ = 0;
  int64_t until_ns_ = 0;
  bool resting_ = false;
};

}  // namespace anneal
