// std::mutex with clang's thread-safety annotations, so that the compiler checks that what a
// mutex guards is only touched while it is held (clang -Wthread-safety; nothing under gcc).
#pragma once

#include <condition_variable>
#include <mutex>

#if defined(__clang__)
#define ANNEAL_THREAD_ATTRIBUTE(x) __attribute__((x))
#else
#define ANNEAL_THREAD_ATTRIBUTE(x)
#endif

// Abseil's containers bring the first two along, with the same meaning.
#ifndef GUARDED_BY
#define GUARDED_BY(mutex) ANNEAL_THREAD_ATTRIBUTE(guarded_by(mutex))
#endif
#ifndef PT_GUARDED_BY
#define PT_GUARDED_BY(mutex) ANNEAL_THREAD_ATTRIBUTE(pt_guarded_by(mutex))
#endif
#define REQUIRES_LOCK(...) ANNEAL_THREAD_ATTRIBUTE(requires_capability(__VA_ARGS__))
#define EXCLUDES_LOCK(...) ANNEAL_THREAD_ATTRIBUTE(locks_excluded(__VA_ARGS__))

namespace anneal {

class ANNEAL_THREAD_ATTRIBUTE(capability("mutex")) Mutex {
 public:
  Mutex() = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  void Lock() ANNEAL_THREAD_ATTRIBUTE(acquire_capability()) { mutex_.lock(); }
  void Unlock() ANNEAL_THREAD_ATTRIBUTE(release_capability()) { mutex_.unlock(); }

 private:
  friend class CondVar;
  std::mutex mutex_;
};

// Holds a Mutex for a scope.
class ANNEAL_THREAD_ATTRIBUTE(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) ANNEAL_THREAD_ATTRIBUTE(acquire_capability(mutex))
      : mutex_(mutex) {
    mutex_.Lock();
  }
  ~MutexLock() ANNEAL_THREAD_ATTRIBUTE(release_capability()) { mutex_.Unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

class CondVar {
 public:
  // Waits for a notification; may also wake without one, so callers loop over their condition.
  void Wait(Mutex& mutex) REQUIRES_LOCK(mutex) {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    condition_.wait(lock);
    lock.release();
  }
  // As Wait, for at most `duration`.
  template <typename Duration>
  void WaitFor(Mutex& mutex, Duration duration) REQUIRES_LOCK(mutex) {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    condition_.wait_for(lock, duration);
    lock.release();
  }
  void NotifyOne() { condition_.notify_one(); }
  void NotifyAll() { condition_.notify_all(); }

 private:
  std::condition_variable condition_;
};

}  // namespace anneal
