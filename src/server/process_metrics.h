// What this process uses of the machine, by the names that Prometheus's own clients give it.
#pragma once

#include "base/clock.h"
#include "base/metrics.h"

namespace anneal {

class ProcessMetrics {
 public:
  // `metrics` must outlive this.
  ProcessMetrics(Metrics& metrics, const Clock& clock);
  // Reads the figures anew (proc(5)); those that cannot be read keep their value. Not thread-safe.
  void Update();

 private:
  Metrics::Counter& cpu_seconds_;
  Metrics::Gauge& resident_bytes_;
  Metrics::Gauge& virtual_bytes_;
  Metrics::Gauge& threads_;
  Metrics::Gauge& open_fds_;
  Metrics::Gauge& max_fds_;
};

}  // namespace anneal
