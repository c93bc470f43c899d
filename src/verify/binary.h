// The binaries that are compared: finding, hashing and building them.
#pragma once

#include <string>
#include <vector>

#include "verify/verify.h"

namespace anneal {

// Command, path, hash and size of what an arm runs. Looks the command's first word up in PATH.
// kNotFound, naming the arm, when the binary of the plan does not exist.
Result<ArmFacts> DescribeBinary(ArmId arm, const ArmPlan& plan, const std::string& cwd,
                                const Fs& fs);

// The commands of one session.
struct ArmCommands {
  std::string baseline, candidate, control;
  int64_t layout_seed = -1;          // of baseline and candidate; -1: not built by layout
  int64_t control_layout_seed = -1;  // -1: the control runs the baseline's binary

  const std::string& Of(ArmId arm) const {
    return arm == ArmId::kBaseline ? baseline : arm == ArmId::kCandidate ? candidate : control;
  }
};

// Builds baseline and candidate once for each layout seed, and the baseline once more for the
// control, under a seed of its own: what it shows against the baseline is then noise and layout. Of
// one layout alone, where layout could not be told from a difference, the control runs the
// baseline's binary. `progress` gets the phase's name.
// Errors name arm and layout, with the last lines that the build printed.
Result<std::vector<ArmCommands>> BuildLayouts(const VerifyPlan& plan, const VerifySeams& seams,
                                              const VerifyProgressCallback& progress);

}  // namespace anneal
