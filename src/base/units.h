// Quantities as people write them: durations, sizes and percentages, for configs and flags.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

namespace anneal {

// "15s", "1h30m", "31d", "250ms", "1.5h"; units ns us ms s m h d w; "0" needs none. Nanoseconds.
// kInvalidArgument, quoting the text, when it is empty, negative, has no unit or overflows.
Result<int64_t> ParseDuration(std::string_view text);
// The shortest exact form: 5400 s is "1h30m", 0 is "0s".
std::string FormatDuration(int64_t duration_ns);

// "4096", "64KiB", "256MiB", "1GB", "1.5GiB"; KB, MB, GB, TB count in thousands. Bytes.
Result<uint64_t> ParseBytes(std::string_view text);
// "256MiB" where that is exact, else plain bytes: reads back as the same number.
std::string FormatBytes(uint64_t bytes);
// For people: "3.4 MiB".
std::string HumanBytes(uint64_t bytes);

// "1%", "0.5%" → 0.01, 0.005. A number without the sign is refused: 1 could mean either.
Result<double> ParsePercent(std::string_view text);

}  // namespace anneal
