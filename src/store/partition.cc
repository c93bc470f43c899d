#include "store/partition.h"

#include "store/checksum.h"
#include "store/symbol_segment.h"

namespace anneal {

Status LoadSymbols(Kv& kv, PartitionKey key, SymbolTable& table, uint32_t& next_segment) {
  const std::string prefix = PartitionPrefix(key);
  ASSIGN_OR_RETURN(KvCursor cursor, kv.Cursor(Family::kSymbols, prefix, PrefixEnd(prefix)));
  next_segment = 0;
  for (; cursor.Valid(); cursor.Next()) {
    std::string_view record_key = cursor.key(), value = cursor.value();
    std::string where =
        fmt::format("symbols of epoch {} service {}, segment {}", static_cast<uint32_t>(key.epoch),
                    static_cast<uint32_t>(key.service), next_segment);
    if (record_key != SymbolsKey(key, next_segment)) {
      return Error(Code::kDataLoss, "{}: it is missing, another follows", where);
    }
    if (!CheckAndStripChecksum(record_key, value)) {
      return Error(Code::kDataLoss, "{}: its checksum does not match", where);
    }
    Status decoded = DecodeSegment(value, table);
    if (!decoded.ok()) return decoded.Annotate(where);
    ++next_segment;
  }
  return cursor.status();
}

Result<bool> HasRollups(Kv& kv, PartitionKey key) {
  const std::string prefix = PartitionPrefix(key);
  ASSIGN_OR_RETURN(KvCursor cursor, kv.Cursor(Family::kRollups, prefix, PrefixEnd(prefix)));
  if (cursor.Valid()) return true;
  TRY(cursor.status());
  return false;
}

PartitionCache::PartitionCache(Kv& kv, size_t limit_bytes, Metrics* metrics)
    : kv_(kv), limit_bytes_(limit_bytes) {
  if (metrics != nullptr) {
    bytes_gauge_ = &metrics->GetGauge("anneal_store_symbols_memory_bytes",
                                      "Memory of the symbol tables kept ready");
    loads_ =
        &metrics->GetCounter("anneal_store_symbols_loads_total", "Symbol tables read from disk");
  }
}

std::shared_ptr<Partition> PartitionCache::Get(PartitionKey key) {
  MutexLock lock(mutex_);
  auto [it, added] = slots_.try_emplace(key);
  Slot& slot = it->second;
  if (added) {
    slot.partition = std::make_shared<Partition>(key);
    slot.recency = recent_.insert(recent_.begin(), key);
  } else {
    recent_.splice(recent_.begin(), recent_, slot.recency);
  }
  std::shared_ptr<Partition> partition = slot.partition;
  Evict();
  return partition;
}

Status PartitionCache::Load(Partition& partition) {
  if (partition.loaded) return {};
  partition.symbols = SymbolTable();
  partition.damage = LoadSymbols(kv_, partition.key, partition.symbols, partition.next_segment);
  if (!partition.damage.ok() && partition.damage.code() != Code::kDataLoss) {
    return partition.damage;
  }
  // What cannot be read may be there.
  Result<bool> rolled_up = HasRollups(kv_, partition.key);
  if (!rolled_up.ok() && rolled_up.status().code() != Code::kDataLoss) return rolled_up.status();
  partition.rollups.until_ns = rolled_up.ok() && !*rolled_up ? 0 : INT64_MAX;
  partition.rollups.stale.clear();
  partition.persisted = partition.symbols.counts();
  partition.loaded = true;
  // A partition that is just beginning has nothing to read.
  if (loads_ != nullptr && partition.next_segment > 0) loads_->Add(1);
  Charge(partition);
  return {};
}

void PartitionCache::Charge(Partition& partition) {
  size_t bytes = partition.symbols.bytes();
  bytes += partition.rollups.stale.capacity() * sizeof(std::pair<SeriesId, uint32_t>);
  if (bytes == partition.charged_bytes) return;
  MutexLock lock(mutex_);
  bytes_ += bytes - partition.charged_bytes;
  partition.charged_bytes = bytes;
  if (bytes_gauge_ != nullptr) bytes_gauge_->Set(static_cast<double>(bytes_));
}

// Only partitions that nobody but the cache holds go: an append holds its partition until it is
// durable, so what is in memory only is never forgotten.
void PartitionCache::Evict() {
  for (auto it = recent_.end(); bytes_ > limit_bytes_ && it != recent_.begin();) {
    --it;
    auto found = slots_.find(*it);
    if (found->second.partition.use_count() > 1) continue;
    bytes_ -= found->second.partition->charged_bytes;
    slots_.erase(found);
    it = recent_.erase(it);
  }
}

void PartitionCache::Clear() {
  MutexLock lock(mutex_);
  slots_.clear();
  recent_.clear();
  bytes_ = 0;
}

size_t PartitionCache::bytes() {
  MutexLock lock(mutex_);
  return bytes_;
}

}  // namespace anneal
