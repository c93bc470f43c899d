#include "server/periodic.h"

#include <chrono>

namespace anneal {

Periodic::Periodic(int64_t interval_ns, std::function<void()> job)
    : interval_ns_(interval_ns), job_(std::move(job)), thread_([this] { Loop(); }) {}

Periodic::~Periodic() {
  {
    MutexLock lock(mutex_);
    stopped_ = true;
  }
  stop_.NotifyAll();
  thread_.join();
}

void Periodic::Loop() {
  for (;;) {
    job_();
    const auto until = std::chrono::steady_clock::now() + std::chrono::nanoseconds(interval_ns_);
    MutexLock lock(mutex_);
    while (!stopped_ && std::chrono::steady_clock::now() < until) {
      stop_.WaitFor(mutex_, until - std::chrono::steady_clock::now());
    }
    if (stopped_) return;
  }
}

}  // namespace anneal
