// DamageLog: what queries skipped because it could not be read.
//
// A block that the disk lost costs what was in it, not every query that comes by. So that this is
// seen: each is counted, and the first of each place is logged. Thread-safe.
#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "base/metrics.h"
#include "base/mutex.h"
#include "base/status.h"

namespace anneal {

class DamageLog {
 public:
  explicit DamageLog(Metrics* metrics);

  // Notes what was skipped; the message says where.
  void Report(const Status& damage);
  // A compaction met it; the message says where.
  void ReportCompaction(const Status& damage);
  // Places, each counted once.
  uint64_t places() const;
  // Times that something was skipped.
  uint64_t reports() const;

 private:
  // Whether it is seen for the first time.
  bool IsNew(const Status& damage) EXCLUDES_LOCK(mutex_);

  Metrics::Counter* skipped_ = nullptr;
  Metrics::Counter* compactions_ = nullptr;
  mutable Mutex mutex_;
  uint64_t reports_ GUARDED_BY(mutex_) = 0;
  std::set<std::string> seen_ GUARDED_BY(mutex_);
};

}  // namespace anneal
