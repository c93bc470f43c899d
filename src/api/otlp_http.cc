#include "api/otlp_http.h"

#include "api/header_value.h"
#include "api/http_edge.h"
#include "api/json_codec.h"

namespace anneal {
namespace {

constexpr std::string_view kRequest =
    "opentelemetry.proto.collector.profiles.v1development.ExportProfilesServiceRequest";
constexpr std::string_view kProto = "application/x-protobuf";

HttpResponse UnsupportedType() {
  HttpResponse response =
      ErrorResponse(InvalidArgument("unsupported media type; send application/x-protobuf or "
                                    "application/json"),
                    415);
  response.headers.Add("Accept-Post", "application/x-protobuf, application/json");
  return response;
}

}  // namespace

void HandleOtlp(Pusher& pusher, const ApiOptions& options, HttpRequest request,
                HttpRespond respond) {
  if (request.method != "POST") return respond(MethodNotAllowed("POST"));
  std::string_view type = TrimSpace(request.headers.Get("Content-Type"));
  const bool is_json = EqualsIgnoreCase(type, "application/json");
  if (!is_json && !EqualsIgnoreCase(type, kProto) &&
      !EqualsIgnoreCase(type, "application/protobuf")) {
    return respond(UnsupportedType());
  }
  Result<std::string> tenant = WriterTenantOf(request, options.tenancy);
  if (!tenant.ok()) return respond(ErrorResponse(tenant.status()));
  Status decoded = DecodeBody(request, options.limits.max_body_bytes);
  if (decoded.code() == Code::kResourceExhausted) return respond(ErrorResponse(decoded, 413));
  if (decoded.code() == Code::kUnimplemented) return respond(ErrorResponse(decoded, 415));
  if (!decoded.ok()) return respond(ErrorResponse(decoded));
  if (is_json) {
    const Status read = JsonBodyToProto(kRequest, request.body, request.memory.get());
    if (read.code() == Code::kResourceExhausted) return respond(ErrorResponse(read, 413));
    if (!read.ok()) return respond(ErrorResponse(read));
  }
  pusher.PushOtlp(*tenant, request, [respond = std::move(respond)](Result<std::string> bytes) {
    if (!bytes.ok()) return respond(ErrorResponse(bytes.status()));
    HttpResponse response;
    response.headers.Add("Content-Type", std::string(kProto));
    response.body = *std::move(bytes);
    respond(std::move(response));
  });
}

}  // namespace anneal
