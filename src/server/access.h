// Which right a path asks for, and the check of a request against it.
#pragma once

#include <optional>
#include <string_view>

#include "api/api.h"
#include "base/status.h"
#include "net/http.h"
#include "server/authenticator.h"

namespace anneal {

struct AccessOptions {
  Tenancy tenancy = Tenancy::kSingle;
  bool open_metrics = false;   // /metrics asks for no right
  Right debug = Right::kRead;  // what /debug/ asks for
};

// nullopt: open to everybody (whether it is up, the page without its data, logging in).
std::optional<Right> RightFor(std::string_view method, std::string_view path,
                              const AccessOptions& options);

// Whether the request, a call of `path`, may go on. When its token is bound to tenants, its
// X-Scope-OrgID is checked, or filled in when there is none. kUnauthenticated, kPermissionDenied.
Status Admit(std::string_view path, const AccessOptions& options, Authenticator& authenticator,
             HttpRequest& request);

// The host of an authority or a peer: "127.0.0.1:4040" → "127.0.0.1", "[::1]:4040" → "::1".
std::string_view HostOf(std::string_view authority);

// Whether the request may come from another site's page, in a browser that has logged in here.
bool IsCrossSite(const HttpRequest& request);

// The answer to a refusal: Connect's JSON, with WWW-Authenticate and Retry-After as they belong.
HttpResponse RefusalResponse(const HttpRequest& request, const Status& status);

}  // namespace anneal
