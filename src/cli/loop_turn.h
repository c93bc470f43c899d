// One turn of the loop: everything that was made, measured and decided, for the report.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/loop_service.h"
#include "pgo/decisions.h"
#include "pgo/edge_diff.h"
#include "pgo/report.h"
#include "verify/verdict.h"

namespace anneal {

// How the profile was taken.
struct ProfilingFacts {
  int64_t start_ns = 0, end_ns = 0;  // the window that was merged, since 1970 UTC
  int rounds = 0;
  LoadTotals load;             // built-in load only
  double cpu_seconds = 0;      // used by the program in the window
  double other_load_cpus = 0;  // processors kept busy by other programs, the load's included
};

struct LoopTurn {
  int number = 1;
  // What the baseline was built with: "off", or the artefact that ships now.
  std::string baseline_pgo = "off";
  std::string baseline_binary, candidate_binary;
  std::string candidate_pgo;  // the new artefact
  int64_t artefact_bytes = 0;
  int64_t profile_bytes = 0;  // of the whole merged profile, encoded and gzipped alike
  std::string pgo_setting;    // -pgo as the candidate binary's build information has it
  ProfilingFacts profiling;
  GoReport report;
  std::optional<HotOverlap> hot_overlap;  // with the baseline's artefact, when there is one
  Decisions decisions_before, decisions_after;
  DecisionDiff decisions;
  Verdict verdict;
  std::string verdict_json, plot;  // paths
  bool kept = false;
  std::string reason;  // why it was kept or dropped, a sentence
};

}  // namespace anneal
