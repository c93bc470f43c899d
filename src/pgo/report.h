// GoReport: what a profile is worth to the Go compiler, before a build is spent on it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pgo/call_edges.h"
#include "pgo/edge_diff.h"
#include "pgo/go_symbols.h"
#include "profile/profile.h"

namespace anneal {

// By the number of samples. About 20,000 give each share of 99 % confidence an absolute error of
// 1 %; below 5,000 much of the hot set is chance.
enum class SampleGrade { kGood, kUsable, kThin };
inline constexpr int64_t kGoodSamples = 20'000;
inline constexpr int64_t kUsableSamples = 5'000;
SampleGrade GradeOf(int64_t samples);
std::string_view SampleGradeName(SampleGrade grade);  // "good", "usable", "thin"

// Which of the profile's functions a binary has, by linker symbol.
struct SymbolMatch {
  size_t functions = 0;                    // named by edges
  size_t missing = 0;                      // not in the binary
  double missing_weight_share = 0;         // weight of edges with a missing end, of the total
  std::vector<std::string> missing_names;  // heaviest first
};

struct GoReport {
  std::string value_type;   // "samples/count"
  int64_t samples = 0;      // taken, not distinct stacks
  int64_t total_value = 0;  // sum of the value column
  size_t stacks = 0;        // distinct ones in the profile
  int64_t time_ns = 0;      // start of collection since 1970 UTC; 0: unknown
  int64_t duration_ns = 0;  // 0: unknown
  SampleGrade grade = SampleGrade::kThin;

  CallEdges edges;
  HotEdges hot;
  int64_t sample_weight = 1;       // weight of one sample in the value column's unit
  double single_sample_share = 0;  // of the edges, those seen in one sample alone
  size_t functions = 0;            // named by edges
  size_t generic_functions = 0;    // of these, instances of generic functions ("[go.shape.")
  size_t elided_functions = 0;     // of these, with "[...]" for type arguments: they match nothing
  double no_line_share = 0;        // of the weight, on edges whose caller has no line
  HotOverlap split_half;           // the hot edges of one half of the samples and of the other
  std::optional<SymbolMatch> symbols;  // when a binary was given
  std::vector<std::string> warnings;
};

// Errors as ComputeCallEdges. `symbols`, when not null, are those of the binary to be matched.
Result<GoReport> MakeGoReport(const Profile& profile, const GoSymbols* symbols);

// Deals a profile's samples out to two profiles as if each had been taken with a coin toss. The
// toss depends on the stack's frames and on nothing else: equal profiles are dealt equally. Only
// the column that the compiler reads is dealt; the others stay whole in both.
struct ProfileHalves {
  Profile first, second;
};
ProfileHalves SplitSamples(const Profile& profile);

// The weight of one sample in value column `column`: the sampling period where the column is in
// its unit, else the greatest common divisor of the values; at least 1.
int64_t SampleWeight(const Profile& profile, size_t column);

}  // namespace anneal
