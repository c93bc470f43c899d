// One unary call of the Connect protocol, protobuf both ways, over the Http seam.
// Source: https://connectrpc.com/docs/protocol
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"
#include "net/http.h"

namespace anneal {

// A server and who asks. Secrets: never printed, never logged.
struct ServerAddress {
  std::string url;       // "http://localhost:4040", perhaps with a path; no scheme means http
  std::string tenant;    // X-Scope-OrgID, unless empty
  std::string token;     // Bearer, unless empty
  std::string username;  // Basic, when there is no token
  std::string password;
  int64_t timeout_ns = 60'000'000'000;
};

// Calls `method` ("querier.v1.QuerierService/Series") with an encoded message and returns the
// answer's, inflated. An error the server reports keeps its code and message; any answer that is
// not Connect's says what came instead.
Result<std::string> ConnectCall(Http& http, const ServerAddress& server, std::string_view method,
                                std::string message);

// Sends `request` to `path` ("/anneal/v1/publish") of the server, saying who asks; its answer of
// status 200, inflated. Errors as above, and with what to do when nothing answers at all, or nobody
// said who asks.
Result<HttpResponse> AskServer(Http& http, const ServerAddress& server, std::string_view path,
                               HttpRequest request);

// POSTs a JSON text to `path` ("/anneal/v1/admin/backup") of an anneal server; the answer's body.
// Errors as above.
Result<std::string> JsonCall(Http& http, const ServerAddress& server, std::string_view path,
                             std::string json);

// GETs a JSON text from `path`. Errors as above.
Result<std::string> JsonGet(Http& http, const ServerAddress& server, std::string_view path);

// What a response of HTTP status >= 300 means; `what` names the request in the message.
Status StatusOfResponse(const HttpResponse& response, std::string_view what);

}  // namespace anneal
