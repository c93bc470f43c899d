// How often something may happen: a burst, and so many more a second.
#pragma once

#include <algorithm>
#include <cstdint>

namespace anneal {

class RateBudget {
 public:
  RateBudget(double burst, double per_second) : burst_(burst), per_second_(per_second) {}

  // Counts one; false when it is one too many.
  bool Spend(int64_t now_ns) {
    const double earned = static_cast<double>(now_ns - since_ns_) / 1e9 * per_second_;
    spent_ = std::max(0.0, spent_ - std::max(0.0, earned)) + 1;
    since_ns_ = now_ns;
    return spent_ <= burst_;
  }

 private:
  const double burst_;
  const double per_second_;
  double spent_ = 0;
  int64_t since_ns_ = 0;
};

}  // namespace anneal
