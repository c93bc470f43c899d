#include "server/process_metrics.h"

#include <sys/resource.h>
#include <unistd.h>

#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace anneal {
namespace {

double CpuSeconds() {
  timespec time{};
  if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) != 0) return 0;
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

}  // namespace

ProcessMetrics::ProcessMetrics(Metrics& metrics, const Clock& clock)
    : cpu_seconds_(metrics.GetCounter("process_cpu_seconds_total",
                                      "User and system CPU time of this process, in seconds.")),
      resident_bytes_(metrics.GetGauge("process_resident_memory_bytes", "Memory in RAM.")),
      virtual_bytes_(metrics.GetGauge("process_virtual_memory_bytes", "Address space in use.")),
      threads_(metrics.GetGauge("process_threads", "Threads of this process.")),
      open_fds_(metrics.GetGauge("process_open_fds", "Open file descriptors.")),
      max_fds_(metrics.GetGauge("process_max_fds", "Most file descriptors that may be open.")) {
  metrics.GetGauge("process_start_time_seconds", "When the server began, since 1970 UTC.")
      .Set(static_cast<double>(clock.NowNs()) / 1e9);
  Update();
}

void ProcessMetrics::Update() {
  cpu_seconds_.Add(std::max(0.0, CpuSeconds() - cpu_seconds_.Value()));
  uint64_t virtual_pages = 0, resident_pages = 0;
  if (std::ifstream statm("/proc/self/statm"); statm >> virtual_pages >> resident_pages) {
    const auto page_bytes = static_cast<double>(sysconf(_SC_PAGESIZE));
    virtual_bytes_.Set(static_cast<double>(virtual_pages) * page_bytes);
    resident_bytes_.Set(static_cast<double>(resident_pages) * page_bytes);
  }
  const auto count = [](const char* directory, Metrics::Gauge& gauge) {
    std::error_code error;
    const std::filesystem::directory_iterator entries(directory, error);
    if (!error) gauge.Set(static_cast<double>(std::distance(begin(entries), end(entries))));
  };
  count("/proc/self/task", threads_);
  count("/proc/self/fd", open_fds_);
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) max_fds_.Set(static_cast<double>(limit.rlim_cur));
}

}  // namespace anneal
