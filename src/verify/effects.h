// What the samples of a block say: the effect of an arm, and what its work cost.
#pragma once

#include <span>
#include <vector>

#include "verify/verdict.h"

namespace anneal {

// The logarithm of the arm's CPU time per unit divided by the baseline's; of several benchmarks
// (rows of samples, by ArmId each) the mean, so that the ratio is their geometric mean.
double Effect(std::span<const std::vector<Sample>> benchmarks, ArmId arm);

// CPU time per unit of the arm in every block, nanoseconds; of the first benchmark.
std::vector<double> Costs(const RunRecord& run, ArmId arm);

}  // namespace anneal
