// SHA-256. OpenSSL's.
#pragma once

#include <string>
#include <string_view>

namespace anneal {

// 32 bytes.
std::string Sha256(std::string_view bytes);
// 64 hex digits.
std::string Sha256Hex(std::string_view bytes);

}  // namespace anneal
