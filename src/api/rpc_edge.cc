#include "api/rpc_edge.h"

#include <charconv>
#include <limits>

#include "api/grpc_message.h"
#include "api/header_value.h"
#include "api/http_edge.h"
#include "api/json_codec.h"
#include "profile/compress.h"

namespace anneal {
namespace {

constexpr size_t kGzipFrom = 1024;  // bytes
constexpr int kGzipLevel = 1;

}  // namespace

std::optional<RpcEdge> RpcEdge::For(const HttpRequest& request) {
  struct Row {
    std::string_view type;
    Protocol protocol;
    Codec codec;
  };
  static constexpr Row kRows[] = {
      {"application/proto", Protocol::kConnect, Codec::kProto},
      {"application/json", Protocol::kConnect, Codec::kJson},
      {"application/grpc", Protocol::kGrpc, Codec::kProto},
      {"application/grpc+proto", Protocol::kGrpc, Codec::kProto},
      {"application/grpc+json", Protocol::kGrpc, Codec::kJson},
      {"application/grpc-web", Protocol::kGrpcWeb, Codec::kProto},
      {"application/grpc-web+proto", Protocol::kGrpcWeb, Codec::kProto},
      {"application/grpc-web+json", Protocol::kGrpcWeb, Codec::kJson},
      {"application/grpc-web-text", Protocol::kGrpcWebText, Codec::kProto},
      {"application/grpc-web-text+proto", Protocol::kGrpcWebText, Codec::kProto},
  };
  const std::string_view type = HeaderMain(request.headers.Get("Content-Type"));
  for (const Row& row : kRows) {
    if (!EqualsIgnoreCase(row.type, type)) continue;
    RpcEdge edge(row.protocol, row.codec);
    edge.content_type_ = row.type;
    edge.accept_encoding_ =
        request.headers.Get(edge.is_grpc() ? "grpc-accept-encoding" : "Accept-Encoding");
    return edge;
  }
  return std::nullopt;
}

Status RpcEdge::Decode(HttpRequest& request, std::string_view message, size_t max_bytes) const {
  if (max_bytes == 0) max_bytes = std::numeric_limits<size_t>::max();
  const std::string_view version = request.headers.Get("Connect-Protocol-Version");
  if (!is_grpc() && !version.empty() && version != "1") {
    return InvalidArgument("Connect-Protocol-Version `{}` is not known; send 1 or leave it out",
                           version.substr(0, 32));
  }
  if (!is_grpc()) {
    TRY(DecodeBody(request, max_bytes));
  } else {
    // One layer of compression only, so that one limit bounds what is inflated.
    const std::string_view outer = TrimSpace(request.headers.Get("Content-Encoding"));
    if (!outer.empty() && !EqualsIgnoreCase(outer, "identity")) {
      return Error(Code::kUnimplemented,
                   "gRPC compresses its messages (grpc-encoding), not the body (Content-Encoding)");
    }
    if (protocol_ == Protocol::kGrpcWebText) {
      ASSIGN_OR_RETURN(request.body, DecodeBase64Pieces(request.body));
    }
    ASSIGN_OR_RETURN(const GrpcEncoding encoding,
                     ParseGrpcEncoding(TrimSpace(request.headers.Get("grpc-encoding"))));
    ASSIGN_OR_RETURN(request.body,
                     TakeGrpcMessage(request.body, encoding, max_bytes, request.memory.get()));
  }
  if (codec_ == Codec::kJson) {
    TRY(JsonBodyToProto(message, request.body, request.memory.get()));
  }
  return {};
}

Result<int64_t> RpcEdge::TimeoutNs(const HttpRequest& request) const {
  constexpr int64_t kMillisecondNs = 1'000'000;
  const std::string_view text =
      request.headers.Get(is_grpc() ? "grpc-timeout" : "Connect-Timeout-Ms");
  if (text.empty()) return INT64_MAX;
  if (is_grpc()) return ParseGrpcTimeout(text);
  constexpr size_t kMaxDigits = 10;
  int64_t ms = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), ms);
  if (text.size() > kMaxDigits || parsed.ec != std::errc() ||
      parsed.ptr != text.data() + text.size() || ms < 0) {
    return InvalidArgument("Connect-Timeout-Ms `{}` is not up to 10 digits", text.substr(0, 32));
  }
  return ms * kMillisecondNs;
}

HttpResponse RpcEdge::Answer(std::string_view message, std::string bytes) const {
  if (codec_ == Codec::kJson) {
    Result<std::string> json = ProtoToJson(message, bytes);
    if (!json.ok()) return Fail(json.status());
    bytes = *std::move(json);
  }
  if (!is_grpc()) return BodyResponse(accept_encoding_, content_type_, std::move(bytes));
  std::string body;
  const bool zip = bytes.size() >= kGzipFrom && AcceptsGzip(accept_encoding_);
  AppendGrpcFrame(zip ? kGrpcCompressed : 0, zip ? Gzip(bytes, kGzipLevel) : bytes, body);
  HttpResponse response = GrpcResponse(std::move(body), {});
  if (zip) response.headers.Add("grpc-encoding", "gzip");
  return response;
}

HttpResponse RpcEdge::Fail(const Status& status) const {
  return is_grpc() ? GrpcResponse({}, status) : ErrorResponse(status);
}

// gRPC puts the outcome in HTTP's trailers, gRPC-Web in a last frame of the body.
HttpResponse RpcEdge::GrpcResponse(std::string body, const Status& status) const {
  HttpHeaders outcome;
  outcome.Add("grpc-status", fmt::format("{}", static_cast<int>(status.code())));
  if (!status.ok()) outcome.Add("grpc-message", EncodeGrpcText(status.message()));
  HttpResponse response;
  response.headers.Add("Content-Type", content_type_);
  response.headers.Add("grpc-accept-encoding", "gzip, identity");
  response.body = std::move(body);
  if (protocol_ == Protocol::kGrpc) {
    response.trailers = std::move(outcome);
    return response;
  }
  std::string text;
  for (const auto& [name, value] : outcome.fields()) text += name + ": " + value + "\r\n";
  AppendGrpcFrame(kGrpcTrailer, text, response.body);
  if (protocol_ == Protocol::kGrpcWebText) response.body = EncodeBase64(response.body);
  return response;
}

}  // namespace anneal
