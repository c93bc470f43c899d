#include "store/engine.h"

#include <algorithm>

#include "store/checksum.h"
#include "store/embedded.h"

namespace anneal {
namespace {

constexpr std::string_view kFormatKey = "format";
constexpr uint32_t kFormatVersion = 1;
constexpr int64_t kRecoveryIntervalNs = 1'000'000'000;

// The store's version and epoch length, written once when it is made.
Result<int64_t> LoadFormat(Kv& kv, const EmbeddedOptions& options) {
  Result<std::string> stored = kv.Get(Family::kMeta, kFormatKey);
  if (stored.ok()) {
    std::string_view value = *stored;
    bool intact = CheckAndStripChecksum(kFormatKey, value);
    ByteReader in(value);
    uint64_t version = in.Varint(), epoch_ns = in.Varint();
    if (!intact || !in.ok() || epoch_ns == 0 || epoch_ns > INT64_MAX) {
      return Error(Code::kDataLoss, "the format record of the store in {} is damaged",
                   options.directory);
    }
    if (version != kFormatVersion) {
      return Error(Code::kFailedPrecondition,
                   "the store in {} has format {}, this program reads {}; use the program that "
                   "wrote it",
                   options.directory, version, kFormatVersion);
    }
    return static_cast<int64_t>(epoch_ns);
  }
  if (stored.status().code() != Code::kNotFound) return stored.status();
  if (options.epoch_ns <= 0) return InvalidArgument("epoch_ns must be above zero");
  if (options.read_only) return options.epoch_ns;  // made, but nothing was ever written
  std::string value;
  PutVarint(value, kFormatVersion);
  PutVarint(value, static_cast<uint64_t>(options.epoch_ns));
  AppendChecksum(kFormatKey, value);
  KvBatch batch(kv);
  batch.Put(Family::kMeta, kFormatKey, value);
  TRY(kv.Write(batch));
  return options.epoch_ns;
}

}  // namespace

Result<std::unique_ptr<Store>> OpenEmbedded(const EmbeddedOptions& options) {
  ASSIGN_OR_RETURN(std::unique_ptr<EmbeddedStore> store, EmbeddedStore::Open(options, nullptr));
  return std::unique_ptr<Store>(std::move(store));
}

Result<std::unique_ptr<EmbeddedStore>> EmbeddedStore::Open(const EmbeddedOptions& options,
                                                           rocksdb::Env* env) {
  KvOptions kv_options{options.directory, options.read_only, options.create,
                       options.block_cache_bytes, env};
  ASSIGN_OR_RETURN(std::unique_ptr<Kv> kv, Kv::Open(kv_options));
  ASSIGN_OR_RETURN(int64_t epoch_ns, LoadFormat(*kv, options));
  auto store = std::unique_ptr<EmbeddedStore>(new EmbeddedStore(options, std::move(kv), epoch_ns));
  TRY(store->index_.Load(*store->kv_));
  return store;
}

EmbeddedStore::EmbeddedStore(const EmbeddedOptions& options, std::unique_ptr<Kv> kv,
                             int64_t epoch_ns)
    : options_(options),
      clock_(options.clock != nullptr ? *options.clock : Clock::System()),
      epoch_ns_(epoch_ns),
      kv_(std::move(kv)),
      partitions_(*kv_, options.intern_cache_bytes, options.metrics) {
  if (options.metrics != nullptr) {
    profiles_appended_ = &options.metrics->GetCounter("anneal_store_profiles_appended_total",
                                                      "Profiles handed to the store");
  }
  if (!options.read_only) {
    queue_ = std::make_unique<CommitQueue>(*kv_, options.metrics,
                                           [this](const Status& cause) { OnCommitFailure(cause); });
  }
}

EmbeddedStore::~EmbeddedStore() { queue_.reset(); }

// What was interned since the failed write refers to symbols that may not be on disk, so nothing
// in memory can be built upon. The callers learn of it after the gate is open again: they may
// append from their callbacks.
void EmbeddedStore::OnCommitFailure(const Status& cause) {
  std::vector<CommitQueue::Done> undone;
  {
    absl::MutexLock gate(&gate_);
    undone = queue_->TakeAll();
    partitions_.Clear();
    down_ = true;
    down_cause_ = cause;
    next_recovery_ns_ = 0;
  }
  for (CommitQueue::Done& done : undone) done(cause);
}

Status EmbeddedStore::Recover() {
  absl::MutexLock gate(&gate_);
  if (!down_) return {};
  const int64_t now = clock_.MonotonicNs();
  if (now < next_recovery_ns_) {
    return Error(Code::kUnavailable, "the store takes no writes since one failed ({})",
                 down_cause_.message());
  }
  next_recovery_ns_ = now + kRecoveryIntervalNs;
  Status reopened = kv_->Reopen();
  // Either way the ground moved: the log was replayed, perhaps with what was not acknowledged.
  partitions_.Clear();
  Status loaded = index_.Load(*kv_);
  if (reopened.ok()) reopened = loaded;
  if (!reopened.ok()) {
    down_cause_ = reopened;
    return Status(Code::kUnavailable, reopened.message());
  }
  down_ = false;
  down_cause_ = {};
  return {};
}

std::vector<std::string> EmbeddedStore::Tenants() { return index_.Tenants(); }

std::optional<TimeRange> EmbeddedStore::Bounds(std::string_view tenant) {
  return index_.Bounds(tenant);
}

}  // namespace anneal
