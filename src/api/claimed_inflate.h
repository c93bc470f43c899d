// Inflating within the memory that all requests share.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "net/http.h"

namespace anneal {

// As Gunzip, but claims what is inflated, so that many small bodies at once do not take all memory;
// of the claim its size remains, which is the caller's to release. `memory` null: unbounded. Its
// errors: kUnavailable, and kResourceExhausted as beyond `max_bytes`.
Result<std::string> GunzipClaimed(std::string_view bytes, size_t max_bytes, RequestMemory* memory);

}  // namespace anneal
