// HTTP/1.1 messages as text: heads that we write, and the answers to requests that we refuse.
#pragma once

#include <string>
#include <string_view>

#include "net/http.h"

namespace anneal {

// "Not Found" for 404; "Unknown" for codes without a name.
std::string_view ReasonPhrase(int status);

// A refusal of our own: {"code": Connect's name for the status, "message": …}.
HttpResponse RefusalResponse(int status, std::string_view message);
// Instead of an answer of `bytes` that memory has no room for.
HttpResponse NoRoomResponse(size_t bytes);

// How a connection goes on after a response; decides the Connection field.
enum class AfterResponse { kKeepAlive, kKeepAliveHttp10, kClose };

// Appends status line and header, blank line included. Content-Length is that of the body unless
// the status allows none, or the body is one chunk when trailers follow it; Date is `date`
// (IMF-fixdate). Fields that would break the framing (Content-Length, Transfer-Encoding,
// Connection, Date, or control characters) are not taken over.
void AppendResponseHead(const HttpResponse& response, AfterResponse after, std::string_view date,
                        std::string& out);

// What stands before and after the body of a response with trailers.
void AppendChunkBegin(const HttpResponse& response, std::string& out);
void AppendChunkEnd(const HttpResponse& response, std::string& out);

// Whether a handler may set that field: it does not frame the message, and has no characters that
// would break out of it.
bool IsOwnField(std::string_view name, std::string_view value);

// Whether a response of that status has a body at all (RFC 9110, 6.4.1).
bool StatusHasBody(int status);

// Appends request line and header for `path` (origin form) at `host` (the Host field).
void AppendRequestHead(const HttpRequest& request, std::string_view path, std::string_view host,
                       std::string& out);

// "Mon, 23 Nov 2026 13:36:46 GMT" for seconds since 1970.
std::string HttpDate(int64_t unix_seconds);

}  // namespace anneal
