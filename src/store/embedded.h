// The embedded engine: a Store in one directory, on RocksDB. docs/format/store.md has its records.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/status.h"
#include "store/store.h"

namespace anneal {

struct EmbeddedOptions {
  std::string directory;
  bool read_only = false;                                 // for tools beside a running server
  bool create = true;                                     // false: kNotFound when there is no store
  int64_t epoch_ns = int64_t{24} * 3600 * 1'000'000'000;  // length of a symbol epoch
  size_t block_cache_bytes = size_t{32} << 20;
  size_t intern_cache_bytes = size_t{64} << 20;  // symbol tables kept in memory
  size_t result_cache_bytes = size_t{32} << 20;  // answers kept of windows that are over; 0: none
  uint64_t max_series_per_tenant = 0;  // more are refused with kResourceExhausted; 0: any number
  // How long after an hour's or an epoch's end its rollups are made: what comes later makes them
  // anew.
  int64_t rollup_delay_ns = int64_t{600} * 1'000'000'000;
  size_t query_threads = 0;    // of one query; 0: as many as cores, to 16
  Clock* clock = nullptr;      // null: the system's
  Metrics* metrics = nullptr;  // optional; must outlive the store
};

Result<std::unique_ptr<Store>> OpenEmbedded(const EmbeddedOptions& options);

// Reads every record of a store and checks it: decodes, references, order. What is wrong goes
// into `problems`, first bad record first, each with its key; at most 100.
struct VerifyReport {
  uint64_t profiles = 0, symbols = 0, series = 0, documents = 0;
  std::vector<std::string> problems;
};
Result<VerifyReport> VerifyEmbedded(const EmbeddedOptions& options);

// Makes the store in `directory`, which must not exist or be empty, from a backup, which stays as
// it is. Both are checked as VerifyEmbedded does; kDataLoss names the first bad record. Files that
// never change are hard links where both are on one file system.
Status RestoreEmbedded(const std::string& backup, const std::string& directory);

}  // namespace anneal
