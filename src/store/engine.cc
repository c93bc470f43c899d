#include "store/engine.h"

#include <algorithm>

#include "store/embedded.h"
#include "store/store_format.h"

namespace anneal {
namespace {

constexpr int64_t kRecoveryIntervalNs = 1'000'000'000;
constexpr size_t kMostQueryThreads = 16;

// Beside the thread that asks.
size_t QueryHelpers(const EmbeddedOptions& options) {
  size_t threads = options.query_threads;
  if (threads == 0) threads = std::max(1u, std::thread::hardware_concurrency());
  return std::min(threads, kMostQueryThreads) - 1;
}

}  // namespace

Result<std::unique_ptr<Store>> OpenEmbedded(const EmbeddedOptions& options) {
  ASSIGN_OR_RETURN(std::unique_ptr<EmbeddedStore> store, EmbeddedStore::Open(options, nullptr));
  return std::unique_ptr<Store>(std::move(store));
}

Result<std::unique_ptr<EmbeddedStore>> EmbeddedStore::Open(const EmbeddedOptions& options,
                                                           rocksdb::Env* env) {
  KvOptions kv_options;
  kv_options.directory = options.directory;
  kv_options.read_only = options.read_only;
  kv_options.create = options.create;
  kv_options.block_cache_bytes = options.block_cache_bytes;
  kv_options.clock = options.clock;
  kv_options.env = env;
  ASSIGN_OR_RETURN(std::unique_ptr<Kv> kv, Kv::Open(kv_options));
  ASSIGN_OR_RETURN(int64_t epoch_ns, LoadFormat(*kv, options));
  auto store = std::unique_ptr<EmbeddedStore>(new EmbeddedStore(options, std::move(kv), epoch_ns));
  store->ReportLogDamage();
  TRY(store->index_.Load(*store->kv_, store->damage_));
  return store;
}

EmbeddedStore::EmbeddedStore(const EmbeddedOptions& options, std::unique_ptr<Kv> kv,
                             int64_t epoch_ns)
    : options_(options),
      clock_(options.clock != nullptr ? *options.clock : Clock::System()),
      epoch_ns_(epoch_ns),
      plan_{epoch_ns},
      kv_(std::move(kv)),
      partitions_(*kv_, options.intern_cache_bytes, options.metrics),
      damage_(options.metrics),
      results_(options.result_cache_bytes, options.metrics),
      pool_(QueryHelpers(options)) {
  if (options.metrics != nullptr) {
    profiles_appended_ = &options.metrics->GetCounter("anneal_store_profiles_appended_total",
                                                      "Profiles handed to the store");
  }
  kv_->SetDamageHandler([this](const Status& damage) { damage_.ReportCompaction(damage); });
  if (!options.read_only) {
    queue_ = std::make_unique<CommitQueue>(
        *kv_, options.metrics,
        [this](CommitQueue& queue, const Status& cause) { OnCommitFailure(queue, cause); });
  }
}

// The queue goes first, and with it the last commits, which use the other members.
EmbeddedStore::~EmbeddedStore() {
  queue_.reset();
  kv_->SetDamageHandler({});
}

// What was interned since the failed write refers to symbols that may not be on disk, so nothing
// in memory can be built upon. The callers learn of it after the gate is open again: they may
// append from their callbacks.
void EmbeddedStore::OnCommitFailure(CommitQueue& queue, const Status& cause) {
  std::vector<CommitQueue::Done> undone;
  {
    WriterLock gate(gate_);  // queries go on: what they read is on disk
    undone = queue.TakeAll();
    partitions_.Clear();
    down_ = true;
    down_cause_ = cause;
    next_recovery_ns_ = 0;
  }
  for (CommitQueue::Done& done : undone) done(cause);
}

Status EmbeddedStore::Recover() {
  {
    ReaderLock gate(gate_);
    if (!down_) return {};
  }
  WriterLock ground(ground_);
  WriterLock gate(gate_);
  if (!down_) return {};
  const int64_t now = clock_.MonotonicNs();
  if (now < next_recovery_ns_) {
    return Error(Code::kUnavailable, "the store takes no writes since one failed ({})",
                 down_cause_.message());
  }
  next_recovery_ns_ = now + kRecoveryIntervalNs;
  Status reopened = kv_->Reopen();
  ReportLogDamage();
  // Either way the ground moved: the log was replayed, perhaps with what was not acknowledged.
  partitions_.Clear();
  Status loaded = LoadIndex();
  if (reopened.ok()) reopened = loaded;
  if (!reopened.ok()) {
    down_cause_ = reopened;
    return Status(Code::kUnavailable, reopened.message());
  }
  down_ = false;
  down_cause_ = {};
  return {};
}

void EmbeddedStore::ReportLogDamage() {
  if (Status damage = kv_->LogDamage(); !damage.ok()) damage_.Report(damage);
}

bool EmbeddedStore::IsDown() {
  ReaderLock gate(gate_);
  return down_;
}

Status EmbeddedStore::LoadIndex() {
  results_.Clear();
  index_loaded_ = index_.Load(*kv_, damage_);
  return index_loaded_;
}

Status EmbeddedStore::Maintain() {
  if (queue_ == nullptr) {
    return Error(Code::kFailedPrecondition, "the store in {} is open for reading only",
                 options_.directory);
  }
  {
    ReaderLock ground(ground_);
    kv_->ResumeCompactions();
  }
  return RollUp(clock_.NowNs());
}

std::vector<std::string> EmbeddedStore::Tenants() { return index_.Tenants(); }

std::optional<TimeRange> EmbeddedStore::Bounds(std::string_view tenant) {
  return index_.Bounds(tenant);
}

}  // namespace anneal
