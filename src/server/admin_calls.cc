#include "server/admin_calls.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "api/deletion.h"
#include "api/header_value.h"
#include "api/http_edge.h"
#include "api/tenant.h"
#include "base/log.h"
#include "server/access.h"
#include "server/config.h"
#include "server/pages.h"
#include "server/store_stats.h"

namespace anneal {
namespace {

constexpr std::string_view kBackup = "/anneal/v1/admin/backup";
constexpr std::string_view kDelete = "/anneal/v1/admin/delete";
constexpr std::string_view kStats = "/anneal/v1/admin/stats";
constexpr size_t kMaxNameBytes = 100;

// Whether a proxy on this machine asks for somebody who may be elsewhere.
bool IsForwarded(const HttpRequest& request) {
  constexpr std::string_view kFields[] = {"Forwarded", "X-Forwarded-For", "X-Real-IP", "Via"};
  return std::ranges::any_of(kFields, [&](std::string_view f) { return request.headers.Has(f); });
}

// A name that stays in its directory, and does not hide there.
bool IsBackupName(std::string_view name) {
  return !name.empty() && name.size() <= kMaxNameBytes && name[0] != '.' &&
         name.find_first_not_of(
             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
             "._-") == std::string_view::npos;
}

// The request's JSON object, of these keys only: a misspelt one could widen what is deleted.
Result<nlohmann::json> BodyOf(const HttpRequest& request,
                              std::initializer_list<std::string_view> keys) {
  // A page of another site cannot send this type without asking first.
  if (!EqualsIgnoreCase(HeaderMain(request.headers.Get("Content-Type")), "application/json")) {
    return InvalidArgument("send application/json");
  }
  nlohmann::json body = nlohmann::json::parse(request.body, nullptr, false);
  if (!body.is_object())
    return InvalidArgument("send a JSON object with: {}", fmt::join(keys, ", "));
  for (const auto& [key, value] : body.items()) {
    if (std::ranges::find(keys, key) == keys.end()) {
      return InvalidArgument("there is no field \"{}\"; send: {}", key, fmt::join(keys, ", "));
    }
  }
  return body;
}

// A text, or a whole number as text; empty when it is not there.
Result<std::string> TextOf(const nlohmann::json& body, const char* key) {
  if (!body.contains(key)) return std::string();
  const nlohmann::json& value = body[key];
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_integer()) return value.dump();
  return InvalidArgument("\"{}\" must be a text", key);
}

struct Deletion {
  std::vector<Selection> selections;  // one for each tenant
  Deleting how = Deleting::kForReal;
};

// Whose profiles: those of the tenant named in the body, in the header, or both.
Result<std::vector<std::string>> TenantsOf(const HttpRequest& request, const std::string& named,
                                           Tenancy tenancy) {
  if (tenancy == Tenancy::kSingle) {
    if (named.empty() || named == kAnonymousTenant) {
      return std::vector<std::string>{std::string(kAnonymousTenant)};
    }
    return InvalidArgument("tenancy is single: everything is of tenant {}", kAnonymousTenant);
  }
  const std::string_view header = request.headers.Get("X-Scope-OrgID");
  if (header.empty() && named.empty()) {
    return InvalidArgument("name a tenant: \"tenant\", or the header X-Scope-OrgID");
  }
  if (header.empty()) return ParseTenants(named);
  ASSIGN_OR_RETURN(std::vector<std::string> allowed, ParseTenants(header));
  if (named.empty()) return allowed;
  ASSIGN_OR_RETURN(std::vector<std::string> asked, ParseTenants(named));
  for (const std::string& name : asked) {
    if (std::ranges::binary_search(allowed, name)) continue;
    return Error(Code::kPermissionDenied, "the request is of {}, and may not delete of tenant {}",
                 header, name);
  }
  return asked;
}

Result<Deletion> DeletionOf(const HttpRequest& request, Tenancy tenancy, int64_t now_ns) {
  ASSIGN_OR_RETURN(const nlohmann::json body,
                   BodyOf(request, {"query", "from", "to", "tenant", "dry_run"}));
  Deletion deletion;
  if (body.contains("dry_run")) {
    if (!body["dry_run"].is_boolean()) return InvalidArgument("\"dry_run\" must be true or false");
    if (body["dry_run"].get<bool>()) deletion.how = Deleting::kDryRun;
  }
  ASSIGN_OR_RETURN(const std::string query, TextOf(body, "query"));
  ASSIGN_OR_RETURN(const std::string from, TextOf(body, "from"));
  ASSIGN_OR_RETURN(const std::string to, TextOf(body, "to"));
  ASSIGN_OR_RETURN(const std::string tenant, TextOf(body, "tenant"));
  if (query.empty() || from.empty() || to.empty()) {
    return InvalidArgument(
        "send {{\"query\": \"{{service_name=\\\"…\\\"}}\", \"from\": \"0\", \"to\": \"now-7d\"}}: "
        "all "
        "three are needed");
  }
  ASSIGN_OR_RETURN(Selection selection, ParseSelection(query, from, to, now_ns));
  if (selection.range.end_ns < selection.range.start_ns) {
    return InvalidArgument("\"to\" is before \"from\"");
  }
  ASSIGN_OR_RETURN(const std::vector<std::string> tenants, TenantsOf(request, tenant, tenancy));
  for (const std::string& name : tenants) {
    selection.tenant = name;
    deletion.selections.push_back(selection);
  }
  return deletion;
}

HttpResponse JsonTextResponse(std::string text) {
  HttpResponse response = ErrorResponse(Status());
  response.status = 200;
  response.body = std::move(text);
  return response;
}
HttpResponse JsonResponse(const nlohmann::json& body) { return JsonTextResponse(body.dump()); }

// Of the request's tenants; of all when it may see all and names none.
Result<StoreStats> StatsFor(const HttpRequest& request, Tenancy tenancy, Store& store) {
  ASSIGN_OR_RETURN(StoreStats stats, store.Stats());
  const std::string_view header = request.headers.Get("X-Scope-OrgID");
  if (tenancy == Tenancy::kSingle || header.empty()) return stats;
  ASSIGN_OR_RETURN(const std::vector<std::string> tenants, ParseTenants(header));
  return OnlyTenants(std::move(stats), tenants);
}

}  // namespace

