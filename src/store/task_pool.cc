#include "store/task_pool.h"

#include <algorithm>
#include <utility>

namespace anneal {

// Outlives its Run: a helper may come to it late. `task` is called only while Run waits.
struct TaskPool::Job {
  Job(size_t n, absl::FunctionRef<Status(size_t)> t) : count(n), task(t) {}

  const size_t count;
  const absl::FunctionRef<Status(size_t)> task;
  Mutex mutex;
  CondVar idle;
  size_t next GUARDED_BY(mutex) = 0;
  size_t running GUARDED_BY(mutex) = 0;
  Status failed GUARDED_BY(mutex);

  // Runs one task; false when there is none to begin.
  bool Step() {
    size_t index = 0;
    {
      MutexLock lock(mutex);
      if (next == count || !failed.ok()) return false;
      index = next++;
      ++running;
    }
    Status status = task(index);
    MutexLock lock(mutex);
    if (!status.ok() && failed.ok()) failed = std::move(status);
    if (--running == 0) idle.NotifyAll();
    return true;
  }
  Status Wait() {
    MutexLock lock(mutex);
    while (running > 0) idle.Wait(mutex);
    return failed;
  }
};

TaskPool::TaskPool(size_t helpers) {
  for (size_t i = 0; i < helpers; ++i) threads_.emplace_back([this] { Help(); });
}

TaskPool::~TaskPool() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
  }
  work_.NotifyAll();
  for (std::thread& thread : threads_) thread.join();
}

Status TaskPool::Run(size_t count, absl::FunctionRef<Status(size_t)> task) {
  auto job = std::make_shared<Job>(count, task);
  if (count > 1 && !threads_.empty()) {
    {
      MutexLock lock(mutex_);
      jobs_.insert(jobs_.end(), std::min(count - 1, threads_.size()), job);
    }
    work_.NotifyAll();
  }
  while (job->Step()) {
  }
  return job->Wait();
}

void TaskPool::Help() {
  for (;;) {
    std::shared_ptr<Job> job;
    {
      MutexLock lock(mutex_);
      while (jobs_.empty() && !stopping_) work_.Wait(mutex_);
      if (stopping_) return;
      job = std::move(jobs_.front());
      jobs_.pop_front();
    }
    while (job->Step()) {
    }
  }
}

}  // namespace anneal
