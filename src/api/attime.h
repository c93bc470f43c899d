// Points in time as people and Pyroscope's clients write them.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/status.h"

namespace anneal {

// Nanoseconds since 1970 UTC from any of
//   now, now-1h, now+30s, now-1h30m   units: ns us ms s sec min m h d w mon M y and longer names
//   2026-11-23T13:55:00Z, …+01:00     RFC 3339, fractions of seconds allowed
//   20261123                          a day, when the eight digits are a plausible date
//   1764000000 (s), 13 digits (ms), 16 digits (µs), 19 digits (ns)
// A month counts 30 days and a year 365. kInvalidArgument for anything else.
Result<int64_t> ParseTime(std::string_view text, int64_t now_ns);

}  // namespace anneal
