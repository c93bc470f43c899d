// The pages of Pyroscope that are no remote procedure calls: one table of paths.
#pragma once

#include <string_view>

#include "api/api.h"
#include "api/query.h"
#include "net/http.h"

namespace anneal {

// The page at `path`, as a string that lives forever; empty when there is none.
std::string_view PlainRouteOf(std::string_view path);

// Whether the page shows what a tenant stored; else `context` may be of any tenant.
bool IsTenantPage(std::string_view route);

// REQUIRES: `route` comes from PlainRouteOf. 405 for other than GET and HEAD.
HttpResponse PlainPage(std::string_view route, const QueryContext& context,
                       const ApiOptions& options, const HttpRequest& request);

}  // namespace anneal
