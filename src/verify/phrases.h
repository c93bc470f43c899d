// The words of a verdict: names of its enums, and numbers as people say them.
#pragma once

#include <string>

#include "verify/verdict.h"

namespace anneal {

// 0.0312 → "3.1 %", 0.0031 → "0.31 %": two digits that mean something.
std::string PercentText(double share);
// "3.1 % less" for 0.969, "0.42 % more" for 1.0042.
std::string DifferenceText(double ratio);
// "3.1 % less CPU (95 % interval 2.0 % to 4.2 % less)".
std::string DescribeRatio(const RatioEstimate& estimate);
// CPU time with a unit that fits: "3.21 ms".
std::string CpuTimeText(double ns);
// The verdict in one sentence.
std::string VerdictSentence(const Analysis& analysis, const RunRecord& run);

}  // namespace anneal
