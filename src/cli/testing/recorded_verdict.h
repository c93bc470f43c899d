// What `anneal verify` would have written, made without measuring.
#pragma once

#include <cstdint>

#include "verify/verdict_json.h"

namespace anneal {

// A record in which the candidate's CPU time is `candidate_percent` of the baseline's, and the
// control's `control_percent`, with a little noise.
inline Verdict RecordedVerdict(int64_t candidate_percent, int64_t control_percent = 100) {
  Verdict verdict;
  verdict.run.unit = "run";
  verdict.run.benchmarks = {""};
  verdict.run.arms = {
      {"./old", "./old", "aa", 1}, {"./new", "./new", "bb", 2}, {"./old", "./old", "aa", 1}};
  Session& session = verdict.run.sessions.emplace_back();
  session.wait_ns = {0, 0, 0};
  for (int64_t i = 0; i < 40; ++i) {
    Block block;
    block.order = {ArmId::kControl, ArmId::kBaseline, ArmId::kCandidate};
    auto noisy = [i](int64_t percent, int64_t phase) {
      return percent * 10'000'000 + (i * phase % 7 - 3) * 1'000'000;
    };
    block.samples = {{{noisy(100, 3), 1, 1},
                      {noisy(candidate_percent, 5), 1, 1},
                      {noisy(control_percent, 2), 1, 1}}};
    session.blocks.push_back(block);
  }
  return verdict;
}

}  // namespace anneal
