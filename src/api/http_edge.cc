#include "api/http_edge.h"

#include <charconv>
#include <limits>
#include <nlohmann/json.hpp>

#include "api/claimed_inflate.h"
#include "api/header_value.h"
#include "api/tenant.h"
#include "profile/compress.h"

namespace anneal {
namespace {

constexpr size_t kGzipFrom = 1024;  // bytes; below, the headers outweigh the gain
constexpr int kGzipLevel = 1;

bool IsZeroQuality(std::string_view q) {
  return !q.empty() && q.find_first_not_of("0.") == std::string_view::npos;
}

}  // namespace

bool AcceptsGzip(std::string_view accept_encoding) {
  while (!accept_encoding.empty()) {
    std::string_view item = NextField(accept_encoding, ',');
    std::string_view coding = HeaderMain(item);
    if (coding == "gzip" || coding == "*") return !IsZeroQuality(HeaderParameter(item, "q"));
  }
  return false;
}

int HttpStatusOf(Code code) {
  switch (code) {
    case Code::kOk:
      return 200;
    case Code::kInvalidArgument:
    case Code::kFailedPrecondition:
    case Code::kOutOfRange:
      return 400;
    case Code::kUnauthenticated:
      return 401;
    case Code::kPermissionDenied:
      return 403;
    case Code::kNotFound:
      return 404;
    case Code::kAlreadyExists:
    case Code::kAborted:
      return 409;
    case Code::kResourceExhausted:
      return 429;
    case Code::kCanceled:
      return 499;
    case Code::kUnimplemented:
      return 501;
    case Code::kUnavailable:
      return 503;
    case Code::kDeadlineExceeded:
      return 504;
    case Code::kUnknown:
    case Code::kInternal:
    case Code::kDataLoss:
      return 500;
  }
  return 500;
}

HttpResponse ErrorResponse(const Status& status, int http_status) {
  // Messages quote what clients sent; bytes that are not UTF-8 are replaced.
  nlohmann::ordered_json json = {{"code", CodeName(status.code())}, {"message", status.message()}};
  HttpResponse response;
  response.status = http_status;
  response.headers.Add("Content-Type", "application/json");
  response.headers.Add("X-Content-Type-Options", "nosniff");
  if (http_status == 503) response.headers.Add("Retry-After", "1");
  response.body = json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return response;
}

HttpResponse ErrorResponse(const Status& status) {
  return ErrorResponse(status, HttpStatusOf(status.code()));
}

HttpResponse TextResponse(int http_status, std::string text) {
  HttpResponse response;
  response.status = http_status;
  response.headers.Add("Content-Type", "text/plain; charset=utf-8");
  response.headers.Add("X-Content-Type-Options", "nosniff");
  response.body = std::move(text);
  return response;
}

HttpResponse MethodNotAllowed(std::string_view allow) {
  HttpResponse response =
      ErrorResponse(Error(Code::kUnimplemented, "method not allowed; use {}", allow), 405);
  response.headers.Add("Allow", std::string(allow));
  return response;
}

HttpResponse BodyResponse(std::string_view accept_encoding, std::string_view content_type,
                          std::string body) {
  HttpResponse response;
  response.headers.Add("Content-Type", std::string(content_type));
  if (body.size() >= kGzipFrom && AcceptsGzip(accept_encoding)) {
    response.headers.Add("Content-Encoding", "gzip");
    response.headers.Add("Vary", "Accept-Encoding");
    response.body = Gzip(body, kGzipLevel);
  } else {
    response.body = std::move(body);
  }
  return response;
}

HttpResponse BodyResponse(const HttpRequest& request, std::string_view content_type,
                          std::string body) {
  return BodyResponse(request.headers.Get("Accept-Encoding"), content_type, std::move(body));
}

Status DecodeBody(HttpRequest& request, size_t max_bytes) {
  size_t limit = max_bytes == 0 ? std::numeric_limits<size_t>::max() : max_bytes;
  std::string_view encoding = TrimSpace(request.headers.Get("Content-Encoding"));
  if (EqualsIgnoreCase(encoding, "gzip")) {
    const size_t sent_bytes = request.body.size();
    ASSIGN_OR_RETURN(request.body, GunzipClaimed(request.body, limit, request.memory.get()));
    if (request.memory) request.memory->Release(sent_bytes);
  } else if (!encoding.empty() && !EqualsIgnoreCase(encoding, "identity")) {
    return Error(Code::kUnimplemented, "Content-Encoding `{}` is not known; use gzip or identity",
                 encoding);
  }
  if (request.body.size() > limit) {
    return Error(Code::kResourceExhausted, "the body has {} bytes; limits.body allows {}",
                 request.body.size(), limit);
  }
  return {};
}

Result<std::string> TenantOf(const HttpRequest& request, Tenancy tenancy) {
  if (tenancy == Tenancy::kSingle) return std::string(kAnonymousTenant);
  std::string_view name = request.headers.Get("X-Scope-OrgID");
  if (name.empty()) {
    return Error(Code::kUnauthenticated, "no tenant; send the header X-Scope-OrgID");
  }
  Result<std::vector<std::string>> tenants = ParseTenants(name);
  if (!tenants.ok()) return tenants.status().Annotate("X-Scope-OrgID");
  return fmt::format("{}", fmt::join(*tenants, "|"));
}

Result<std::string> WriterTenantOf(const HttpRequest& request, Tenancy tenancy) {
  Result<std::string> tenant = TenantOf(request, tenancy);
  if (tenant.ok() && IsFederated(*tenant)) {
    return InvalidArgument("X-Scope-OrgID `{}`: what is written is of one tenant",
                           tenant->substr(0, 200));
  }
  return tenant;
}

Result<bool> AcceptsUtf8LabelNames(std::string_view accept) {
  bool accepts = false;
  std::string_view rest = accept;
  while (!rest.empty()) {
    std::string_view item = NextField(rest, ',');
    if (item.empty()) continue;
    if (!IsMediaType(item)) {
      return InvalidArgument("Accept `{}` is no list of media types", accept.substr(0, 200));
    }
    accepts = accepts || HeaderParameter(item, "allow-utf8-labelnames") == "true";
  }
  return accepts;
}

}  // namespace anneal
