// How often guesses at secrets may fail: a bucket for each guesser, and one for all of them.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/mutex.h"
#include "base/status.h"

namespace anneal {

// Thread-safe. Times are monotonic, in nanoseconds.
class FailureLimit {
 public:
  // Whether `who` may guess now. kResourceExhausted after ten failures within seconds; one more is
  // allowed every five seconds.
  Status Check(const std::string& who, int64_t now_ns);
  void Failed(const std::string& who, int64_t now_ns);

 private:
  struct Bucket {
    double failures = 0;  // leaks away with time
    int64_t at_ns = 0;
  };
  static void Leak(Bucket& bucket, double per_second, int64_t now_ns);

  Mutex mutex_;
  std::map<std::string, Bucket> buckets_ GUARDED_BY(mutex_);
  Bucket all_ GUARDED_BY(mutex_);
};

}  // namespace anneal
