// How often guesses at secrets may fail: a bucket for each guesser, and one for all who guess at
// the same.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "base/mutex.h"
#include "base/status.h"

namespace anneal {

// Thread-safe. Times are monotonic, in nanoseconds.
class FailureLimit {
 public:
  // Whether `who` may guess at `what` now. kResourceExhausted after ten failures within seconds,
  // one more is allowed every five seconds; and after a hundred at `what` by everybody, ten more
  // each second. `what` must be one of few.
  Status Check(const std::string& who, const std::string& what, int64_t now_ns);
  void Failed(const std::string& who, const std::string& what, int64_t now_ns);

 private:
  struct Bucket {
    double failures = 0;  // leaks away with time
    int64_t at_ns = 0;
  };
  static void Leak(Bucket& bucket, double per_second, int64_t now_ns);

  Mutex mutex_;
  std::map<std::pair<std::string, std::string>, Bucket> buckets_ GUARDED_BY(mutex_);  // who, what
  std::map<std::string, Bucket> all_ GUARDED_BY(mutex_);                              // by what
};

}  // namespace anneal
