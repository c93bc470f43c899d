// A bounded pool of threads that help queries along: one query's independent parts run on all
// cores, and many queries together take no more threads than there are.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <thread>
#include <vector>

#include "absl/functional/function_ref.h"
#include "base/mutex.h"
#include "base/status.h"

namespace anneal {

class TaskPool {
 public:
  // `helpers` threads beside those that call Run; 0 is allowed.
  explicit TaskPool(size_t helpers);
  // REQUIRES: no Run is under way.
  ~TaskPool();
  TaskPool(const TaskPool&) = delete;
  TaskPool& operator=(const TaskPool&) = delete;

  // Threads that may work on one Run.
  size_t width() const { return threads_.size() + 1; }
  // Calls task(0) … task(count - 1), each once, on this thread and on helpers that are free, and
  // returns when none runs any more. After an error no further one begins; it is returned. Tasks
  // may call Run. Thread-safe.
  Status Run(size_t count, absl::FunctionRef<Status(size_t)> task);

 private:
  struct Job;
  void Help();

  Mutex mutex_;
  CondVar work_;
  std::deque<std::shared_ptr<Job>> jobs_ GUARDED_BY(mutex_);
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace anneal
