#include "cli/busy_processors.h"

#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <string>

namespace anneal {
namespace {

// user, nice, system, irq and softirq of "cpu  1 2 3 4 5 6 7 …"; without idle, iowait and steal.
int64_t BusyNs(const Fs& fs) {
  Result<std::string> stat = fs.ReadFile("/proc/stat");
  if (!stat.ok() || stat->rfind("cpu ", 0) != 0) return 0;
  int64_t ns_per_tick = 1'000'000'000 / ::sysconf(_SC_CLK_TCK);
  int64_t busy_ticks = 0;
  const char* at = stat->data() + 4;
  const char* end = stat->data() + stat->find('\n');
  for (int column = 0; column < 7; ++column) {
    while (at < end && *at == ' ') ++at;
    int64_t ticks = 0;
    at = std::from_chars(at, end, ticks).ptr;
    bool idle = column == 3 || column == 4;
    if (!idle) busy_ticks += ticks;
  }
  return busy_ticks * ns_per_tick;
}

int64_t SelfNs() {
  timespec time{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

BusyProcessors::BusyProcessors(const Fs& fs, const Clock& clock)
    : fs_(fs),
      clock_(clock),
      start_busy_ns_(BusyNs(fs)),
      start_ns_(clock.MonotonicNs()),
      start_self_ns_(SelfNs()) {}

double BusyProcessors::Others(int64_t own_cpu_ns) const {
  int64_t elapsed_ns = clock_.MonotonicNs() - start_ns_;
  int64_t others_ns = BusyNs(fs_) - start_busy_ns_ - own_cpu_ns - (SelfNs() - start_self_ns_);
  if (elapsed_ns <= 0) return 0;
  return std::max(0.0, static_cast<double>(others_ns) / static_cast<double>(elapsed_ns));
}

}  // namespace anneal
