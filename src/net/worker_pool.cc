#include "net/worker_pool.h"

#include <system_error>
#include <utility>

#include "base/log.h"

namespace anneal {

WorkerPool::WorkerPool(int threads) : size_(static_cast<size_t>(threads)) {
  MutexLock lock(mutex_);
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
  std::vector<std::thread> threads;
  {
    MutexLock lock(mutex_);
    stopped_ = true;
    dropped.swap(jobs_);
    threads.swap(threads_);
  }
  work_.NotifyAll();
  for (std::thread& thread : threads) thread.join();
}

void WorkerPool::BeginWait() {
  {
    MutexLock lock(mutex_);
    ++waiting_;
    if (!stopped_ && threads_.size() < size_ + waiting_) {
      try {
        threads_.emplace_back([this] { Work(); });
      } catch (const std::system_error& error) {
        // Those that are there do without it.
        log::Warn("http: no thread to be had in place of one that waits",
                  {{"error", error.what()}});
      }
    }
  }
  work_.NotifyOne();
}

void WorkerPool::EndWait() {
  MutexLock lock(mutex_);
  --waiting_;
}

void WorkerPool::Work() {
  for (;;) {
    Job job;
    {
      MutexLock lock(mutex_);
      while ((jobs_.empty() || running_ >= size_ + waiting_) && !stopped_) work_.Wait(mutex_);
      if (jobs_.empty()) return;
      job = std::move(jobs_.front());
      jobs_.pop_front();
      ++running_;
    }
    job();
    job = nullptr;
    MutexLock lock(mutex_);
    --running_;
  }
}

}  // namespace anneal
