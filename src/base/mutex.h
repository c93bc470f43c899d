// std::mutex with clang's thread-safety annotations, so that the compiler checks that what a
// mutex guards is only touched while it is held (clang -Wthread-safety; nothing under gcc).
#pragma once

#include <pthread.h>

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
#define REQUIRES_SHARED_LOCK(...) ANNEAL_THREAD_ATTRIBUTE(requires_shared_capability(__VA_ARGS__))
#define NO_LOCK_ANALYSIS ANNEAL_THREAD_ATTRIBUTE(no_thread_safety_analysis)
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

// One writer or many readers. Not std::shared_mutex: glibc's lets readers that keep coming shut
// writers out for good. Here a waiting writer goes before new readers, so a thread must not take
// a read lock that it already holds.
class ANNEAL_THREAD_ATTRIBUTE(capability("mutex")) SharedMutex {
 public:
  SharedMutex() {
    pthread_rwlockattr_t attributes;
    pthread_rwlockattr_init(&attributes);
    pthread_rwlockattr_setkind_np(&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    pthread_rwlock_init(&lock_, &attributes);
    pthread_rwlockattr_destroy(&attributes);
  }
  ~SharedMutex() { pthread_rwlock_destroy(&lock_); }
  SharedMutex(const SharedMutex&) = delete;
  SharedMutex& operator=(const SharedMutex&) = delete;

  void Lock() ANNEAL_THREAD_ATTRIBUTE(acquire_capability()) { pthread_rwlock_wrlock(&lock_); }
  void Unlock() ANNEAL_THREAD_ATTRIBUTE(release_capability()) { pthread_rwlock_unlock(&lock_); }
  void LockShared() ANNEAL_THREAD_ATTRIBUTE(acquire_shared_capability()) {
    pthread_rwlock_rdlock(&lock_);
  }
  // Tells the compiler that it is held, where it cannot see that: inside a lambda.
  void AssumeShared() const ANNEAL_THREAD_ATTRIBUTE(assert_shared_capability(this)) {}
  void UnlockShared() ANNEAL_THREAD_ATTRIBUTE(release_shared_capability()) {
    pthread_rwlock_unlock(&lock_);
  }

 private:
  pthread_rwlock_t lock_;
};

// Holds a SharedMutex for a scope: alone.
class ANNEAL_THREAD_ATTRIBUTE(scoped_lockable) WriterLock {
 public:
  explicit WriterLock(SharedMutex& mutex) ANNEAL_THREAD_ATTRIBUTE(acquire_capability(mutex))
      : mutex_(mutex) {
    mutex_.Lock();
  }
  ~WriterLock() ANNEAL_THREAD_ATTRIBUTE(release_capability()) { mutex_.Unlock(); }
  WriterLock(const WriterLock&) = delete;
  WriterLock& operator=(const WriterLock&) = delete;

 private:
  SharedMutex& mutex_;
};

// Holds a SharedMutex for a scope: with other readers.
class ANNEAL_THREAD_ATTRIBUTE(scoped_lockable) ReaderLock {
 public:
  explicit ReaderLock(SharedMutex& mutex) ANNEAL_THREAD_ATTRIBUTE(acquire_shared_capability(mutex))
      : mutex_(mutex) {
    mutex_.LockShared();
  }
  ~ReaderLock() ANNEAL_THREAD_ATTRIBUTE(release_capability()) { mutex_.UnlockShared(); }
  ReaderLock(const ReaderLock&) = delete;
  ReaderLock& operator=(const ReaderLock&) = delete;

 private:
  SharedMutex& mutex_;
};

}  // namespace anneal
