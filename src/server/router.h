// Which of the server's parts answers a request; and a log and figures of every answer.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/mutex.h"
#include "net/http.h"
#include "net/worker_pool.h"
#include "server/access.h"
#include "server/admin_calls.h"
#include "server/own_profiles.h"
#include "server/session_calls.h"

namespace anneal {

class Api;

struct RouterOptions {
  std::string version;
  // Requests that took longer are logged as warnings. Nanoseconds; 0: never.
  int64_t slow_ns = 0;
  bool log_requests = false;  // every one, at debug
  // Null: everybody may do everything. Must outlive the Router.
  Authenticator* authenticator = nullptr;
  AccessOptions access;
  bool secure_cookie = false;  // sessions only over TLS
  int64_t max_nodes = 0;       // told to the page: the most nodes of a tree; 0: any number
  AdminCallOptions admin;
  OwnProfiles* own_profiles = nullptr;  // null: /debug/pprof is not there; must outlive the Router
};

// Thread-safe.
class Router {
 public:
  // All references must outlive the Router. `refresh` brings the figures in `metrics` up to date.
  Router(RouterOptions options, Metrics& metrics, Clock& clock, std::function<void()> refresh);

  // Null: the server is starting or ending; API requests get 503 and so does /ready. The caller
  // keeps `api` alive until no request is under way any more.
  void SetApi(Api* api) { api_ = api; }
  // Whose admin calls are about; null as above. EndAdminCalls waits for those under way.
  void SetStore(Store* store) { store_ = store; }
  void EndAdminCalls() { admin_calls_.Stop(); }
  // Waits for requests of newcomers that are handled still; drops those that wait.
  void EndNewcomers() { newcomers_.Stop(); }
  bool ready() const { return api_ != nullptr; }
  void SetUrl(std::string url);

  void Handle(HttpRequest request, HttpRespond respond);

 private:
  // Checked one after the other; but a first request, too, may take long once it has been let in.
  static constexpr int kNewcomerThreads = 4;

  struct Seen;
  bool IsNewcomer(std::string_view path, const HttpRequest& request) const;
  void Dispatch(std::string_view path, HttpRequest request, HttpRespond respond);
  HttpResponse OwnPage(const HttpRequest& request, std::string_view path);
  void Note(const Seen& seen, const HttpResponse& response);
  Metrics::Histogram& DurationOf(std::string_view route) EXCLUDES_LOCK(mutex_);

  const RouterOptions options_;
  const SessionCalls session_calls_;
  AdminCalls admin_calls_;
  Metrics& metrics_;
  Clock& clock_;
  const std::function<void()> refresh_;
  std::atomic<Api*> api_{nullptr};
  std::atomic<Store*> store_{nullptr};
  Mutex mutex_;
  std::string url_ GUARDED_BY(mutex_);
  // By route; a handful.
  std::map<std::string_view, Metrics::Histogram*> durations_ GUARDED_BY(mutex_);
  // Those whose token or password is still to be checked wait here, so that guesses at secrets keep
  // no thread from those who are known.
  std::atomic<int> newcomers_waiting_{0};
  WorkerPool newcomers_{kNewcomerThreads};  // last: uses the rest
};

}  // namespace anneal
