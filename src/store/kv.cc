#include "store/kv.h"

#include <rocksdb/cache.h>
#include <rocksdb/convenience.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/listener.h>
#include <rocksdb/options.h>
#include <rocksdb/table.h>
#include <rocksdb/utilities/checkpoint.h>
#include <rocksdb/write_batch.h>
#include <rocksdb/write_buffer_manager.h>

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdio>
#include <span>
#include <utility>

#include "base/clock.h"
#include "base/log.h"
#include "base/mutex.h"
#include "store/damage_backoff.h"

namespace anneal {
namespace {

constexpr std::array<const char*, kFamilyCount> kFamilyNames = {"default", "series", "symbols",
                                                                "profiles", "rollups"};

// RocksDB estimates in whole blocks: less than some of them is counted record by record.
constexpr uint64_t kCountedBytes = 64 << 10;

// A writer replaces files now and then, so a reader that missed one finds the others.
constexpr int kOpeningsBesideAWriter = 20;

// What was last written stays in memory until it is in a file of its own. It is charged to the
// block cache, of which it takes up to a half; less than this would make too small files.
constexpr size_t kLeastWriteBufferBytes = size_t{4} << 20;
// Parts of it, in sixteenths, at which a family's records go to a file by themselves. One more of
// each may be on its way there: RocksDB takes no writes then. So there is no more than twice the
// sum.
constexpr std::array<size_t, kFamilyCount> kFlushAt = {1, 1, 3, 8, 3};

// A batch that was larger gives its memory back.
constexpr size_t kKeptBatchBytes = size_t{1} << 20;

size_t WriteBufferBytes(const KvOptions& options) {
  return std::max(options.block_cache_bytes / 2, kLeastWriteBufferBytes);
}

// A slice must point somewhere even when it is empty.
rocksdb::Slice ToSlice(std::string_view bytes) {
  return bytes.empty() ? rocksdb::Slice("", 0) : rocksdb::Slice(bytes.data(), bytes.size());
}
std::string_view FromSlice(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

// A full disk is kUnavailable as any other failing one: kResourceExhausted would tell a client that
// it is the one who sent too much.
Status FromRocks(const rocksdb::Status& status, std::string_view what) {
  if (status.ok()) return {};
  Code code = Code::kInternal;
  if (status.IsNotFound()) code = Code::kNotFound;
  if (status.IsCorruption()) code = Code::kDataLoss;
  if (status.IsIOError() || status.IsBusy() || status.IsIncomplete() || status.IsAborted() ||
      status.IsTryAgain() || status.IsShutdownInProgress()) {
    code = Code::kUnavailable;
  }
  const char* hint =
      status.IsNoSpace() ? "; free some space on its disk, it goes on by itself" : "";
  return Error(code, "{}: {}{}", what, status.ToString(), hint);
}

// RocksDB says by text only that the lock on the directory is taken.
bool IsLocked(const rocksdb::Status& status) {
  const std::string text = status.ToString();
  return status.IsIOError() && (text.find("lock hold by current process") != std::string::npos ||
                                (text.find("While lock file") != std::string::npos &&
                                 text.find("temporarily unavailable") != std::string::npos));
}

// As when whoever has the store open for writing replaced the file meanwhile.
bool LacksAFile(const rocksdb::Status& status) {
  return !status.ok() && status.ToString().find("No such file") != std::string::npos;
}

rocksdb::BlockBasedTableOptions TableOptions(const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.block_size = 16 << 10;  // a scan's unit; larger ones compress better, cost point reads
  table.format_version = 5;
  table.checksum = rocksdb::kXXH3;
  // Index blocks are in the cache too, so that memory stays within its bound.
  table.cache_index_and_filter_blocks = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  return table;
}

rocksdb::ColumnFamilyOptions FamilyOptions(size_t family, size_t write_buffer_bytes,
                                           const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::ColumnFamilyOptions options;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(TableOptions(cache)));
  // Keys begin with the epoch, so writes go to one narrow range and old files are left alone by
  // compaction: levels cost little and reads touch few files.
  options.level_compaction_dynamic_level_bytes = true;
  options.compression = rocksdb::kLZ4Compression;
  options.bottommost_compression = rocksdb::kZSTD;
  options.write_buffer_size = write_buffer_bytes / 16 * kFlushAt[family];
  options.max_write_buffer_number = 2;
  options.target_file_size_base = uint64_t{32} << 20;
  // Compactions keep up with what commits bring; when they cannot, since a file is damaged, reads
  // become slower, but writes go on.
  options.level0_slowdown_writes_trigger = 100;
  options.level0_stop_writes_trigger = 100'000;
  return options;
}

// RocksDB's warnings, into our log. Not into a file of its own beside the data: Debian's build has
// assertions on, and one of them ends the process when that file cannot be written, as when the
// disk is full.
class Informer : public rocksdb::Logger {
 public:
  Informer() : Logger(rocksdb::WARN_LEVEL) {}
  // What opening left out of the write-ahead log, which RocksDB tells here only; empty: nothing.
  std::string LeftOut() {
    MutexLock lock(mutex_);
    return left_out_;
  }
  using Logger::Logv;
  void Logv(const char* format, va_list arguments) override {
    Logv(rocksdb::INFO_LEVEL, format, arguments);
  }
  void Logv(rocksdb::InfoLogLevel level, const char* format, va_list arguments) override {
    if (level < rocksdb::WARN_LEVEL || level >= rocksdb::HEADER_LEVEL) return;
    char text[1024];
    std::vsnprintf(text, sizeof text, format, arguments);
    // A store that is new has no directory yet: RocksDB looks for it before it makes it.
    const std::string_view said(text);
    if (said.starts_with("Error when reading ") && said.find("NotFound") != said.npos) return;
    // Told by whoever handles the damage, once.
    for (std::string_view of : {"ompaction error: Corruption", "Background IO error Corruption"}) {
      if (said.find(of) != said.npos) return;
    }
    if (const size_t at = said.find(": dropping "); at != said.npos) {
      // What was being written when the machine stopped is no damage: nobody was told that it is
      // on disk.
      for (std::string_view cut_off : {"truncated", "trailing data"}) {
        if (said.find(cut_off, at) != said.npos) return;
      }
      MutexLock lock(mutex_);
      const size_t source = said.rfind("] ", at);  // where in RocksDB's source
      if (left_out_.empty()) left_out_ = said.substr(source == said.npos ? 0 : source + 2);
      return;  // told by whoever opens it
    }
    log::Warn("rocksdb warns", {{"text", said}});
  }

