// A message of protobuf in JSON, to its bytes, written while the text is read: so that a body of
// many megabytes takes little more memory than itself.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "net/http.h"

namespace google::protobuf {
class Descriptor;
}

namespace anneal {

// Proto3's rules: names in either style, integers as numbers or texts, base64 of either alphabet
// with or without padding, null for what is not given; unknown fields and unknown names of enums
// are ignored. kInvalidArgument for anything that is no JSON object of such a `message`: what and
// where. Claims what it takes of `memory` (null: unbounded); of that the answer's capacity remains,
// which is the caller's to release.
Result<std::string> ReadJson(const google::protobuf::Descriptor& message, std::string_view json,
                             RequestMemory* memory);

}  // namespace anneal
