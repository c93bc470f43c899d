#include "verify/effects.h"

#include <cmath>

namespace anneal {

double Effect(std::span<const std::vector<Sample>> benchmarks, ArmId arm) {
  double sum = 0;
  for (const std::vector<Sample>& by_arm : benchmarks) {
    sum += std::log(by_arm[static_cast<size_t>(arm)].CpuPerUnitNs() /
                    by_arm[static_cast<size_t>(ArmId::kBaseline)].CpuPerUnitNs());
  }
  return sum / static_cast<double>(benchmarks.size());
}

std::vector<double> Costs(const RunRecord& run, ArmId arm) {
  std::vector<double> costs;
  for (const Session& session : run.sessions) {
    for (const Block& block : session.blocks) {
      costs.push_back(block.samples[0][static_cast<size_t>(arm)].CpuPerUnitNs());
    }
  }
  return costs;
}

}  // namespace anneal
