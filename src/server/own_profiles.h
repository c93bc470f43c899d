// Profiles of the server itself: /debug/pprof, as Go programs serve it, and a CPU profile every few
// seconds for its own store, when the setting self_profiling asks for that.
#pragma once

#include <atomic>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "base/clock.h"
#include "base/mutex.h"
#include "net/http.h"
#include "server/own_symbols.h"

namespace anneal {

// Thread-safe.
class OwnProfiles {
 public:
  // Takes a gzipped pprof CPU profile that began at `time_ns`.
  using Sink = std::function<void(std::string pprof, int64_t time_ns)>;

  explicit OwnProfiles(Clock& clock) : clock_(clock) {}
  // Waits for what is under way, which ends early.
  ~OwnProfiles();
  OwnProfiles(const OwnProfiles&) = delete;
  OwnProfiles& operator=(const OwnProfiles&) = delete;

  // The route at `path`, a string that lives for ever, or empty.
  static std::string_view RouteOf(std::string_view path);
  // Answers a request of one of the routes; a CPU profile after its seconds, on another thread.
  void Handle(std::string_view route, const HttpRequest& request, HttpRespond respond)
      EXCLUDES_LOCK(mutex_);

  // From now on gives `sink` profiles of `window_ns` each, one after the other, on another thread.
  void Push(int64_t window_ns, Sink sink) EXCLUDES_LOCK(mutex_);

  // Ends what is under way: answers come at once, with what has been sampled. Blocks.
  void Stop() EXCLUDES_LOCK(mutex_);

 private:
  struct Job {
    std::thread thread;
    std::atomic<bool> done{false};
  };
  // Samples for `duration_ns` or until Stop.
  Result<std::string> Sample(int64_t duration_ns, int64_t& time_ns);
  void CpuProfile(const HttpRequest& request, HttpRespond respond) EXCLUDES_LOCK(mutex_);
  void StartJob(std::function<void()> work) REQUIRES_LOCK(mutex_);
  HttpResponse Symbol(const HttpRequest& request) EXCLUDES_LOCK(symbols_mutex_);
  // Waits; true when it was woken by Stop.
  bool Wait(int64_t duration_ns) EXCLUDES_LOCK(mutex_);

  Clock& clock_;
  Mutex symbols_mutex_;
  std::unique_ptr<OwnSymbols> symbols_ GUARDED_BY(symbols_mutex_);
  Mutex mutex_;
  CondVar stop_;
  bool stopped_ GUARDED_BY(mutex_) = false;
  std::list<Job> jobs_ GUARDED_BY(mutex_);
};

}  // namespace anneal
