#include "cli/busy_processors.h"

#include <algorithm>

#include "verify/machine.h"

namespace anneal {
namespace {

int64_t BusyNs(const Fs& fs) {
  Result<CpuTicks> ticks = ReadCpuTicks(fs);
  return ticks.ok() ? ticks->busy * (1'000'000'000 / TicksPerSecond()) : 0;
}

}  // namespace

BusyProcessors::BusyProcessors(const Fs& fs, const Clock& clock)
    : fs_(fs),
      clock_(clock),
      start_busy_ns_(BusyNs(fs)),
      start_ns_(clock.MonotonicNs()),
      start_self_ns_(OwnCpuNs()) {}

double BusyProcessors::Others(int64_t own_cpu_ns) const {
  int64_t elapsed_ns = clock_.MonotonicNs() - start_ns_;
  int64_t others_ns = BusyNs(fs_) - start_busy_ns_ - own_cpu_ns - (OwnCpuNs() - start_self_ns_);
  if (elapsed_ns <= 0) return 0;
  return std::max(0.0, static_cast<double>(others_ns) / static_cast<double>(elapsed_ns));
}

}  // namespace anneal
