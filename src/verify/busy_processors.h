// How busy other programs kept this machine.
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "base/fs.h"
#include "verify/machine.h"

namespace anneal {

// Summed over stretches of time. Source: the first line of /proc/stat; see proc(5). Where it cannot
// be read nothing is counted.
class BusyProcessors {
 public:
  // Both must outlive it.
  BusyProcessors(const Fs& fs, const Clock& clock) : fs_(fs), clock_(clock) {}

  void Begin();
  // `own_cpu_ns`: CPU time since Begin that the caller knows of, besides this process's. Gives the
  // share of the machine's time that the hypervisor took since then, in parts per million.
  int64_t End(int64_t own_cpu_ns);

  // Processors that were busy on average, without this process and what the caller knew of; never
  // below 0.
  double Others() const;

 private:
  const Fs& fs_;
  const Clock& clock_;
  Result<CpuTicks> begin_ticks_ = CpuTicks{};
  int64_t begin_ns_ = 0;
  int64_t begin_self_ns_ = 0;
  int64_t others_ns_ = 0;
  int64_t elapsed_ns_ = 0;
};

}  // namespace anneal
