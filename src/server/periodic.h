// A job that runs again and again on a thread of its own.
#pragma once

#include <cstdint>
#include <functional>
#include <thread>

#include "base/mutex.h"

namespace anneal {

class Periodic {
 public:
  // Runs `job` now and then `interval_ns` after each end.
  Periodic(int64_t interval_ns, std::function<void()> job);
  // Waits for the job when it is running.
  ~Periodic();
  Periodic(const Periodic&) = delete;
  Periodic& operator=(const Periodic&) = delete;

 private:
  void Loop() EXCLUDES_LOCK(mutex_);

  const int64_t interval_ns_;
  const std::function<void()> job_;
  Mutex mutex_;
  CondVar stop_;
  bool stopped_ GUARDED_BY(mutex_) = false;
  std::thread thread_;  // last: uses what is above
};

}  // namespace anneal
