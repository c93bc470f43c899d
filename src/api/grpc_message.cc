#include "api/grpc_message.h"

#include <algorithm>
#include <charconv>

#include "api/claimed_inflate.h"
#include "net/http.h"

namespace anneal {
namespace {

constexpr size_t kPrefixBytes = 5;
constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

struct Frame {
  uint8_t flags = 0;
  std::string_view payload;
};

// Takes the next frame off `body`.
Result<Frame> NextFrame(std::string_view& body) {
  if (body.size() < kPrefixBytes) {
    return InvalidArgument("gRPC: {} bytes where a frame's prefix has {}", body.size(),
                           kPrefixBytes);
  }
  size_t size = 0;
  for (size_t i = 1; i < kPrefixBytes; ++i) size = size << 8 | static_cast<uint8_t>(body[i]);
  if (body.size() - kPrefixBytes < size) {
    return InvalidArgument("gRPC: a message of {} bytes is cut short after {}", size,
                           body.size() - kPrefixBytes);
  }
  const Frame frame{static_cast<uint8_t>(body[0]), body.substr(kPrefixBytes, size)};
  body.remove_prefix(kPrefixBytes + size);
  return frame;
}

}  // namespace

Result<GrpcEncoding> ParseGrpcEncoding(std::string_view grpc_encoding) {
  if (grpc_encoding.empty() || EqualsIgnoreCase(grpc_encoding, "identity")) {
    return GrpcEncoding::kIdentity;
  }
  if (EqualsIgnoreCase(grpc_encoding, "gzip")) return GrpcEncoding::kGzip;
  return Error(Code::kUnimplemented, "grpc-encoding `{}` is not known; use gzip or identity",
               grpc_encoding.substr(0, 32));
}

Result<std::string> TakeGrpcMessage(std::string_view body, GrpcEncoding encoding, size_t max_bytes,
                                    RequestMemory* memory) {
  if (body.empty()) return Error(Code::kUnimplemented, "gRPC: the call has no message");
  ASSIGN_OR_RETURN(const Frame message, NextFrame(body));
  if ((message.flags & kGrpcTrailer) != 0) {
    return Error(Code::kUnimplemented, "gRPC: the call has no message");
  }
  while (!body.empty()) {
    ASSIGN_OR_RETURN(const Frame more, NextFrame(body));
    if ((more.flags & kGrpcTrailer) == 0) {
      return Error(Code::kUnimplemented, "gRPC: a unary call has one message, not several");
    }
  }
  if ((message.flags & ~kGrpcCompressed) != 0) {
    return InvalidArgument("gRPC: the message's flags are {}; 0 and 1 are known", message.flags);
  }
  if ((message.flags & kGrpcCompressed) != 0) {
    if (encoding == GrpcEncoding::kGzip) return GunzipClaimed(message.payload, max_bytes, memory);
    return InvalidArgument("gRPC: the message is compressed, but grpc-encoding does not say how");
  }
  if (message.payload.size() > max_bytes) {
    return Error(Code::kResourceExhausted, "the message has {} bytes; limits.body allows {}",
                 message.payload.size(), max_bytes);
  }
  return std::string(message.payload);
}

void AppendGrpcFrame(uint8_t flags, std::string_view payload, std::string& out) {
  out.push_back(static_cast<char>(flags));
  for (int shift = 24; shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>(payload.size() >> shift & 0xff));
  }
  out.append(payload);
}

std::string EncodeGrpcText(std::string_view message) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  out.reserve(message.size());
  for (const char c : message) {
    const auto byte = static_cast<uint8_t>(c);
    if (byte >= 0x20 && byte <= 0x7e && c != '%') {
      out.push_back(c);
      continue;
    }
    out.push_back('%');
    out.push_back(kDigits[byte >> 4]);
    out.push_back(kDigits[byte & 15]);
  }
  return out;
}

Result<int64_t> ParseGrpcTimeout(std::string_view text) {
  constexpr size_t kMaxDigits = 8;
  constexpr std::pair<char, int64_t> kUnits[] = {
      {'H', 3'600'000'000'000}, {'M', 60'000'000'000}, {'S', 1'000'000'000},
      {'m', 1'000'000},         {'u', 1'000},          {'n', 1}};
  const std::string_view digits = text.substr(0, text.empty() ? 0 : text.size() - 1);
  int64_t count = 0;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), count);
  const bool is_number = !digits.empty() && digits.size() <= kMaxDigits && digits[0] != '-' &&
                         parsed.ec == std::errc() && parsed.ptr == digits.data() + digits.size();
  for (const auto& [unit, ns] : kUnits) {
    if (is_number && text.back() == unit) return std::min(count, INT64_MAX / ns) * ns;
  }
  return InvalidArgument("grpc-timeout `{}` is not up to 8 digits and a unit of H M S m u n",
                         text.substr(0, 32));
}

Result<std::string> DecodeBase64Pieces(std::string_view text) {
  if (text.size() % 4 != 0) {
    return InvalidArgument("grpc-web-text: {} characters of base64 are not a multiple of 4",
                           text.size());
  }
  std::string out;
  out.reserve(text.size() / 4 * 3);
  for (size_t at = 0; at < text.size(); at += 4) {
    const size_t padding = text[at + 3] != '=' ? 0 : text[at + 2] != '=' ? 1 : 2;
    uint32_t bits = 0;
    for (size_t i = 0; i < 4; ++i) {
      const size_t value = i >= 4 - padding ? 0 : kBase64.find(text[at + i]);
      if (value == std::string_view::npos) {
        return InvalidArgument("grpc-web-text: no base64 at character {}", at + i);
      }
      bits = bits << 6 | static_cast<uint32_t>(value);
    }
    for (size_t i = 0; i < 3 - padding; ++i) {
      out.push_back(static_cast<char>(bits >> (16 - 8 * i) & 0xff));
    }
  }
  return out;
}

std::string EncodeBase64(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t at = 0; at < bytes.size(); at += 3) {
    const size_t count = std::min<size_t>(3, bytes.size() - at);
    uint32_t bits = 0;
    for (size_t i = 0; i < 3; ++i) {
      bits = bits << 8 | (i < count ? static_cast<uint8_t>(bytes[at + i]) : 0u);
    }
    for (size_t i = 0; i < 4; ++i) {
      out.push_back(i <= count ? kBase64[bits >> (18 - 6 * i) & 63] : '=');
    }
  }
  return out;
}

}  // namespace anneal
