// A fixed number of threads that run jobs in the order they come.
#pragma once

#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "base/mutex.h"

namespace anneal {

class WorkerPool {
 public:
  using Job = std::function<void()>;

  explicit WorkerPool(int threads);
  // Stops.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // Thread-safe. After Stop the job is dropped.
  void Run(Job job) EXCLUDES_LOCK(mutex_);
  // Drops jobs that have not begun, waits for those that have.
  void Stop() EXCLUDES_LOCK(mutex_);

 private:
  void Work() EXCLUDES_LOCK(mutex_);

  Mutex mutex_;
  CondVar work_;
  std::deque<Job> jobs_ GUARDED_BY(mutex_);
  bool stopped_ GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace anneal
