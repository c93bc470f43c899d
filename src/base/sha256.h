// SHA-256. OpenSSL's.
#pragma once

#include <string>
#include <string_view>

namespace anneal {

// 64 hex digits.
std::string Sha256Hex(std::string_view bytes);

}  // namespace anneal
