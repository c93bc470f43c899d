#include "server/admin_calls.h"

#include <nlohmann/json.hpp>

#include "api/header_value.h"
#include "api/http_edge.h"
#include "base/log.h"
#include "server/access.h"
#include "server/config.h"
#include "server/pages.h"

namespace anneal {
namespace {

constexpr std::string_view kBackup = "/anneal/v1/admin/backup";
constexpr size_t kMaxNameBytes = 100;

// "127.0.0.1:4040" → "127.0.0.1", "[::1]:4040" → "::1"
std::string_view HostOf(std::string_view authority) {
  if (authority.starts_with('[')) return authority.substr(1, authority.find(']') - 1);
  return authority.substr(0, authority.rfind(':'));
}

// A name that stays in its directory, and does not hide there.
bool IsBackupName(std::string_view name) {
  return !name.empty() && name.size() <= kMaxNameBytes && name[0] != '.' &&
         name.find_first_not_of(
             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
             "._-") == std::string_view::npos;
}

// A field of the request's JSON object.
Result<std::string> FieldOf(const HttpRequest& request, const char* key) {
  // A page of another site cannot send this type without asking first.
  if (!EqualsIgnoreCase(HeaderMain(request.headers.Get("Content-Type")), "application/json")) {
    return InvalidArgument("send application/json");
  }
  const nlohmann::json body = nlohmann::json::parse(request.body, nullptr, false);
  if (!body.is_object() || !body.contains(key) || !body[key].is_string()) {
    return InvalidArgument("send {{\"{}\": …}}", key);
  }
  return body[key].get<std::string>();
}

}  // namespace

std::string_view AdminCalls::RouteOf(std::string_view path) {
  return path == kBackup ? kBackup : std::string_view();
}

Status AdminCalls::Admit(const HttpRequest& request) const {
  if (options_.authenticated) return {};
  // The Host too: a browser on this machine may be led here under another name.
  const bool local = IsLoopback(HostOf(request.peer)) && !IsCrossSite(request) &&
                     IsLoopback(HostOf(request.headers.Get("Host")));
  if (options_.open_to_loopback && local) return {};
  return Error(Code::kPermissionDenied,
               "without authentication there are no admin calls: set auth.tokens, or "
               "admin.loopback for callers on the server's own machine");
}

void AdminCalls::Handle(std::string_view route, const HttpRequest& request, Store& store,
                        HttpRespond respond) {
  if (request.method != "POST") return respond(MethodNotAllowed(request.method, route, "POST"));
  if (const Status admitted = Admit(request); !admitted.ok()) {
    return respond(RefusalResponse(request, admitted));
  }
  Backup(request, store, std::move(respond));
}

void AdminCalls::Backup(const HttpRequest& request, Store& store, HttpRespond respond) {
  if (options_.backup_root.empty()) {
    return respond(ErrorResponse(
        Error(Code::kFailedPrecondition, "there is no place for backups: set admin.backup_root")));
  }
  const Result<std::string> name = FieldOf(request, "name");
  if (!name.ok()) return respond(ErrorResponse(name.status()));
  if (!IsBackupName(*name)) {
    return respond(ErrorResponse(
        InvalidArgument("a backup's name has 1 to {} letters, digits, ., _ or -, and begins with "
                        "no .",
                        kMaxNameBytes)));
  }
  MutexLock lock(mutex_);
  if (stopped_ || busy_) {
    return respond(ErrorResponse(
        stopped_ ? Error(Code::kUnavailable, "the server is ending")
                 : Error(Code::kResourceExhausted, "a backup is under way; try again later")));
  }
  if (thread_.joinable()) thread_.join();  // it is over: not busy
  busy_ = true;
  thread_ = std::thread([this, &store, respond = std::move(respond),
                         directory = fmt::format("{}/{}", options_.backup_root, *name)] {
    const Status made = store.Backup(directory);
    if (made.ok()) {
      log::Info("backup made", {{"directory", directory}});
    } else {
      log::Error("cannot make a backup", {{"directory", directory}, {"error", made.ToString()}});
    }
    HttpResponse response = ErrorResponse(made);
    if (made.ok()) {
      response.status = 200;
      response.body = nlohmann::json({{"directory", directory}}).dump();
    }
    {
      MutexLock done(mutex_);
      busy_ = false;
    }
    respond(std::move(response));
  });
}

void AdminCalls::Stop() {
  std::thread last;
  {
    MutexLock lock(mutex_);
    stopped_ = true;
    last = std::move(thread_);
  }
  if (last.joinable()) last.join();
}

}  // namespace anneal
