#include "server/store_metrics.h"

#include <algorithm>

#include "base/log.h"

namespace anneal {
namespace {

constexpr int64_t kPatienceNs = 10'000'000'000;

}  // namespace

StoreMetrics::StoreMetrics(Store& store, Metrics& metrics, const Clock& clock)
    : store_(store),
      metrics_(metrics),
      clock_(clock),
      series_(metrics.GetGauge("anneal_store_series", "Series in the store.")),
      profiles_(metrics.GetGauge("anneal_store_profiles", "Profiles in the store.")),
      services_(metrics.GetGauge("anneal_store_services", "Services with profiles.")),
      disk_bytes_(metrics.GetGauge("anneal_store_disk_bytes", "Size of the store's files.")),
      memory_bytes_(metrics.GetGauge("anneal_store_memory_bytes", "Memory the store holds.")),
      oldest_(metrics.GetGauge("anneal_store_oldest_timestamp_seconds",
                               "Start of the oldest profile, since 1970 UTC; 0: none.")),
      newest_(metrics.GetGauge("anneal_store_newest_timestamp_seconds",
                               "Start of the newest profile, since 1970 UTC; 0: none.")) {}

Metrics::Gauge& StoreMetrics::BytesOf(std::string_view kind) {
  return metrics_.GetGauge("anneal_store_record_bytes",
                           "Size of the store's records before compression, by kind.",
                           {{"kind", std::string(kind)}});
}

Metrics::Gauge& StoreMetrics::MemoryOf(std::string_view part) {
  return metrics_.GetGauge("anneal_store_memory_part_bytes", "Memory the store holds, by part.",
                           {{"part", std::string(part)}});
}

void StoreMetrics::Update() {
  const int64_t now_ns = clock_.MonotonicNs();
  if (now_ns < next_ns_) return;
  const Result<StoreStats> stats = store_.Stats();
  // Of a large store they take a while: no more than a twentieth of the time goes into them.
  const int64_t end_ns = clock_.MonotonicNs();
  next_ns_ = end_ns + std::max(kPatienceNs, 20 * (end_ns - now_ns));
  if (!stats.ok()) {
    log::Warn("cannot read the store's statistics", {{"error", stats.status().ToString()}});
    return;
  }
  StoreStats::Service all;
  for (const StoreStats::Service& service : stats->services) all += service;
  series_.Set(static_cast<double>(all.series));
  profiles_.Set(static_cast<double>(all.profiles));
  services_.Set(static_cast<double>(stats->services.size()));
  BytesOf("profiles").Set(static_cast<double>(all.profiles_bytes));
  BytesOf("links").Set(static_cast<double>(all.links_bytes));
  BytesOf("symbols").Set(static_cast<double>(all.symbols_bytes));
  BytesOf("rollups").Set(static_cast<double>(all.rollups_bytes));
  BytesOf("documents").Set(static_cast<double>(stats->documents_bytes));
  BytesOf("index").Set(static_cast<double>(stats->index_bytes));
  disk_bytes_.Set(static_cast<double>(stats->disk_bytes));
  memory_bytes_.Set(static_cast<double>(stats->memory.total()));
  MemoryOf("blocks").Set(static_cast<double>(stats->memory.blocks));
  MemoryOf("symbols").Set(static_cast<double>(stats->memory.symbols));
  MemoryOf("answers").Set(static_cast<double>(stats->memory.answers));
  MemoryOf("index").Set(static_cast<double>(stats->memory.index));
  oldest_.Set(static_cast<double>(all.oldest_ns) / 1e9);
  newest_.Set(static_cast<double>(all.newest_ns) / 1e9);
}

}  // namespace anneal
