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

// The two commands of one session.
struct ArmCommands {
  std::string baseline;
  std::string candidate;
  int64_t layout_seed = -1;
};

// Builds baseline and candidate once for each layout seed. `progress` gets the phase's name.
// Errors name arm and layout, with the last lines that the build printed.
Result<std::vector<ArmCommands>> BuildLayouts(const VerifyPlan& plan, const VerifySeams& seams,
                                              const VerifyProgressCallback& progress);

}  // namespace anneal
