// How the client of one remote call speaks: Connect, gRPC, gRPC-Web or grpc-web-text, in protobuf
// or JSON. The calls themselves see protobuf bytes and Status only. Sources:
// https://connectrpc.com/docs/protocol and those of grpc_message.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"
#include "net/http.h"

namespace anneal {

// A small value: what must be remembered of a request to answer it later.
class RpcEdge {
 public:
  // By the request's Content-Type; nullopt when it is none that is spoken here (415).
  static std::optional<RpcEdge> For(const HttpRequest& request);
  // The types, for people and for Accept-Post.
  static constexpr std::string_view kContentTypes =
      "application/proto, application/json, application/grpc, application/grpc+proto, "
      "application/grpc+json, application/grpc-web, application/grpc-web+proto, "
      "application/grpc-web+json, application/grpc-web-text, application/grpc-web-text+proto";

  // Leaves the call's message as protobuf in request.body; `message` is its full name
  // ("push.v1.PushRequest"). All that is inflated on the way has `max_bytes` together (0:
  // unlimited).
  Status Decode(HttpRequest& request, std::string_view message, size_t max_bytes) const;

  // How long the client waits for the answer, from now; INT64_MAX: it does not say.
  // kInvalidArgument when it says so in no known way.
  Result<int64_t> TimeoutNs(const HttpRequest& request) const;

  // An answer; `bytes` are the protobuf of the message named.
  HttpResponse Answer(std::string_view message, std::string bytes) const;
  HttpResponse Fail(const Status& status) const;

  // Whether failures travel in trailers, under HTTP's 200.
  bool is_grpc() const { return protocol_ != Protocol::kConnect; }

 private:
  enum class Protocol { kConnect, kGrpc, kGrpcWeb, kGrpcWebText };
  enum class Codec { kProto, kJson };

  RpcEdge(Protocol protocol, Codec codec) : protocol_(protocol), codec_(codec) {}
  HttpResponse GrpcResponse(std::string body, const Status& status) const;

  Protocol protocol_;
  Codec codec_;
  std::string content_type_;     // of the answer
  std::string accept_encoding_;  // what the client inflates
};

}  // namespace anneal