 private:
  Mutex mutex_;
  std::string left_out_ GUARDED_BY(mutex_);
};

// A block that the disk lost costs what was in it, not all writes to come: RocksDB would take none
// any more once a compaction has met it. The file stays as it is, and is tried again; by itself
// RocksDB would do so each second. So the family's own compactions rest in between.
class DamagedCompactions : public rocksdb::EventListener {
 public:
  explicit DamagedCompactions(Clock& clock) : clock_(clock) {}

  void OnBackgroundError(rocksdb::BackgroundErrorReason reason, rocksdb::Status* error) override {
    if (reason == rocksdb::BackgroundErrorReason::kCompaction && error->IsCorruption()) {
      *error = rocksdb::Status::OK();
    }
  }
  void OnCompactionCompleted(rocksdb::DB* db, const rocksdb::CompactionJobInfo& job) override {
    if (!job.status.IsCorruption()) return;
    MutexLock lock(mutex_);
    if (handler_) handler_(FromRocks(job.status, fmt::format("compact {}", job.cf_name)));
    for (Resting& family : families_) {
      if (family.handle->GetID() != job.cf_id || family.backoff.resting()) continue;
      family.backoff.Fail(clock_.MonotonicNs());
      Compact(*db, family, "true");
    }
  }

  void SetHandler(Kv::DamageHandler handler) {
    MutexLock lock(mutex_);
    handler_ = std::move(handler);
  }
  // The families as they were opened; none before they are closed.
  void SetFamilies(std::span<rocksdb::ColumnFamilyHandle* const> handles) {
    MutexLock lock(mutex_);
    families_.clear();
    for (rocksdb::ColumnFamilyHandle* handle : handles) {
      if (handle != nullptr) families_.push_back({handle, {}});
    }
  }
  void Resume(rocksdb::DB& db) {
    MutexLock lock(mutex_);
    for (Resting& family : families_) {
      if (family.backoff.End(clock_.MonotonicNs())) Compact(db, family, "false");
    }
  }
  bool Rests(const rocksdb::ColumnFamilyHandle* handle) {
    MutexLock lock(mutex_);
    return std::ranges::any_of(families_, [&](const Resting& family) {
      return family.handle == handle && family.backoff.resting();
    });
  }

