#include "net/message_text.h"

#include <ctime>

#include "base/status.h"

namespace anneal {
namespace {

struct StatusRow {
  int status;
  std::string_view reason;
  Code code;  // of a refusal with that status
};

constexpr StatusRow kStatuses[] = {
    {101, "Switching Protocols", Code::kOk},
    {200, "OK", Code::kOk},
    {201, "Created", Code::kOk},
    {202, "Accepted", Code::kOk},
    {204, "No Content", Code::kOk},
    {206, "Partial Content", Code::kOk},
    {301, "Moved Permanently", Code::kOk},
    {302, "Found", Code::kOk},
    {303, "See Other", Code::kOk},
    {304, "Not Modified", Code::kOk},
    {307, "Temporary Redirect", Code::kOk},
    {308, "Permanent Redirect", Code::kOk},
    {400, "Bad Request", Code::kInvalidArgument},
    {401, "Unauthorized", Code::kUnauthenticated},
    {403, "Forbidden", Code::kPermissionDenied},
    {404, "Not Found", Code::kNotFound},
    {405, "Method Not Allowed", Code::kUnimplemented},
    {406, "Not Acceptable", Code::kInvalidArgument},
    {408, "Request Timeout", Code::kDeadlineExceeded},
    {409, "Conflict", Code::kAlreadyExists},
    {411, "Length Required", Code::kInvalidArgument},
    {412, "Precondition Failed", Code::kFailedPrecondition},
    {413, "Payload Too Large", Code::kResourceExhausted},
    {414, "URI Too Long", Code::kResourceExhausted},
    {415, "Unsupported Media Type", Code::kInvalidArgument},
    {417, "Expectation Failed", Code::kFailedPrecondition},
    {422, "Unprocessable Entity", Code::kInvalidArgument},
    {429, "Too Many Requests", Code::kResourceExhausted},
    {431, "Request Header Fields Too Large", Code::kResourceExhausted},
    {499, "Client Closed Request", Code::kCanceled},
    {500, "Internal Server Error", Code::kInternal},
    {501, "Not Implemented", Code::kUnimplemented},
    {502, "Bad Gateway", Code::kUnavailable},
    {503, "Service Unavailable", Code::kUnavailable},
    {504, "Gateway Timeout", Code::kDeadlineExceeded},
    {505, "HTTP Version Not Supported", Code::kUnimplemented},
};

const StatusRow* FindStatus(int status) {
  for (const StatusRow& row : kStatuses) {
    if (row.status == status) return &row;
  }
  return nullptr;
}

bool IsClean(std::string_view text) {
  for (char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\t') || byte == 0x7f) return false;
  }
  return true;
}

// Fields that say how the message is framed; whoever writes the connection owns them.
bool IsFraming(std::string_view name) {
  return EqualsIgnoreCase(name, "Content-Length") || EqualsIgnoreCase(name, "Transfer-Encoding") ||
         EqualsIgnoreCase(name, "Connection") || EqualsIgnoreCase(name, "Keep-Alive") ||
         EqualsIgnoreCase(name, "Proxy-Connection") || EqualsIgnoreCase(name, "Upgrade");
}

void AppendField(std::string_view name, std::string_view value, std::string& out) {
  out.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

std::string_view ReasonPhrase(int status) {
  const StatusRow* row = FindStatus(status);
  return row ? row->reason : "Unknown";
}

HttpResponse RefusalResponse(int status, std::string_view message) {
  const StatusRow* row = FindStatus(status);
  HttpResponse response;
  response.status = status;
  response.headers.Add("Content-Type", "application/json");
  response.headers.Add("X-Content-Type-Options", "nosniff");
  response.body = fmt::format(R"({{"code":"{}","message":")",
                              CodeName(row && row->code != Code::kOk ? row->code : Code::kUnknown));
  for (char c : message) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      response.body.push_back('\\');
      response.body.push_back(c);
    } else if (byte < 0x20) {
      fmt::format_to(std::back_inserter(response.body), "\\u{:04x}", byte);
    } else {
      response.body.push_back(c);
    }
  }
  response.body.append("\"}");
  return response;
}

HttpResponse NoRoomResponse(size_t bytes) {
  HttpResponse response = RefusalResponse(
      503, fmt::format("there is no memory for the answer of {} bytes beside other requests and "
                       "answers that nobody has read yet; retry later (memory_budget, "
                       "http.max_inflight)",
                       bytes));
  response.headers.Add("Retry-After", "1");
  return response;
}

bool IsOwnField(std::string_view name, std::string_view value) {
  return !IsFraming(name) && !EqualsIgnoreCase(name, "Date") && !name.empty() && IsClean(name) &&
         IsClean(value);
}

bool StatusHasBody(int status) { return status >= 200 && status != 204 && status != 304; }

void AppendResponseHead(const HttpResponse& response, AfterResponse after, std::string_view date,
                        std::string& out) {
  fmt::format_to(std::back_inserter(out), "HTTP/1.1 {} {}\r\n", response.status,
                 ReasonPhrase(response.status));
  for (const auto& [name, value] : response.headers.fields()) {
    if (IsOwnField(name, value)) AppendField(name, value, out);
  }
  AppendField("Date", date, out);
  if (StatusHasBody(response.status) && !response.trailers.fields().empty()) {
    AppendField("Transfer-Encoding", "chunked", out);
  } else if (StatusHasBody(response.status)) {
    fmt::format_to(std::back_inserter(out), "Content-Length: {}\r\n", response.body.size());
  }
  if (after == AfterResponse::kClose) AppendField("Connection", "close", out);
  if (after == AfterResponse::kKeepAliveHttp10) AppendField("Connection", "keep-alive", out);
  out.append("\r\n");
}

void AppendChunkBegin(const HttpResponse& response, std::string& out) {
  if (response.body.empty()) return;
  fmt::format_to(std::back_inserter(out), "{:x}\r\n", response.body.size());
}

void AppendChunkEnd(const HttpResponse& response, std::string& out) {
  if (!response.body.empty()) out.append("\r\n");
  out.append("0\r\n");
  for (const auto& [name, value] : response.trailers.fields()) {
    if (IsOwnField(name, value)) AppendField(name, value, out);
  }
  out.append("\r\n");
}

void AppendRequestHead(const HttpRequest& request, std::string_view path, std::string_view host,
                       std::string& out) {
  fmt::format_to(std::back_inserter(out), "{} {} HTTP/1.1\r\n", request.method, path);
  if (!request.headers.Has("Host")) AppendField("Host", host, out);
  for (const auto& [name, value] : request.headers.fields()) {
    if (IsFraming(name) || !IsClean(name) || !IsClean(value)) continue;
    AppendField(name, value, out);
  }
  if (!request.headers.Has("User-Agent")) AppendField("User-Agent", "anneal", out);
  if (!request.headers.Has("Accept")) AppendField("Accept", "*/*", out);
  // GET and HEAD have no body by custom; every other method states its length, zero too.
  if (!request.body.empty() || (request.method != "GET" && request.method != "HEAD")) {
    fmt::format_to(std::back_inserter(out), "Content-Length: {}\r\n", request.body.size());
  }
  out.append("\r\n");
}

std::string HttpDate(int64_t unix_seconds) {
  constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const time_t seconds = static_cast<time_t>(unix_seconds);
  struct tm utc{};
  gmtime_r(&seconds, &utc);
  return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} GMT", kDays[utc.tm_wday], utc.tm_mday,
                     kMonths[utc.tm_mon], utc.tm_year + 1900, utc.tm_hour, utc.tm_min, utc.tm_sec);
}

}  // namespace anneal
