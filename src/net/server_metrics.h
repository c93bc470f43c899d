// What the HTTP server reports about itself. Every label is bounded, whatever clients send.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <string_view>

#include "base/metrics.h"

namespace anneal {

// Without a Metrics every call does nothing. Thread-safe.
class ServerMetrics {
 public:
  explicit ServerMetrics(Metrics* metrics);
  void AddConnections(double count);
  void AddInflightBytes(double bytes);
  void CountRefusedConnection();
  void ObserveDuration(int64_t duration_ns);
  // One more request answered. Looks the counter up by name: keep what it returns (null without
  // a Metrics).
  Metrics::Counter* Requests(std::string_view method, int status);

 private:
  Metrics* metrics_;
  Metrics::Gauge* connections_ = nullptr;
  Metrics::Gauge* inflight_bytes_ = nullptr;
  Metrics::Counter* refused_ = nullptr;
  Metrics::Histogram* duration_ = nullptr;
};

// The request counters one thread has used, so that counting needs no lookup by name.
class RequestCounters {
 public:
  explicit RequestCounters(ServerMetrics& metrics) : metrics_(metrics) {}
  void Count(std::string_view method, int status);

 private:
  ServerMetrics& metrics_;
  absl::flat_hash_map<uint32_t, Metrics::Counter*> counters_;
};

}  // namespace anneal
