// How busy other programs kept this machine over a stretch of time.
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "base/fs.h"

namespace anneal {

// Counts from its construction. Source: the first line of /proc/stat; see proc(5).
class BusyProcessors {
 public:
  // Both must outlive it.
  BusyProcessors(const Fs& fs, const Clock& clock);

  // Processors that were busy on average, without this process and without the `own_cpu_ns` of
  // CPU time that the caller knows of; never below 0. 0 when the system does not tell.
  double Others(int64_t own_cpu_ns) const;

 private:
  const Fs& fs_;
  const Clock& clock_;
  int64_t start_busy_ns_;
  int64_t start_ns_;
  int64_t start_self_ns_;
};

}  // namespace anneal
