// Calls for who runs the server, under /anneal/v1/admin/. docs/guide/operate.md describes them.
//
// With authentication on they ask for the right to admin (server/access.h). Without, they are
// refused, unless a setting lets in who is on this machine.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <thread>

#include "api/api.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "net/http.h"
#include "store/store.h"

namespace anneal {

struct AdminCallOptions {
  bool authenticated = false;  // who calls has the right: authentication is on
  bool open_to_loopback = false;
  Tenancy tenancy = Tenancy::kSingle;
  std::string backup_root;  // backups are made below it; empty: none are
};

// Thread-safe.
class AdminCalls {
 public:
  // `clock` must outlive this.
  AdminCalls(AdminCallOptions options, const Clock& clock)
      : options_(std::move(options)), clock_(clock) {}
  // Waits for a call under way.
  ~AdminCalls() { Stop(); }
  AdminCalls(const AdminCalls&) = delete;
  AdminCalls& operator=(const AdminCalls&) = delete;

  // The route at `path`, a string that lives for ever, or empty.
  static std::string_view RouteOf(std::string_view path);
  // Answers a request of one of the routes, perhaps later and on another thread. `store` must live
  // until Stop has returned.
  void Handle(std::string_view route, const HttpRequest& request, Store& store, HttpRespond respond)
      EXCLUDES_LOCK(mutex_);
  // Waits for a call under way. Later ones are refused.
  void Stop() EXCLUDES_LOCK(mutex_);

 private:
  // What is done, on a thread of its own, and its answer.
  using Work = std::function<HttpResponse()>;

  Status Admit(const HttpRequest& request) const;
  Work Stats(const HttpRequest& request, Store& store) const;
  Result<Work> Backup(const HttpRequest& request, Store& store) const;
  Result<Work> Delete(const HttpRequest& request, Store& store) const;
  // One at a time.
  Status Run(Work work, HttpRespond& respond) EXCLUDES_LOCK(mutex_);

  const AdminCallOptions options_;
  const Clock& clock_;
  Mutex mutex_;
  bool stopped_ GUARDED_BY(mutex_) = false;
  bool busy_ GUARDED_BY(mutex_) = false;
  std::thread thread_ GUARDED_BY(mutex_);
};

}  // namespace anneal
