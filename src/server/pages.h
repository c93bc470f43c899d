// The server's own pages, those that are not the API's.
#pragma once

#include <string>
#include <string_view>

#include "net/http.h"

namespace anneal {

HttpResponse PlainPage(int status, std::string text);
// "/": what this is and how to begin. `address` is HOST:PORT.
HttpResponse FrontPage(std::string_view version, std::string_view address);
// 404, naming the path.
HttpResponse NotFoundPage(std::string_view path);
// 405 with Allow.
HttpResponse MethodNotAllowed(std::string_view method, std::string_view path,
                              std::string_view allowed);

}  // namespace anneal
