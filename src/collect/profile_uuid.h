// Ids of pushed profiles, made from their bytes: pushing the same file twice stores it once.
#pragma once

#include <string>
#include <string_view>

namespace anneal {

// A UUID of version 8 (RFC 9562) from the SHA-256 of `bytes`: "0b5c…-….-8…-….".
std::string ContentUuid(std::string_view bytes);

}  // namespace anneal
