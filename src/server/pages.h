// The server's own pages, those that are not the API's.
#pragma once

#include <string>
#include <string_view>

#include "net/http.h"

namespace anneal {

HttpResponse PlainPage(int status, std::string text);
// Adds what tells browsers to run nothing that is not ours, to show us in no other page's frame and
// to guess no types. Fields that the response has already are kept.
void HardenPage(HttpResponse& response);
// "/": what this is and how to begin. `url` is the server's, "http://HOST:PORT".
HttpResponse FrontPage(std::string_view version, std::string_view url);
// 404, naming the path.
HttpResponse NotFoundPage(std::string_view path);
// 302 to a path of this server.
HttpResponse Redirect(std::string_view path);
// 405 with Allow.
HttpResponse MethodNotAllowed(std::string_view method, std::string_view path,
                              std::string_view allowed);

}  // namespace anneal
