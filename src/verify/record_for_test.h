// Run records made up for tests.
#pragma once

#include <cmath>

#include "verify/stats.h"
#include "verify/verdict.h"

namespace anneal {

// `sessions` × `blocks` in which the arms' CPU times have these ratios to the baseline's 10 ms,
// with log-normal noise of this deviation.
inline RunRecord MakeRecord(size_t sessions, size_t blocks, double candidate, double control,
                            double noise, uint64_t seed = 1) {
  Random random(seed);
  RunRecord run;
  run.mode = VerifyMode::kStdin;
  run.seed = 7;
  run.unit = "repetition";
  run.tool_version = "0.1.0";
  run.benchmarks = {""};
  run.arms = {{"./old -n 1", "./old", "aa11", 100},
              {"./new -n 1", "./new", "bb22", 100},
              {"./old -n 1", "./old", "aa11", 100}};
  run.machine = {{"cpu", "Example 3000"}, {"kernel", "Linux 6.1"}};
  for (size_t s = 0; s < sessions; ++s) {
    Session& session = run.sessions.emplace_back();
    session.wait_ns = {0, 0, 0};
    for (size_t b = 0; b < blocks; ++b) {
      Block block;
      block.order = {ArmId::kBaseline, ArmId::kCandidate, ArmId::kControl};
      random.Shuffle(block.order);
      std::vector<Sample>& by_arm = block.samples.emplace_back();
      for (double ratio : {1.0, candidate, control}) {
        double cpu_ns = 1e7 * ratio * std::exp(noise * random.Normal());
        by_arm.push_back({static_cast<int64_t>(cpu_ns), 10, static_cast<int64_t>(cpu_ns) + 1000});
      }
      session.blocks.push_back(std::move(block));
    }
  }
  return run;
}

}  // namespace anneal
