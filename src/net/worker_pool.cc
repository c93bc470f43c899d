#include "net/worker_pool.h"

#include <utility>

namespace anneal {

WorkerPool::WorkerPool(int threads) {
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { Work(); });
}

WorkerPool::~WorkerPool() { Stop(); }

void WorkerPool::Run(Job job) {
  {
    MutexLock lock(mutex_);
    if (stopped_) return;
    jobs_.push_back(std::move(job));
  }
  work_.NotifyOne();
}

void WorkerPool::Stop() {
  std::deque<Job> dropped;  // destroyed outside the lock: a job's destructor may do anything
  {
    MutexLock lock(mutex_);
    stopped_ = true;
    dropped.swap(jobs_);
  }
  work_.NotifyAll();
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void WorkerPool::Work() {
  for (;;) {
    Job job;
    {
      MutexLock lock(mutex_);
      while (jobs_.empty() && !stopped_) work_.Wait(mutex_);
      if (jobs_.empty()) return;
      job = std::move(jobs_.front());
      jobs_.pop_front();
    }
    job();
  }
}

}  // namespace anneal
