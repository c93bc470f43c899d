#include "store/damage.h"

#include "base/log.h"

namespace anneal {
namespace {

// Beyond this the disk is gone and `anneal store verify` has the list.
constexpr size_t kMaxPlaces = 10'000;

}  // namespace

DamageLog::DamageLog(Metrics* metrics) {
  if (metrics == nullptr) return;
  skipped_ = &metrics->GetCounter("anneal_store_damage_skipped_total",
                                  "Times that a query skipped records that could not be read");
  compactions_ = &metrics->GetCounter("anneal_store_damaged_compactions_total",
                                      "Compactions that met a block that could not be read");
}

bool DamageLog::IsNew(const Status& damage) {
  MutexLock lock(mutex_);
  return seen_.size() < kMaxPlaces && seen_.insert(damage.message()).second;
}

void DamageLog::Report(const Status& damage) {
  if (skipped_ != nullptr) skipped_->Add(1);
  {
    MutexLock lock(mutex_);
    ++reports_;
  }
  if (!IsNew(damage)) return;
  log::Error("the store is damaged; queries skip this, `anneal store verify` lists all",
             {{"error", damage.message()}});
}

void DamageLog::ReportCompaction(const Status& damage) {
  if (compactions_ != nullptr) compactions_->Add(1);
  if (!IsNew(damage)) return;
  log::Error(
      "the store is damaged; a compaction met it and is tried again later, less and less often; an "
      "export imported into a new store is sound",
      {{"error", damage.message()}});
}

uint64_t DamageLog::places() const {
  MutexLock lock(mutex_);
  return seen_.size();
}

uint64_t DamageLog::reports() const {
  MutexLock lock(mutex_);
  return reports_;
}

}  // namespace anneal
