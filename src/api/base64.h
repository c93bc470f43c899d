// Base64 of both alphabets, RFC 4648, 4 and 5.
#pragma once

#include <string>

namespace anneal {

// In place, since texts are large; with padding or without. False when it is none: `text` is then
// spoilt.
bool DecodeBase64InPlace(std::string& text);

}  // namespace anneal
