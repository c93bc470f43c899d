// Threads that run jobs in the order they come, a fixed number at a time beside those that wait.
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

  // A job that waits for other jobs, from here to EndWait: another thread takes its place. Whoever
  // waits and is no job of this pool makes room for one more.
  void BeginWait() EXCLUDES_LOCK(mutex_);
  void EndWait() EXCLUDES_LOCK(mutex_);

 private:
  void Work() EXCLUDES_LOCK(mutex_);

  Mutex mutex_;
  CondVar work_;
  std::deque<Job> jobs_ GUARDED_BY(mutex_);
  bool stopped_ GUARDED_BY(mutex_) = false;
  const size_t size_;                                    // jobs at a time that do not wait
  size_t running_ GUARDED_BY(mutex_) = 0;                // jobs, those that wait included
  size_t waiting_ GUARDED_BY(mutex_) = 0;                // of these, and elsewhere
  std::vector<std::thread> threads_ GUARDED_BY(mutex_);  // as many as ever were needed
};

}  // namespace anneal