 private:
  struct Resting {
    rocksdb::ColumnFamilyHandle* handle;
    DamageBackoff backoff;
  };
  static void Compact(rocksdb::DB& db, const Resting& family, const char* disabled) {
    const rocksdb::Status status =
        db.SetOptions(family.handle, {{"disable_auto_compactions", disabled}});
    if (status.ok()) return;
    log::Warn("cannot let compactions rest, or go on", {{"error", status.ToString()}});
  }

  Clock& clock_;
  Mutex mutex_;
  Kv::DamageHandler handler_ GUARDED_BY(mutex_);
  std::vector<Resting> families_ GUARDED_BY(mutex_);
};

rocksdb::DBOptions DatabaseOptions(const KvOptions& options) {
  rocksdb::DBOptions db;
  if (options.env != nullptr) db.env = options.env;
  db.create_if_missing = options.create && !options.read_only;
  db.create_missing_column_families = !options.read_only;
  db.max_background_jobs = 2;
  db.max_total_wal_size = uint64_t{64} << 20;
  db.max_open_files = 512;
  db.stats_dump_period_sec = 0;
  db.stats_persist_period_sec = 0;
  db.skip_stats_update_on_db_open = true;
  // One thread writes (the commit queue's), so nothing is gained from RocksDB's own grouping.
  db.enable_write_thread_adaptive_yield = false;
  db.allow_concurrent_memtable_write = false;
  // A log cut off anywhere opens, with every synced write in it; see docs/format/store.md.
  db.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  return db;
}

}  // namespace

struct Kv::Rep {
  KvOptions options;
  std::shared_ptr<rocksdb::Cache> cache;
  std::shared_ptr<rocksdb::WriteBufferManager> write_buffers;
  std::shared_ptr<DamagedCompactions> damaged;
  std::unique_ptr<rocksdb::DB> db;  // null: could not be opened again
  std::array<rocksdb::ColumnFamilyHandle*, kFamilyCount> handles{};
  bool write_failed = false;
  std::string left_out;  // of the log, at opening

