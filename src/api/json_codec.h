// Proto3 JSON ⇄ protobuf bytes, so that each call is written once, for bytes.
// libprotobuf's reflection is named in json_codec.cc only.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "net/http.h"

namespace anneal {

// As JsonToProto, within the memory that all requests share (null: unbounded): `json`, a request's
// body, becomes the message's bytes.
Status JsonBodyToProto(std::string_view message, std::string& json, RequestMemory* memory);

// `message`: a full name, "querier.v1.SeriesRequest". Field names in either style, numbers as
// numbers or strings, unknown fields and unknown enum names ignored. kInvalidArgument for
// anything that is not such a JSON object, an empty text too.
Result<std::string> JsonToProto(std::string_view message, std::string_view json);

// lowerCamel names, 64-bit integers as strings, zero fields left out.
Result<std::string> ProtoToJson(std::string_view message, std::string_view bytes);

}  // namespace anneal
