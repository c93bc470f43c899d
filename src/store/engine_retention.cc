// Retention and statistics: what is there, and dropping what is old.
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
    auto [it, added] = rows.try_emplace({service.tenant, service.service}, service);
    if (added) continue;
    StoreStats::Service& row = it->second;
    if (service.profiles > 0) {
      row.oldest_ns =
          row.profiles == 0 ? service.oldest_ns : std::min(row.oldest_ns, service.oldest_ns);
      row.newest_ns = std::max(row.newest_ns, service.newest_ns);
    }
    row.series += service.series;
    row.profiles += service.profiles;
    row.symbols_bytes += service.symbols_bytes;
    row.profiles_bytes += service.profiles_bytes;
    row.links_bytes += service.links_bytes;
    row.rollups_bytes += service.rollups_bytes;
  }
  std::vector<StoreStats::Service> sorted;
  for (auto& [name, row] : rows) sorted.push_back(std::move(row));
  return sorted;
}

}  // namespace

Result<StoreStats> EmbeddedStore::Stats() {
  ReaderLock gate(gate_);
  std::map<ServiceId, StoreStats::Service> services;
  for (ServiceInfo& info : index_.Services()) {
    StoreStats::Service& service = services[info.id];
    service.tenant = std::move(info.tenant);
    service.service = std::move(info.name);
    service.series = info.series;
  }
  auto count_profile = [&](std::string_view key_bytes, std::string_view value) {
    std::optional<ProfileKey> key = DecodeProfileKey(key_bytes);
    if (!key.has_value()) return;
    StoreStats::Service& service = services[key->partition.service];
    service.oldest_ns =
        service.profiles == 0 ? key->time_ns : std::min(service.oldest_ns, key->time_ns);
    service.newest_ns = std::max(service.newest_ns, key->time_ns);
    ++service.profiles;
    service.profiles_bytes += key_bytes.size() + value.size();
    if (!StripChecksum(value)) return;
    const Result<ProfileRecordReader> reader = ProfileRecordReader::Open(value);
    if (!reader.ok()) return;  // told by whoever reads its values
    service.links_bytes += reader->LinksBytes();
    service.profiles_bytes -= reader->LinksBytes();
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

  StoreStats stats;
  TRY(CountRecords(Family::kSeries, "series", [&](std::string_view key, std::string_view value) {
    stats.index_bytes += key.size() + value.size();
  }));
  TRY(CountDocuments(stats));
  stats.services = ByName(services);
  stats.disk_bytes = kv_->DiskBytes();
  stats.damaged = damage_.places();
  stats.memory = {.blocks = kv_->MemoryBytes(),
                  .symbols = partitions_.bytes(),
                  .answers = results_.bytes(),
                  .index = index_.MemoryBytes()};
  return stats;
}

Status EmbeddedStore::CountDocuments(StoreStats& stats) {
  const std::string prefix = DocumentPrefix({}, {});
  std::map<std::pair<std::string, std::string>, StoreStats::Documents> kinds;
  ASSIGN_OR_RETURN(KvCursor cursor, kv_->Cursor(Family::kMeta, prefix, PrefixEnd(prefix)));
  for (; cursor.Valid(); cursor.Next()) {
    const uint64_t bytes = cursor.key().size() + cursor.value().size();
    ++stats.documents;
    stats.documents_bytes += bytes;
    Result<DocumentName> name = DecodeDocumentKey(cursor.key());
    if (!name.ok()) {
      damage_.Report(name.status());
      continue;
    }
    StoreStats::Documents& kind = kinds[{name->tenant, name->kind}];
    kind.tenant = std::move(name->tenant);
    kind.kind = std::move(name->kind);
    ++kind.count;
    kind.bytes += bytes;
  }
  for (auto& [name, kind] : kinds) stats.document_kinds.push_back(std::move(kind));
  return cursor.status();
}

Status EmbeddedStore::CountRecords(
    Family family, std::string_view what,
    absl::FunctionRef<void(std::string_view key, std::string_view value)> count) {
  return WalkPastDamage(*kv_, family, {}, {}, count, [&](std::string_view, const Status& damage) {
    damage_.Report(damage.Annotate(what));
  });
}

// Only whole epochs go: symbols are shared within one.
Status EmbeddedStore::DropBefore(int64_t horizon_ns) {
  if (queue_ == nullptr) {
    return Error(Code::kFailedPrecondition, "the store in {} is open for reading only",
                 options_.directory);
  }
  if (horizon_ns < epoch_ns_) return {};
  const auto end = static_cast<Epoch>(std::min<int64_t>(horizon_ns / epoch_ns_, UINT32_MAX));
  TRY(Recover());
  {
    WriterLock gate(gate_);
    std::vector<Epoch> epochs = index_.Epochs();
    if (epochs.empty() || epochs.front() >= end) return {};
    // Nobody interns now; once the queue is empty, nothing refers to what goes.
    TRY(queue_->Drain());
    TRY(DropEpochs(end));
  }
  const std::string last = EpochPrefix(end);
  ReaderLock gate(gate_);
  TRY(kv_->ReclaimRange(Family::kSymbols, {}, last));
  TRY(kv_->ReclaimRange(Family::kRollups, {}, last));
  return kv_->ReclaimRange(Family::kProfiles, {}, last);
}

Status EmbeddedStore::DropEpochs(Epoch end) {
  const std::string last = EpochPrefix(end);
  KvBatch batch(*kv_);
  batch.DeleteRange(Family::kSymbols, EpochPrefix(Epoch{0}), last);
  batch.DeleteRange(Family::kProfiles, EpochPrefix(Epoch{0}), last);
  batch.DeleteRange(Family::kRollups, EpochPrefix(Epoch{0}), last);
  batch.DeleteRange(Family::kSeries, SpanKey(Epoch{0}, SeriesId{0}), SpanKey(end, SeriesId{0}));
  for (SeriesId id : index_.SeriesEndingBefore(end)) batch.Delete(Family::kSeries, SeriesKey(id));
  for (ServiceId id : index_.ServicesEndingBefore(end)) {
    batch.Delete(Family::kSeries, ServiceKey(id));
  }
  return Resume(kv_->Write(batch));
}

Status EmbeddedStore::Resume(Status written) {
  partitions_.Clear();
  if (written.ok()) {
    written = LoadIndex();
    // Ids must not be given out anew: no writes until a reload succeeds.
  }
  if (!written.ok()) {
    down_ = true;
    down_cause_ = written;
  }
  return written;
}

}  // namespace anneal
