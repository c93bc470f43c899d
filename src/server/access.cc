#include "server/access.h"

#include <algorithm>

#include "api/http_edge.h"
#include "api/tenant.h"

namespace anneal {
namespace {

struct Rule {
  std::string_view path;
  std::optional<Right> right;
};

// The first that fits counts; one that ends with '/' or '.' fits all that begins so. What is not
// listed and no call of the API is a page, and open.
constexpr Rule kRules[] = {
    {"/anneal/v1/session", std::nullopt},
    {"/anneal/v1/login", std::nullopt},
    {"/anneal/v1/logout", std::nullopt},
    {"/anneal/v1/admin/", Right::kAdmin},
    {"/anneal/v1/publish", Right::kWrite},
    {"/ingest", Right::kWrite},
    {"/pyroscope/ingest", Right::kWrite},
    {"/push.v1.PusherService/", Right::kWrite},
    {"/v1development/profiles", Right::kWrite},
    {"/opentelemetry.proto.collector.profiles.", Right::kWrite},
    {"/debuginfo.v1alpha1.DebuginfoService/", Right::kWrite},
    {"/anneal/v1/", Right::kRead},
};

bool Fits(std::string_view rule, std::string_view path) {
  return rule.ends_with('/') || rule.ends_with('.') ? path.starts_with(rule) : path == rule;
}

Status BindTenant(const TokenEntry& entry, HttpRequest& request) {
  if (entry.tenants.empty()) return {};
  const std::string_view asked = request.headers.Get("X-Scope-OrgID");
  if (asked.empty()) {
    request.headers.Set("X-Scope-OrgID", fmt::format("{}", fmt::join(entry.tenants, "|")));
    return {};
  }
  ASSIGN_OR_RETURN(const std::vector<std::string> names, ParseTenants(asked));
  for (const std::string& name : names) {
    if (std::binary_search(entry.tenants.begin(), entry.tenants.end(), name)) continue;
    return Error(Code::kPermissionDenied, "{} may not act for tenant {}", entry.name, name);
  }
  return {};
}

}  // namespace

std::optional<Right> RightFor(std::string_view method, std::string_view path,
                              const AccessOptions& options) {
  if (path == "/metrics") {
    return options.open_metrics ? std::nullopt : std::optional<Right>(Right::kRead);
  }
  if (path == "/debug" || path.starts_with("/debug/")) return options.debug;
  // What was published is deleted as profiles are.
  if (method == "DELETE" && path.starts_with("/anneal/v1/")) return Right::kAdmin;
  for (const Rule& rule : kRules) {
    if (Fits(rule.path, path)) return rule.right;
  }
  if (Api::RouteOf(path).empty()) return std::nullopt;
  return Right::kRead;
}

std::string_view HostOf(std::string_view authority) {
  if (authority.starts_with('[')) return authority.substr(1, authority.find(']') - 1);
  return authority.substr(0, authority.rfind(':'));
}

bool IsCrossSite(const HttpRequest& request) {
  const std::string_view site = request.headers.Get("Sec-Fetch-Site");
  if (!site.empty() && site != "same-origin" && site != "none") return true;
  // "https://host:port" against "host:port"; a proxy may have ended TLS, so the scheme is not
  // compared. Browsers send it with every request that may change something.
  std::string_view origin = request.headers.Get("Origin");
  if (origin.empty()) return false;
  const size_t scheme = origin.find("://");
  if (scheme == std::string_view::npos) return true;  // "null"
  return !EqualsIgnoreCase(origin.substr(scheme + 3), request.headers.Get("Host"));
}

Status Admit(std::string_view path, const AccessOptions& options, Authenticator& authenticator,
             HttpRequest& request) {
  const std::optional<Right> right = RightFor(request.method, path, options);
  if (!right) return {};
  ASSIGN_OR_RETURN(const Identity identity, authenticator.Authenticate(request));
  if (!identity.entry.rights.Has(*right)) {
    return Error(Code::kPermissionDenied, "{} asks for the right to {}; {} has: {}", path,
                 RightName(*right), identity.entry.name,
                 fmt::join(identity.entry.rights.Names(), ", "));
  }
  if (identity.by_session && IsCrossSite(request)) {
    return Error(Code::kPermissionDenied, "the request comes from another site's page");
  }
  if (options.tenancy == Tenancy::kHeader) TRY(BindTenant(identity.entry, request));
  return {};
}

HttpResponse RefusalResponse(const HttpRequest& request, const Status& status) {
  HttpResponse response = ErrorResponse(status);
  response.headers.Add("Cache-Control", "no-store");
  if (status.code() == Code::kResourceExhausted) response.headers.Add("Retry-After", "5");
  if (status.code() == Code::kUnauthenticated) {
    response.headers.Add("WWW-Authenticate", "Bearer realm=\"anneal\"");
    // A page's own calls must not make the browser ask in its own window.
    if (!request.headers.Has("Sec-Fetch-Site")) {
      response.headers.Add("WWW-Authenticate", "Basic realm=\"anneal\", charset=\"UTF-8\"");
    }
  }
  return response;
}

}  // namespace anneal
