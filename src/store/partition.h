// Partitions in memory: their symbol tables, loaded when needed and forgotten least recently used.
#pragma once

#include <list>
#include <memory>
#include <mutex>

#include "absl/container/flat_hash_map.h"
#include "base/metrics.h"
#include "base/mutex.h"
#include "base/status.h"
#include "store/keys.h"
#include "store/kv.h"
#include "store/rollup_plan.h"
#include "store/symbol_table.h"

namespace anneal {

// One partition.
struct Partition {
  explicit Partition(PartitionKey k) : key(k) {}
  const PartitionKey key;

  // Guards all below. A plain std::mutex: an append over several partitions holds a number of
  // them (in order of key) that the annotations cannot express.
  std::mutex mutex;
  bool loaded = false;
  // Why not all symbols could be read. What comes before the damage is here, so that profiles that
  // need no more are answered; appends go elsewhere, since they would give lost ids out anew.
  Status damage;
  SymbolTable symbols;
  SymbolCounts persisted;  // what is on disk or on its way there
  uint32_t next_segment = 0;
  RollupMarks rollups;
  size_t charged_bytes = 0;  // as the cache counted it
};

class PartitionCache {
 public:
  PartitionCache(Kv& kv, size_t limit_bytes, Metrics* metrics);

  // The partition, not necessarily loaded. While the caller holds it, it stays the only one.
  std::shared_ptr<Partition> Get(PartitionKey key);
  // Reads it from disk unless that was done; ok also when it is damaged, see there. REQUIRES:
  // partition.mutex is held.
  Status Load(Partition& partition);
  // Tells the cache of its growth. REQUIRES: partition.mutex is held.
  void Charge(Partition& partition);
  // Forgets all. REQUIRES: nobody interns; nothing enqueued is undecided.
  void Clear();
  size_t bytes();

 private:
  struct Slot {
    std::shared_ptr<Partition> partition;
    std::list<PartitionKey>::iterator recency;
  };
  void Evict() REQUIRES_LOCK(mutex_);

  Kv& kv_;
  const size_t limit_bytes_;
  Metrics::Gauge* bytes_gauge_ = nullptr;
  Metrics::Counter* loads_ = nullptr;

  Mutex mutex_;
  absl::flat_hash_map<PartitionKey, Slot> slots_ GUARDED_BY(mutex_);
  std::list<PartitionKey> recent_ GUARDED_BY(mutex_);  // most recent first
  size_t bytes_ GUARDED_BY(mutex_) = 0;
};

// Whether any rollup of the partition is on disk.
Result<bool> HasRollups(Kv& kv, PartitionKey key);

// Reads all segments of a partition, checking each.
Status LoadSymbols(Kv& kv, PartitionKey key, SymbolTable& table, uint32_t& next_segment);

}  // namespace anneal
