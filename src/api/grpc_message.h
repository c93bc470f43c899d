// gRPC's wire form of one message and its fields, without HTTP. Sources:
// https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md and PROTOCOL-WEB.md.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

namespace anneal {

class RequestMemory;

// How a sender compresses the messages that it marks as compressed.
enum class GrpcEncoding { kIdentity, kGzip };
// "", "identity" or "gzip"; kUnimplemented for another.
Result<GrpcEncoding> ParseGrpcEncoding(std::string_view grpc_encoding);

// The message of a unary call's body: flag byte, length (4 bytes, big endian), bytes. gRPC-Web's
// trailer frame may follow. kUnimplemented when there is none or a second one, kInvalidArgument
// when the body is cut short, kResourceExhausted beyond `max_bytes` once inflated; what is inflated
// is claimed of `memory`, when that is given.
Result<std::string> TakeGrpcMessage(std::string_view body, GrpcEncoding encoding, size_t max_bytes,
                                    RequestMemory* memory = nullptr);

// Appends a frame. Flag 1: compressed; 128: gRPC-Web's trailer.
constexpr uint8_t kGrpcCompressed = 1, kGrpcTrailer = 128;
void AppendGrpcFrame(uint8_t flags, std::string_view payload, std::string& out);

// The text of the field grpc-message: percent-encoded but for printable ASCII.
std::string EncodeGrpcText(std::string_view message);

// "100m" → 100,000,000 ns; at most 8 digits and one of H M S m u n. kInvalidArgument for another.
Result<int64_t> ParseGrpcTimeout(std::string_view text);

// Standard base64, as grpc-web-text has it: pieces may each be padded. kInvalidArgument for
// anything else.
Result<std::string> DecodeBase64Pieces(std::string_view text);
std::string EncodeBase64(std::string_view bytes);

}  // namespace anneal
