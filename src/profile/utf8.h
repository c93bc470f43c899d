// UTF-8 validation, with a fast way through ASCII.
#pragma once

#include <cstddef>
#include <string_view>

namespace anneal {

// The length of the longest prefix that is well-formed UTF-8 (RFC 3629: no surrogates, no overlong
// forms, nothing above U+10FFFF).
size_t ValidUtf8Prefix(std::string_view text);

}  // namespace anneal
