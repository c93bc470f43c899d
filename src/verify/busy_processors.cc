#include "verify/busy_processors.h"

#include <algorithm>

namespace anneal {

void BusyProcessors::Begin() {
  begin_ticks_ = ReadCpuTicks(fs_);
  begin_self_ns_ = OwnCpuNs();
  begin_ns_ = clock_.MonotonicNs();
}

int64_t BusyProcessors::End(int64_t own_cpu_ns) {
  const int64_t elapsed_ns = clock_.MonotonicNs() - begin_ns_;
  const int64_t self_ns = OwnCpuNs() - begin_self_ns_;
  const Result<CpuTicks> ticks = ReadCpuTicks(fs_);
  if (!begin_ticks_.ok() || !ticks.ok()) return 0;
  const int64_t busy_ns = (ticks->busy - begin_ticks_->busy) * (1'000'000'000 / TicksPerSecond());
  others_ns_ += busy_ns - own_cpu_ns - self_ns;
  elapsed_ns_ += elapsed_ns;
  const int64_t total = ticks->total - begin_ticks_->total;
  return total > 0 ? (ticks->steal - begin_ticks_->steal) * 1'000'000 / total : 0;
}

double BusyProcessors::Others() const {
  if (elapsed_ns_ <= 0) return 0;
  return std::max(0.0, static_cast<double>(others_ns_) / static_cast<double>(elapsed_ns_));
}

}  // namespace anneal
