// What the store holds, as figures for /metrics.
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "base/metrics.h"
#include "store/store.h"

namespace anneal {

class StoreMetrics {
 public:
  // All references must outlive this.
  StoreMetrics(Store& store, Metrics& metrics, const Clock& clock);
  // Asks the store, at most every few seconds: its statistics cost it some work. Not thread-safe.
  void Update();

 private:
  // By kind of record.
  Metrics::Gauge& BytesOf(std::string_view kind);
  Metrics::Gauge& MemoryOf(std::string_view part);

  Store& store_;
  Metrics& metrics_;
  const Clock& clock_;
  int64_t next_ns_ = INT64_MIN;  // monotonic: when to ask again
  Metrics::Gauge& series_;
  Metrics::Gauge& profiles_;
  Metrics::Gauge& services_;
  Metrics::Gauge& disk_bytes_;
  Metrics::Gauge& memory_bytes_;
  Metrics::Gauge& oldest_;
  Metrics::Gauge& newest_;
};

}  // namespace anneal
