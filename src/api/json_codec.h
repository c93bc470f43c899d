// Proto3 JSON ⇄ protobuf bytes, so that each call is written once, for bytes.
// libprotobuf's reflection is named in json_codec.cc only.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace anneal {

// What JsonToProto takes, as often as the bytes it is given: the message as objects, and its bytes.
constexpr size_t kJsonFactor = 16;

// `message`: a full name, "querier.v1.SeriesRequest". Field names in either style, numbers as
// numbers or strings, unknown fields and unknown enum names ignored. kInvalidArgument for
// anything that is not such a JSON object, an empty text too.
Result<std::string> JsonToProto(std::string_view message, std::string_view json);

// lowerCamel names, 64-bit integers as strings, zero fields left out.
Result<std::string> ProtoToJson(std::string_view message, std::string_view bytes);

}  // namespace anneal
