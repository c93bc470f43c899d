#include "server/session_calls.h"

#include <nlohmann/json.hpp>

#include "api/header_value.h"
#include "api/http_edge.h"
#include "api/tenant.h"
#include "base/log.h"
#include "server/access.h"
#include "server/pages.h"

namespace anneal {
namespace {

constexpr std::string_view kSession = "/anneal/v1/session", kLogin = "/anneal/v1/login",
                           kLogout = "/anneal/v1/logout";
constexpr size_t kMaxLoginBytes = 8192;

HttpResponse JsonResponse(std::string body) {
  HttpResponse response;
  response.headers.Add("Content-Type", "application/json");
  response.headers.Add("X-Content-Type-Options", "nosniff");
  response.headers.Add("Cache-Control", "no-store");
  response.body = std::move(body);
  return response;
}

// {"token": "NAME.SECRET"}, or {"username": …, "password": …} as one.
Result<std::string> TokenOf(const HttpRequest& request) {
  // A form of another site cannot send this type without asking first.
  if (!EqualsIgnoreCase(HeaderMain(request.headers.Get("Content-Type")), "application/json")) {
    return InvalidArgument("send application/json");
  }
  if (request.body.size() > kMaxLoginBytes) return InvalidArgument("the body is too large");
  const nlohmann::json body = nlohmann::json::parse(request.body, nullptr, false);
  const auto text = [&](const char* key) -> std::string {
    return body.is_object() && body.contains(key) && body[key].is_string()
               ? body[key].get<std::string>()
               : std::string();
  };
  if (const std::string token = text("token"); !token.empty()) return token;
  const std::string username = text("username"), password = text("password");
  if (!username.empty() && !password.empty()) return fmt::format("{}.{}", username, password);
  return InvalidArgument("send {{\"token\": \"NAME.SECRET\"}}");
}

}  // namespace

std::string_view SessionCalls::RouteOf(std::string_view path) {
  for (std::string_view route : {kSession, kLogin, kLogout}) {
    if (route == path) return route;
  }
  return {};
}

bool SessionCalls::IsLogin(std::string_view route) { return route == kLogin; }

HttpResponse SessionCalls::Handle(std::string_view route, const HttpRequest& request) const {
  const bool reads = request.method == "GET" || request.method == "HEAD";
  if (route == kSession) {
    return reads ? Session(request) : MethodNotAllowed(request.method, route, "GET, HEAD");
  }
  if (request.method != "POST") return MethodNotAllowed(request.method, route, "POST");
  if (IsCrossSite(request)) {
    return RefusalResponse(
        request, Error(Code::kPermissionDenied, "the request comes from another site's page"));
  }
  return route == kLogin ? Login(request) : Logout(request);
}

std::string SessionCalls::Describe(const TokenEntry* entry) const {
  nlohmann::ordered_json json = {
      {"auth", authenticator_ ? "token" : "none"},
      {"authenticated", entry != nullptr || authenticator_ == nullptr},
      {"name", entry ? entry->name : std::string()},
      {"tenancy", options_.tenancy == Tenancy::kHeader ? "header" : "single"}};
  // The tenant that calls without X-Scope-OrgID are of; empty: they must name one.
  std::string tenant;
  if (options_.tenancy == Tenancy::kSingle) {
    tenant = std::string(kAnonymousTenant);
  } else if (entry) {
    tenant = fmt::format("{}", fmt::join(entry->tenants, "|"));
  }
  json["tenant"] = tenant;
  json["rights"] = nlohmann::json::array();
  if (entry) {
    for (std::string_view right : entry->rights.Names()) json["rights"].push_back(right);
  } else if (!authenticator_) {
    json["rights"] = {"read", "write"};
  }
  json["version"] = options_.version;
  json["maxNodes"] = options_.max_nodes;
  return json.dump();
}

std::string SessionCalls::Cookie(std::string_view id, int64_t max_age_seconds) const {
  return fmt::format("{}={}; Path=/; Max-Age={}; HttpOnly; SameSite=Strict{}", kSessionCookie, id,
                     max_age_seconds, options_.secure_cookie ? "; Secure" : "");
}

HttpResponse SessionCalls::Session(const HttpRequest& request) const {
  if (!authenticator_) return JsonResponse(Describe(nullptr));
  // Without credentials the answer says so; it is no failure, the page asks this way.
  if (!request.headers.Has("Authorization") && SessionOf(request).empty()) {
    return JsonResponse(Describe(nullptr));
  }
  const Result<Identity> identity = authenticator_->Authenticate(request);
  return JsonResponse(Describe(identity.ok() ? &identity->entry : nullptr));
}

HttpResponse SessionCalls::Login(const HttpRequest& request) const {
  if (!authenticator_) {
    return ErrorResponse(
        Error(Code::kFailedPrecondition, "authentication is off: there is nothing to log in to"));
  }
  const Result<std::string> token = TokenOf(request);
  if (!token.ok()) return ErrorResponse(token.status());
  const Result<TokenEntry> entry = authenticator_->VerifyToken(*token, request.peer);
  if (!entry.ok()) return RefusalResponse(request, entry.status());
  const Result<std::string> id = authenticator_->OpenSession(*entry);
  if (!id.ok()) return ErrorResponse(id.status());
  log::Info("logged in", {{"name", entry->name}, {"peer", request.peer}});
  HttpResponse response = JsonResponse(Describe(&*entry));
  response.headers.Add("Set-Cookie",
                       Cookie(*id, authenticator_->session_lifetime_ns() / 1'000'000'000));
  return response;
}

HttpResponse SessionCalls::Logout(const HttpRequest& request) const {
  if (authenticator_) authenticator_->CloseSession(SessionOf(request));
  HttpResponse response = JsonResponse(Describe(nullptr));
  response.headers.Add("Set-Cookie", Cookie("", 0));
  return response;
}

}  // namespace anneal
