// The calls about published records: POST /anneal/v1/publish, GET /anneal/v1/services/… and
// DELETE of a record.
// docs/guide/page-api.md.
#pragma once

#include <string_view>

#include "api/query.h"
#include "net/http.h"

namespace anneal {

// The route at `path`, a string that lives for ever ("/anneal/v1/services/"), or empty.
std::string_view PublishRouteOf(std::string_view path);

// Answers a request whose path has a route.
HttpResponse PublishCall(const QueryContext& context, HttpRequest request);

}  // namespace anneal
