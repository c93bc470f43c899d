// Serving the web page: which paths are the page's, and with which headers its files go out.
// (Those that keep it apart from other sites: pages.h.)
#pragma once

#include <optional>
#include <string_view>

#include "net/http.h"
#include "server/page_files.h"

namespace anneal {

// Whether `path` is a view of the page ("/", "/explore", "/pgo/shop"): all are the same document,
// whose script reads the address.
bool IsPagePath(std::string_view path);

// The bounded name of a path that PageResponse answers ("/explore", "/pgo", "/assets"), or empty.
std::string_view PageFileRouteOf(std::string_view path);

// Answers GET and HEAD of a page path or an asset. Assets are named by their content and never
// expire; the document is asked for again each time, by its ETag. 404 for an asset that is not
// there: one of another version.
HttpResponse PageResponse(const HttpRequest& request, std::string_view path);

// Whether a client asks for the page rather than for text: it accepts text/html by name.
bool WantsHtml(const HttpRequest& request);

}  // namespace anneal
