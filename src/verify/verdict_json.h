// verdict.json, the record of one verification: docs/format/verdict.md.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "base/status.h"
#include "verify/verdict.h"

namespace anneal {

inline constexpr int kVerdictVersion = 1;

// {ratio, low, high}, rounded to six decimals as all of a verdict.
nlohmann::ordered_json RatioJson(const RatioEstimate& estimate);

// Deterministic, ends with a newline.
std::string EncodeVerdict(const Verdict& verdict);

// The raw part; the conclusions in the file are not read, Analyze makes them again.
// kInvalidArgument says which field is wrong; kUnimplemented for a newer version.
Result<RunRecord> DecodeRunRecord(std::string_view json);

}  // namespace anneal
