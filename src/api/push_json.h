// push.v1.PushRequest in JSON, to its bytes in protobuf.
//
// Pushes are large where other messages are small: this takes little more memory than the text
// itself, where a generic reader takes many times as much.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/status.h"

namespace anneal {

// What PushJsonToProto takes, as often as the bytes it is given, its answer included.
constexpr size_t kPushJsonFactor = 5;

// Proto3's rules: names in either style, base64 of either alphabet with or without padding, null
// for what is not given, unknown fields ignored. Objects without anything in them are left out:
// they push nothing. kInvalidArgument for anything that is not such a JSON object; the message says
// what and where.
Result<std::string> PushJsonToProto(std::string_view json);

}  // namespace anneal
