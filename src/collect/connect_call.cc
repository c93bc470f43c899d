#include "collect/connect_call.h"

#include <absl/strings/escaping.h>

#include <nlohmann/json.hpp>

#include "profile/compress.h"

namespace anneal {
namespace {

// An inflated answer above this is refused; merges of very large services stay well below.
constexpr size_t kMaxAnswerBytes = size_t{1} << 30;

// The code for a status that came without Connect's error body.
Code CodeOfHttpStatus(int status) {
  switch (status) {
    case 400:
    case 413:
    case 415:
    case 422:
      return Code::kInvalidArgument;
    case 401:
      return Code::kUnauthenticated;
    case 403:
      return Code::kPermissionDenied;
    case 404:
      return Code::kUnimplemented;
    case 408:
    case 504:
      return Code::kDeadlineExceeded;
    case 429:
      return Code::kResourceExhausted;
    case 502:
    case 503:
      return Code::kUnavailable;
    default:
      return Code::kUnknown;
  }
}

Code CodeOfName(std::string_view name) {
  for (int i = 1; i <= 16; ++i) {
    if (CodeName(static_cast<Code>(i)) == name) return static_cast<Code>(i);
  }
  return Code::kOk;
}

// The start of a body, fit for a message of one line.
std::string Excerpt(std::string_view body) {
  std::string text(body.substr(0, 200));
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  }
  return text;
}

// The address as the beginning of a request's target: with a scheme, without a slash at the end.
std::string BaseUrl(std::string_view url) {
  std::string base(url);
  if (base.find("://") == std::string::npos) base = "http://" + base;
  while (base.ends_with('/')) base.pop_back();
  return base;
}

void Authorize(const ServerAddress& server, HttpHeaders& headers) {
  if (!server.tenant.empty()) headers.Set("X-Scope-OrgID", server.tenant);
  if (!server.token.empty()) {
    headers.Set("Authorization", "Bearer " + server.token);
  } else if (!server.username.empty() || !server.password.empty()) {
    headers.Set("Authorization",
                "Basic " + absl::Base64Escape(server.username + ":" + server.password));
  }
}

}  // namespace

Status StatusOfResponse(const HttpResponse& response, std::string_view what) {
  nlohmann::json error = nlohmann::json::parse(response.body, nullptr, false);
  if (error.is_object() && error.contains("code") && error["code"].is_string()) {
    Code code = CodeOfName(error["code"].get_ref<const std::string&>());
    std::string message = error.contains("message") && error["message"].is_string()
                              ? error["message"].get<std::string>()
                              : "";
    // "Exhausted" is for what may be tried again; a body that is too large stays so.
    if (response.status == 413) code = Code::kInvalidArgument;
    if (code != Code::kOk) return Error(code, "{}: the server says: {}", what, message);
  }
  std::string hint;
  if (response.status == 404) hint = " (is this the address of an anneal or Pyroscope server?)";
  if (response.status >= 300 && response.status < 400) {
    hint = fmt::format(" (it points to '{}')", response.headers.Get("Location"));
  }
  return Error(CodeOfHttpStatus(response.status), "{}: HTTP status {}{}: {}", what, response.status,
               hint, Excerpt(response.body));
}

Result<HttpResponse> AskServer(Http& http, const ServerAddress& server, std::string_view path,
                               HttpRequest request) {
  request.target = BaseUrl(server.url) + std::string(path);
  request.headers.Set("User-Agent", "anneal");
  Authorize(server, request.headers);
  Result<HttpResponse> response = http.Fetch(request, server.timeout_ns, kMaxAnswerBytes);
  if (response.status().code() == Code::kUnavailable) {
    return Error(Code::kUnavailable, "{} (is a server running at {}, and is that its address?)",
                 response.status().message(), BaseUrl(server.url));
  }
  if (!response.ok()) return response;
  if (response->headers.Get("Content-Encoding") == "gzip") {
    ASSIGN_OR_RETURN(response->body, Gunzip(response->body, kMaxAnswerBytes));
  }
  if (response->status == 200) return response;
  Status status = StatusOfResponse(*response, request.target);
  const bool nobody = server.token.empty() && server.username.empty();
  if (status.code() != Code::kUnauthenticated || !nobody) return status;
  return Error(status.code(), "{} (a token comes from --token-file or ANNEAL_TOKEN)",
               status.message());
}

Result<std::string> JsonCall(Http& http, const ServerAddress& server, std::string_view path,
                             std::string json) {
  HttpRequest request{.method = "POST", .body = std::move(json)};
  request.headers.Set("Content-Type", "application/json");
  ASSIGN_OR_RETURN(HttpResponse response, AskServer(http, server, path, std::move(request)));
  return std::move(response.body);
}

Result<std::string> JsonGet(Http& http, const ServerAddress& server, std::string_view path) {
  ASSIGN_OR_RETURN(HttpResponse response, AskServer(http, server, path, {.method = "GET"}));
  return std::move(response.body);
}

Result<std::string> ConnectCall(Http& http, const ServerAddress& server, std::string_view method,
                                std::string message) {
  HttpRequest request;
  request.method = "POST";
  request.headers.Set("Content-Type", "application/proto");
  request.headers.Set("Connect-Protocol-Version", "1");
  request.headers.Set("Accept-Encoding", "gzip");
  // Without it label names that are not of Prometheus's old alphabet are hidden from answers.
  request.headers.Set("Accept", "*/*;allow-utf8-labelnames=true");
  request.body = std::move(message);
  ASSIGN_OR_RETURN(HttpResponse response,
                   AskServer(http, server, fmt::format("/{}", method), std::move(request)));
  std::string_view type = response.headers.Get("Content-Type");
  if (!type.starts_with("application/proto")) {
    return Error(Code::kUnknown,
                 "{}/{}: the answer is '{}' instead of application/proto (is this the address of "
                 "an anneal or Pyroscope server?)",
                 BaseUrl(server.url), method, type);
  }
  return std::move(response.body);
}

}  // namespace anneal
