// The machine under the measurement: what it is, who else uses it, where the arms may run.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/fs.h"
#include "verify/verify.h"

namespace anneal {

// Facts that bear on timings, sorted by name: processor, kernel, frequency governor, turbo, SMT,
// virtual machine, address space randomisation, memory, load average. What cannot be read is left
// out.
std::vector<std::pair<std::string, std::string>> MachineFacts(const Fs& fs);

// Ticks of all processors since boot: the first line of /proc/stat. proc(5).
struct CpuTicks {
  int64_t total = 0;
  int64_t busy = 0;   // neither idle nor stolen
  int64_t steal = 0;  // taken by the hypervisor
};
Result<CpuTicks> ParseCpuTicks(std::string_view proc_stat);
Result<CpuTicks> ReadCpuTicks(const Fs& fs);
int64_t TicksPerSecond();

// Time the threads of a process waited for a processor: the second field of each
// /proc/PID/task/*/schedstat; 0 where the kernel does not count it. Nanoseconds.
int64_t WaitNs(const Fs& fs, int pid);
// How many children the process has: their CPU time is not in its clock.
size_t ChildCount(const Fs& fs, int pid);

// This process's CPU time, all threads. Nanoseconds.
int64_t OwnCpuNs();

// Which processors the arms and the load run on. Both empty: not pinned.
struct Pins {
  std::vector<int> arms;
  std::vector<int> load;
  std::string note;  // why not pinned; empty when pinned
};
// The arms get one processor, the load all others, where this process may use two or more.
Pins ChoosePins(PinPolicy policy);

// Keeps the calling thread, and threads it starts, on `cpus` while it lives.
class ScopedAffinity {
 public:
  explicit ScopedAffinity(const std::vector<int>& cpus);
  ~ScopedAffinity();
  ScopedAffinity(const ScopedAffinity&) = delete;
  ScopedAffinity& operator=(const ScopedAffinity&) = delete;

 private:
  std::vector<int> before_;  // empty: nothing changed
};

}  // namespace anneal
