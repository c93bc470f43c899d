// gzip, as bytes to bytes. libdeflate is named in compress.cc only.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace anneal {

bool IsGzip(std::string_view bytes);

// Inflates all members of a gzip stream, each with its checksum checked. kResourceExhausted when
// the output would exceed `max_bytes`; memory use stays within a small factor of the output.
Result<std::string> Gunzip(std::string_view bytes, size_t max_bytes);

// What the stream says that it inflates to, modulo 2^32. Only a hint: it can lie, and of several
// members it is the last one's. 0: nothing.
size_t InflatedSizeHint(std::string_view bytes);

// One gzip member, without time or name: equal input gives equal output. Level 1 (fast) to 12.
std::string Gzip(std::string_view bytes, int level = 6);

}  // namespace anneal