  // Null when the store is open for reading only and does not have the family: then it is empty.
  rocksdb::ColumnFamilyHandle* Handle(Family family) const {
    return handles[static_cast<size_t>(family)];
  }
  std::unique_ptr<rocksdb::Iterator> Iterate(const rocksdb::ReadOptions& how, Family family) const {
    rocksdb::ColumnFamilyHandle* handle = Handle(family);
    return std::unique_ptr<rocksdb::Iterator>(handle != nullptr ? db->NewIterator(how, handle)
                                                                : rocksdb::NewEmptyIterator());
  }
  Status Open(bool read_only);
  void Close();
  Status Down() const {
    return Error(Code::kUnavailable, "the store in {} could not be opened again after an error",
                 options.directory);
  }
};

Status Kv::Rep::Open(bool read_only) {
  rocksdb::DBOptions db_options = DatabaseOptions(options);
  db_options.write_buffer_manager = write_buffers;
  db_options.listeners.push_back(damaged);
  const auto informer = std::make_shared<Informer>();
  db_options.info_log = informer;
  // A store of before there were rollups is not changed by reading it: it has none.
  std::vector<std::string> present(kFamilyNames.begin(), kFamilyNames.end());
  if (read_only) {
    std::vector<std::string> listed;
    if (rocksdb::DB::ListColumnFamilies(db_options, options.directory, &listed).ok()) {
      if (std::ranges::count(listed, present.back()) == 0) present.pop_back();
    }
  }
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (size_t i = 0; i < present.size(); ++i) {
    families.emplace_back(kFamilyNames[i], FamilyOptions(i, write_buffers->buffer_size(), cache));
  }
  std::vector<rocksdb::ColumnFamilyHandle*> opened;
  rocksdb::DB* raw = nullptr;
  auto open = [&] {
    return read_only ? rocksdb::DB::OpenForReadOnly(db_options, options.directory, families,
                                                    &opened, &raw)
                     : rocksdb::DB::Open(db_options, options.directory, families, &opened, &raw);
  };
  rocksdb::Status status = open();
  for (int again = 0; read_only && LacksAFile(status) && again < kOpeningsBesideAWriter; ++again) {
    status = open();
  }
  if (IsLocked(status)) {
    return Error(Code::kUnavailable,
                 "the store in {} is in use by another anneal: end it, or choose another directory "
                 "with --data",
                 options.directory);
  }
  Status result = FromRocks(status, fmt::format("open the store in {}", options.directory));
  if (result.code() == Code::kDataLoss) {
    return Error(Code::kDataLoss,
                 "{}; damaged is not a record but what says where records are: restore a backup",
                 result.message());
  }
  TRY(result);
  db.reset(raw);
  std::copy(opened.begin(), opened.end(), handles.begin());
  damaged->SetFamilies(handles);
  write_failed = read_only;
  left_out = informer->LeftOut();
  return {};
}

void Kv::Rep::Close() {
  if (db == nullptr) return;
  damaged->SetFamilies({});
  for (rocksdb::ColumnFamilyHandle*& handle : handles) {
    if (handle == nullptr) continue;
    // The status only says whether the handle was one; it was.
    db->DestroyColumnFamilyHandle(handle).PermitUncheckedError();
    handle = nullptr;
  }
  // An error here is one of flushing; what was acknowledged is in the log.
  db->Close().PermitUncheckedError();
  db.reset();
}

struct KvBatch::Rep {
  const Kv::Rep* kv;
  rocksdb::WriteBatch batch;
};

KvBatch::KvBatch(const Kv& kv) : rep_(new Rep{kv.rep_.get(), rocksdb::WriteBatch()}) {}
KvBatch::~KvBatch() = default;
KvBatch::KvBatch(KvBatch&&) noexcept = default;
KvBatch& KvBatch::operator=(KvBatch&&) noexcept = default;

// WriteBatch fails only beyond limits (4 GiB, save points) that no caller reaches.
void KvBatch::Put(Family family, std::string_view key, std::string_view value) {
  rep_->batch.Put(rep_->kv->Handle(family), ToSlice(key), ToSlice(value)).PermitUncheckedError();
}
void KvBatch::Delete(Family family, std::string_view key) {
  rep_->batch.Delete(rep_->kv->Handle(family), ToSlice(key)).PermitUncheckedError();
}
void KvBatch::DeleteRange(Family family, std::string_view begin, std::string_view end) {
  rep_->batch.DeleteRange(rep_->kv->Handle(family), ToSlice(begin), ToSlice(end))
      .PermitUncheckedError();
}
void KvBatch::Clear() {
  if (bytes() > kKeptBatchBytes) {
    rep_->batch = rocksdb::WriteBatch();
  } else {
    rep_->batch.Clear();
  }
}
bool KvBatch::empty() const { return rep_->batch.Count() == 0; }
size_t KvBatch::bytes() const { return rep_->batch.GetDataSize(); }

struct KvCursor::Rep {
  std::string upper;  // the iterator's options point to it
  rocksdb::Slice upper_slice;
  std::unique_ptr<rocksdb::Iterator> iterator;
};

KvCursor::KvCursor(std::unique_ptr<Rep> rep) : rep_(std::move(rep)) {}
KvCursor::~KvCursor() = default;
KvCursor::KvCursor(KvCursor&&) noexcept = default;
void KvCursor::Seek(std::string_view key) { rep_->iterator->Seek(ToSlice(key)); }
void KvCursor::SeekForPrev(std::string_view key) { rep_->iterator->SeekForPrev(ToSlice(key)); }
void KvCursor::Next() { rep_->iterator->Next(); }
void KvCursor::Prev() { rep_->iterator->Prev(); }
bool KvCursor::Valid() const { return rep_->iterator->Valid(); }
std::string_view KvCursor::key() const { return FromSlice(rep_->iterator->key()); }
std::string_view KvCursor::value() const { return FromSlice(rep_->iterator->value()); }
Status KvCursor::status() const { return FromRocks(rep_->iterator->status(), "read the store"); }

struct KvSnapshot::Rep {
  Rep(rocksdb::DB& database, const rocksdb::Snapshot* taken) : db(database), snapshot(taken) {}
  ~Rep() { db.ReleaseSnapshot(snapshot); }
  rocksdb::DB& db;
  const rocksdb::Snapshot* const snapshot;
};

KvSnapshot::KvSnapshot(std::unique_ptr<Rep> rep) : rep_(std::move(rep)) {}
KvSnapshot::~KvSnapshot() = default;
KvSnapshot::KvSnapshot(KvSnapshot&&) noexcept = default;
KvSnapshot& KvSnapshot::operator=(KvSnapshot&&) noexcept = default;

Kv::Kv(std::unique_ptr<Rep> rep) : rep_(std::move(rep)) {}
Kv::~Kv() { rep_->Close(); }

Result<std::unique_ptr<Kv>> Kv::Open(const KvOptions& options) {
  auto rep = std::make_unique<Rep>();
  rep->options = options;
  rep->cache = rocksdb::NewLRUCache(options.block_cache_bytes);
  rep->write_buffers =
      std::make_shared<rocksdb::WriteBufferManager>(WriteBufferBytes(options), rep->cache);
  rep->damaged = std::make_shared<DamagedCompactions>(options.clock != nullptr ? *options.clock
                                                                               : Clock::System());
  rocksdb::Env* env = options.env != nullptr ? options.env : rocksdb::Env::Default();
  if (!options.create || options.read_only) {
    if (!env->FileExists(options.directory + "/CURRENT").ok()) {
      return Error(Code::kNotFound, "there is no store in {}", options.directory);
    }
  }
  TRY(rep->Open(options.read_only));
  return std::unique_ptr<Kv>(new Kv(std::move(rep)));
}

Status Kv::Reopen() {
  rep_->Close();
  Status status = rep_->Open(rep_->options.read_only);
  if (!status.ok() && !rep_->options.read_only) {
    // Queries go on while, say, the disk is full. That failing too leaves the store down.
    Status reading = rep_->Open(true);
    if (!reading.ok()) rep_->db.reset();
  }
  return status;
}

Status Kv::Write(KvBatch& batch) {
  if (rep_->db == nullptr) return rep_->Down();
  if (rep_->write_failed) {
    return Error(Code::kUnavailable, "the store in {} takes no writes", rep_->options.directory);
  }
  rocksdb::WriteOptions options;
  options.sync = true;
  rocksdb::Status status = rep_->db->Write(options, &batch.rep_->batch);
  if (!status.ok()) rep_->write_failed = true;
  return FromRocks(status, fmt::format("write to the store in {}", rep_->options.directory));
}

Result<std::string> Kv::Get(Family family, std::string_view key) {
  if (rep_->db == nullptr) return rep_->Down();
  if (rep_->Handle(family) == nullptr)
    return Error(Code::kNotFound, "the store has no such family");
  std::string value;
  TRY(FromRocks(rep_->db->Get({}, rep_->Handle(family), ToSlice(key), &value), "read the store"));
  return value;
}

Result<KvCursor> Kv::Cursor(Family family, std::string_view begin, std::string_view end) {
  return CursorOver(family, begin, end, Caching::kYes);
}

Result<KvCursor> Kv::Sweep(Family family, std::string_view begin, std::string_view end) {
  return CursorOver(family, begin, end, Caching::kNo);
}

Result<KvCursor> Kv::CursorOver(Family family, std::string_view begin, std::string_view end,
                                Caching caching) {
  if (rep_->db == nullptr) return rep_->Down();
  auto rep = std::make_unique<KvCursor::Rep>();
  rocksdb::ReadOptions options;
  options.fill_cache = caching == Caching::kYes;
  rep->upper = end;
  if (!end.empty()) {
    rep->upper_slice = ToSlice(rep->upper);
    options.iterate_upper_bound = &rep->upper_slice;
  }
  rep->iterator = rep_->Iterate(options, family);
  KvCursor cursor(std::move(rep));
  cursor.Seek(begin);
  return cursor;
}

Result<KvCursor> Kv::Cursor(Family family, const KvSnapshot& snapshot) {
  if (rep_->db == nullptr) return rep_->Down();
  auto rep = std::make_unique<KvCursor::Rep>();
  rocksdb::ReadOptions options;
  options.snapshot = snapshot.rep_->snapshot;
  rep->iterator = rep_->Iterate(options, family);
  return KvCursor(std::move(rep));
}

Result<KvSnapshot> Kv::Snapshot() {
  if (rep_->db == nullptr) return rep_->Down();
  return KvSnapshot(std::make_unique<KvSnapshot::Rep>(*rep_->db, rep_->db->GetSnapshot()));
}

Status Kv::DropFiles(Family family, std::string_view begin, std::string_view end) {
  if (rep_->db == nullptr) return rep_->Down();
  if (rep_->Handle(family) == nullptr) return {};
  rocksdb::Slice first = ToSlice(begin), last = ToSlice(end);
  return FromRocks(rocksdb::DeleteFilesInRange(rep_->db.get(), rep_->Handle(family), &first, &last,
                                               /*include_end=*/false),
                   "remove old files");
}

Status Kv::ReclaimRange(Family family, std::string_view begin, std::string_view end) {
  if (rep_->db == nullptr) return rep_->Down();
  if (rep_->Handle(family) == nullptr) return {};
  rocksdb::Slice first = ToSlice(begin), last = ToSlice(end);
  return FromRocks(
      rep_->db->CompactRange(rocksdb::CompactRangeOptions(), rep_->Handle(family), &first, &last),
      "compact old files");
}

uint64_t Kv::ApproximateBytes(Family family, std::string_view begin, std::string_view end) const {
  if (rep_->db == nullptr || rep_->Handle(family) == nullptr) return 0;
  rocksdb::SizeApproximationOptions options;
  options.include_memtables = true;
  options.include_files = true;
  const rocksdb::Range range(ToSlice(begin), ToSlice(end));
  uint64_t bytes = 0;
  rocksdb::Status status =
      rep_->db->GetApproximateSizes(options, rep_->Handle(family), &range, 1, &bytes);
  if (status.ok() && bytes >= kCountedBytes) return bytes;
  rocksdb::ReadOptions how;
  how.iterate_upper_bound = end.empty() ? nullptr : &range.limit;
  const std::unique_ptr<rocksdb::Iterator> records = rep_->Iterate(how, family);
  bytes = 0;
  for (records->Seek(range.start); records->Valid() && bytes < kCountedBytes; records->Next()) {
    bytes += records->key().size() + records->value().size();
  }
  records->status().PermitUncheckedError();  // what cannot be read is not counted
  return bytes;
}

uint64_t Kv::DiskBytes() const {
  uint64_t bytes = 0;
  rocksdb::Env* env = rep_->options.env != nullptr ? rep_->options.env : rocksdb::Env::Default();
  std::vector<rocksdb::Env::FileAttributes> files;
  if (!env->GetChildrenFileAttributes(rep_->options.directory, &files).ok()) return 0;
  for (const auto& file : files) bytes += file.size_bytes;
  return bytes;
}

uint64_t Kv::MemoryBytes() const {
  if (rep_->db == nullptr) return 0;
  uint64_t readers = 0;
  rep_->db->GetAggregatedIntProperty(rocksdb::DB::Properties::kEstimateTableReadersMem, &readers);
  return readers + rep_->cache->GetUsage();  // write buffers are charged to the cache
}

Status Kv::Checkpoint(const std::string& directory) {
  if (rep_->db == nullptr) return rep_->Down();
  rocksdb::Env* env = rep_->options.env != nullptr ? rep_->options.env : rocksdb::Env::Default();
  if (env->FileExists(directory).ok()) {
    return Error(Code::kAlreadyExists, "{} exists; a backup makes a directory of its own",
                 directory);
  }
  const std::string what =
      fmt::format("back the store in {} up to {}", rep_->options.directory, directory);
  rocksdb::Checkpoint* raw = nullptr;
  TRY(FromRocks(rocksdb::Checkpoint::Create(rep_->db.get(), &raw), what));
  std::unique_ptr<rocksdb::Checkpoint> checkpoint(raw);
  return FromRocks(checkpoint->CreateCheckpoint(directory), what);
}

Status Kv::LogDamage() const {
  if (rep_->left_out.empty()) return {};
  return Error(Code::kDataLoss, "write-ahead log: {}", rep_->left_out);
}

void Kv::SetDamageHandler(DamageHandler handler) { rep_->damaged->SetHandler(std::move(handler)); }

void Kv::ResumeCompactions() {
  if (rep_->db != nullptr) rep_->damaged->Resume(*rep_->db);
}

bool Kv::CompactionsRest(Family family) const { return rep_->damaged->Rests(rep_->Handle(family)); }

Status Kv::Flush() {
  if (rep_->db == nullptr) return rep_->Down();
  std::vector<rocksdb::ColumnFamilyHandle*> handles(rep_->handles.begin(), rep_->handles.end());
  return FromRocks(rep_->db->Flush(rocksdb::FlushOptions(), handles), "flush the store");
}

Status Kv::Compact() {
  if (rep_->db == nullptr) return rep_->Down();
  for (rocksdb::ColumnFamilyHandle* handle : rep_->handles) {
    if (handle == nullptr) continue;
    TRY(FromRocks(rep_->db->CompactRange(rocksdb::CompactRangeOptions(), handle, nullptr, nullptr),
                  "compact the store"));
  }
  return {};
}

}  // namespace anneal
