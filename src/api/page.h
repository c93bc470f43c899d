// The calls of the web page beside Pyroscope's: /anneal/v1/…, all GET, answers in JSON. What they
// take and give is in docs/guide/page-api.md.
#pragma once

#include <string_view>

#include "api/query.h"
#include "net/http.h"

namespace anneal {

// Answers `request`; errors as everywhere, {"code","message"}. 404 when no call has this path.
HttpResponse PageCall(const QueryContext& context, const HttpRequest& request);

// The call at `path`, as a string that lives for ever, or empty.
std::string_view PageRouteOf(std::string_view path);

}  // namespace anneal