std::string_view AdminCalls::RouteOf(std::string_view path) {
  for (std::string_view route : {kBackup, kDelete, kStats}) {
    if (path == route) return route;
  }
  return {};
}

Status AdminCalls::Admit(const HttpRequest& request) const {
  if (options_.authenticated) return {};
  // The Host too: a browser on this machine may be led here under another name.
  const bool local = IsLoopback(HostOf(request.peer)) && !IsCrossSite(request) &&
                     IsLoopback(HostOf(request.headers.Get("Host"))) && !IsForwarded(request);
  if (options_.open_to_loopback && local) return {};
  return Error(Code::kPermissionDenied,
               "without authentication there are no admin calls: set auth.tokens, or "
               "admin.loopback for callers on the server's own machine");
}

void AdminCalls::Handle(std::string_view route, const HttpRequest& request, Store& store,
                        HttpRespond respond) {
  const std::string_view method = route == kStats ? "GET" : "POST";
  if (request.method != method) return respond(MethodNotAllowed(request.method, route, method));
  if (const Status admitted = Admit(request); !admitted.ok()) {
    return respond(RefusalResponse(request, admitted));
  }
  Result<Work> work = route == kStats    ? Stats(request, store)
                      : route == kDelete ? Delete(request, store)
                                         : Backup(request, store);
  const Status begun = work.ok() ? Run(std::move(work).value(), respond) : work.status();
  if (!begun.ok()) respond(ErrorResponse(begun));
}

// It reads every key: one at a time, and not in a thread that requests need.
AdminCalls::Work AdminCalls::Stats(const HttpRequest& request, Store& store) const {
  return [request, tenancy = options_.tenancy, &store] {
    const Result<StoreStats> stats = StatsFor(request, tenancy, store);
    return stats.ok() ? JsonTextResponse(StatsJson(*stats).dump()) : ErrorResponse(stats.status());
  };
}

Result<AdminCalls::Work> AdminCalls::Backup(const HttpRequest& request, Store& store) const {
  if (options_.backup_root.empty()) {
    return Error(Code::kFailedPrecondition, "there is no place for backups: set admin.backup_root");
  }
  ASSIGN_OR_RETURN(const nlohmann::json body, BodyOf(request, {"name"}));
  ASSIGN_OR_RETURN(const std::string name, TextOf(body, "name"));
  if (!IsBackupName(name)) {
    return InvalidArgument(
        "a backup's name has 1 to {} letters, digits, ., _ or -, and begins with no .",
        kMaxNameBytes);
  }
  return Work([&store, directory = fmt::format("{}/{}", options_.backup_root, name)] {
    const Status made = store.Backup(directory);
    if (!made.ok()) {
      log::Error("cannot make a backup", {{"directory", directory}, {"error", made.ToString()}});
      return ErrorResponse(made);
    }
    log::Info("backup made", {{"directory", directory}});
    return JsonResponse({{"directory", directory}});
  });
}

Result<AdminCalls::Work> AdminCalls::Delete(const HttpRequest& request, Store& store) const {
  ASSIGN_OR_RETURN(Deletion deletion, DeletionOf(request, options_.tenancy, clock_.NowNs()));
  return Work([&store, deletion = std::move(deletion), body = request.body] {
    const Result<uint64_t> profiles = DeleteAll(store, deletion.selections, deletion.how);
    if (!profiles.ok()) {
      log::Error("cannot delete", {{"request", body}, {"error", profiles.status().ToString()}});
      return ErrorResponse(profiles.status());
    }
    const bool dry_run = deletion.how == Deleting::kDryRun;
    if (!dry_run) log::Info("deleted", {{"request", body}, {"profiles", *profiles}});
    return JsonResponse({{"profiles", *profiles}, {"dry_run", dry_run}});
  });
}

Status AdminCalls::Run(Work work, HttpRespond& respond) {
  MutexLock lock(mutex_);
  if (stopped_) return Error(Code::kUnavailable, "the server is ending");
  if (busy_) {
    return Error(Code::kResourceExhausted, "another admin call is under way; try again later");
  }
  if (thread_.joinable()) thread_.join();  // it is over: not busy
  busy_ = true;
  thread_ = std::thread([this, work = std::move(work), respond = std::move(respond)] {
    HttpResponse response = work();
    {
      MutexLock done(mutex_);
      busy_ = false;
    }
    respond(std::move(response));
  });
  return {};
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
