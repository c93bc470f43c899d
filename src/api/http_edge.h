// Where HTTP meets calls: bodies, encodings, error answers, tenants. Source: Connect's protocol
// for unary calls (https://connectrpc.com/docs/protocol).
#pragma once

#include <string>
#include <string_view>

#include "api/api.h"
#include "base/status.h"
#include "net/http.h"

namespace anneal {

// Connect's HTTP status of an error code.
int HttpStatusOf(Code code);

// {"code":"invalid_argument","message":"…"} with the code's HTTP status, or another.
HttpResponse ErrorResponse(const Status& status);
HttpResponse ErrorResponse(const Status& status, int http_status);
HttpResponse TextResponse(int http_status, std::string text);
HttpResponse MethodNotAllowed(std::string_view allow);

// Whether a list of codings ("deflate, gzip;q=0.5") has gzip.
bool AcceptsGzip(std::string_view accept_encoding);

// A 200; gzipped when the client accepts that and the body is worth it.
HttpResponse BodyResponse(std::string_view accept_encoding, std::string_view content_type,
                          std::string body);
HttpResponse BodyResponse(const HttpRequest& request, std::string_view content_type,
                          std::string body);

// Undoes Content-Encoding (gzip or identity) of request.body in place. kUnimplemented for
// another encoding, kResourceExhausted beyond `max_bytes` (0: unlimited), kInvalidArgument for bad
// gzip, and the errors of claiming memory for what is inflated.
Status DecodeBody(HttpRequest& request, size_t max_bytes);

// The tenant of a request that reads: one, or several, "a|b" (api/tenant.h). kUnauthenticated when
// none is named but one must be; kInvalidArgument when what is named is none.
Result<std::string> TenantOf(const HttpRequest& request, Tenancy tenancy);
// That of a request that writes: kInvalidArgument for several.
Result<std::string> WriterTenantOf(const HttpRequest& request, Tenancy tenancy);

// Whether the client takes label names that are not [A-Za-z_][A-Za-z0-9_]*: the Accept header
// carries allow-utf8-labelnames=true. kInvalidArgument when Accept is no list of media types.
Result<bool> AcceptsUtf8LabelNames(std::string_view accept);

}  // namespace anneal
