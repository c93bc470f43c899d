#include "net/server_metrics.h"

#include <fmt/format.h>

#include <iterator>

namespace anneal {
namespace {

constexpr std::string_view kMethods[] = {"other", "GET",     "HEAD",  "POST",
                                         "PUT",   "OPTIONS", "PATCH", "DELETE"};

uint32_t MethodIndex(std::string_view method) {
  for (uint32_t i = 1; i < std::size(kMethods); ++i) {
    if (kMethods[i] == method) return i;
  }
  return 0;
}

}  // namespace

ServerMetrics::ServerMetrics(Metrics* metrics) : metrics_(metrics) {
  if (!metrics) return;
  connections_ = &metrics->GetGauge("anneal_http_connections", "Open client connections.");
  inflight_bytes_ = &metrics->GetGauge("anneal_http_inflight_bytes",
                                       "Request bodies being received or handled, in bytes.");
  refused_ = &metrics->GetCounter("anneal_http_connections_refused_total",
                                  "Connections closed at once, too many being open.");
  duration_ = &metrics->GetHistogram(
      "anneal_http_request_duration_seconds",
      "From a request's first byte to its response's last, in seconds.",
      {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30});
}

void ServerMetrics::AddConnections(double count) {
  if (connections_) connections_->Add(count);
}

void ServerMetrics::AddInflightBytes(double bytes) {
  if (inflight_bytes_) inflight_bytes_->Add(bytes);
}

void ServerMetrics::CountRefusedConnection() {
  if (refused_) refused_->Add(1);
}

void ServerMetrics::ObserveDuration(int64_t duration_ns) {
  if (duration_) duration_->Observe(static_cast<double>(duration_ns) / 1e9);
}

Metrics::Counter* ServerMetrics::Requests(std::string_view method, int status) {
  if (!metrics_) return nullptr;
  return &metrics_->GetCounter("anneal_http_requests_total", "HTTP requests answered.",
                               {{"method", std::string(kMethods[MethodIndex(method)])},
                                {"code", fmt::format("{}", status)}});
}

void RequestCounters::Count(std::string_view method, int status) {
  const uint32_t key = MethodIndex(method) << 16 | (static_cast<uint32_t>(status) & 0xffff);
  auto [entry, added] = counters_.try_emplace(key, nullptr);
  if (added) entry->second = metrics_.Requests(method, status);
  if (entry->second) entry->second->Add(1);
}

}  // namespace anneal
