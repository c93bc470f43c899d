// Statistics: what is there. Every key is read, which takes a while and must keep nobody waiting,
// so they are not of one moment: what is pushed or deleted meanwhile is counted or not.
#include <algorithm>
#include <map>

#include "store/checksum.h"
#include "store/damage_walk.h"
#include "store/engine.h"
#include "store/series_record.h"

namespace anneal {
namespace {

// By tenant, then service. A service that another took the place of is one with it.
std::vector<StoreStats::Service> ByName(const std::map<ServiceId, StoreStats::Service>& services) {
  std::map<std::pair<std::string, std::string>, StoreStats::Service> rows;
  for (const auto& [id, service] : services) {
    if (service.service.empty()) continue;  // it came and went meanwhile
    auto [it, added] = rows.try_emplace({service.tenant, service.service}, service);
    if (!added) it->second += service;
  }
  std::vector<StoreStats::Service> sorted;
  for (auto& [name, row] : rows) sorted.push_back(std::move(row));
  return sorted;
}

}  // namespace

Result<StoreStats> EmbeddedStore::Stats() {
  std::map<ServiceId, StoreStats::Service> services;
  // Before the walk and after it: a service may go meanwhile, or come.
  auto name_services = [&] {
    for (ServiceInfo& info : index_.Services()) {
      StoreStats::Service& service = services[info.id];
      service.tenant = std::move(info.tenant);
      service.service = std::move(info.name);
      service.series = info.series;
    }
  };
  name_services();
  auto count_profile = [&](std::string_view key_bytes, std::string_view value) {
    std::optional<ProfileKey> key = DecodeProfileKey(key_bytes);
    if (!key.has_value()) return;
    const uint64_t bytes = key_bytes.size() + value.size();
    uint64_t links_bytes = 0;
    if (StripChecksum(value)) {
      const Result<ProfileRecordReader> reader = ProfileRecordReader::Open(value);
      if (reader.ok()) links_bytes = reader->LinksBytes();  // else told by whoever reads its values
    }
    services[key->partition.service] += {.profiles = 1,
                                         .profiles_bytes = bytes - links_bytes,
                                         .links_bytes = links_bytes,
                                         .oldest_ns = key->time_ns,
                                         .newest_ns = key->time_ns};
  };
  TRY(CountRecords(Family::kProfiles, "profiles", count_profile));
  auto count_symbols = [&](std::string_view key, std::string_view value) {
    if (key.size() < 8) return;
    auto id = static_cast<ServiceId>(GetBig32(key.data() + 4));
    services[id].symbols_bytes += key.size() + value.size();
  };
  TRY(CountRecords(Family::kSymbols, "symbols", count_symbols));
  auto count_rollups = [&](std::string_view key, std::string_view value) {
    if (key.size() < 8) return;
    auto id = static_cast<ServiceId>(GetBig32(key.data() + 4));
    services[id].rollups_bytes += key.size() + value.size();
  };
  TRY(CountRecords(Family::kRollups, "rollups", count_rollups));

  name_services();

  StoreStats stats;
  TRY(CountRecords(Family::kSeries, "series", [&](std::string_view key, std::string_view value) {
    stats.index_bytes += key.size() + value.size();
  }));
  TRY(CountDocuments(stats));
  stats.services = ByName(services);
  ReaderLock ground(ground_);
  stats.disk_bytes = kv_->DiskBytes();
  stats.damaged = damage_.places();
  stats.memory = {.blocks = kv_->MemoryBytes(),
                  .symbols = partitions_.bytes(),
                  .answers = results_.bytes(),
                  .index = index_.MemoryBytes()};
  return stats;
}

Status EmbeddedStore::CountDocuments(StoreStats& stats) {
  std::map<std::pair<std::string, std::string>, StoreStats::Documents> kinds;
  auto count = [&](std::string_view key, std::string_view value) {
    if (!key.starts_with(DocumentPrefix({}, {}))) return;
    const uint64_t bytes = key.size() + value.size();
    ++stats.documents;
    stats.documents_bytes += bytes;
    Result<DocumentName> name = DecodeDocumentKey(key);
    if (!name.ok()) return damage_.Report(name.status());
    StoreStats::Documents& kind = kinds[{name->tenant, name->kind}];
    kind.tenant = std::move(name->tenant);
    kind.kind = std::move(name->kind);
    ++kind.count;
    kind.bytes += bytes;
  };
  TRY(CountRecords(Family::kMeta, "documents", count));
  for (auto& [name, kind] : kinds) stats.document_kinds.push_back(std::move(kind));
  return {};
}

Status EmbeddedStore::CountRecords(
    Family family, std::string_view what,
    absl::FunctionRef<void(std::string_view key, std::string_view value)> count) {
  auto report = [&](std::string_view, const Status& damage) {
    damage_.Report(damage.Annotate(what));
  };
  DamageWalk walk(family, {}, {});
  for (bool more = true; more;) {
    ReaderLock ground(ground_);
    ASSIGN_OR_RETURN(more, walk.NextPiece(*kv_, count, report));
  }
  return {};
}

}  // namespace anneal
