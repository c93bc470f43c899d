// Kv: an ordered, durable map of bytes with atomic batches. RocksDB, named in kv.cc only.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/status.h"

namespace rocksdb {
class Env;
}

namespace anneal {

// Column families: separate key spaces with one log, so a batch over several is atomic.
enum class Family : uint8_t { kMeta, kSeries, kSymbols, kProfiles, kRollups };
inline constexpr size_t kFamilyCount = 5;

struct KvOptions {
  std::string directory;
  bool read_only = false;
  bool create = true;
  // Of blocks read from the files, and of what was written lately and is in no file yet, which
  // takes up to a half of it and at least 4 MiB.
  size_t block_cache_bytes = size_t{32} << 20;
  Clock* clock = nullptr;       // null: the system's
  rocksdb::Env* env = nullptr;  // tests put faults here; null: the machine's
};

class Kv;

// The state of all families at one moment; cursors over it agree with one another.
class KvSnapshot {
 public:
  ~KvSnapshot();
  KvSnapshot(KvSnapshot&&) noexcept;
  KvSnapshot& operator=(KvSnapshot&&) noexcept;

 private:
  friend class Kv;
  struct Rep;
  explicit KvSnapshot(std::unique_ptr<Rep> rep);
  std::unique_ptr<Rep> rep_;
};

// Puts and deletes that become durable together. Reusable after Clear, which keeps a little memory.
class KvBatch {
 public:
  explicit KvBatch(const Kv& kv);  // `kv` must outlive the batch
  ~KvBatch();
  KvBatch(KvBatch&&) noexcept;
  KvBatch& operator=(KvBatch&&) noexcept;

  void Put(Family family, std::string_view key, std::string_view value);
  void Delete(Family family, std::string_view key);
  // Deletes [begin, end).
  void DeleteRange(Family family, std::string_view begin, std::string_view end);
  void Clear();
  bool empty() const;
  size_t bytes() const;

 private:
  friend class Kv;
  struct Rep;
  std::unique_ptr<Rep> rep_;
};

// Walks the keys of one family in order, over the state at its creation. Not thread-safe.
class KvCursor {
 public:
  ~KvCursor();
  KvCursor(KvCursor&&) noexcept;

  void Seek(std::string_view key);         // to the first key >= key
  void SeekForPrev(std::string_view key);  // to the last key <= key
  void Next();
  void Prev();
  bool Valid() const;
  std::string_view key() const;    // until the cursor moves
  std::string_view value() const;  // until the cursor moves
  Status status() const;           // why Valid() is false, when it is not the end

 private:
  friend class Kv;
  struct Rep;
  explicit KvCursor(std::unique_ptr<Rep> rep);
  std::unique_ptr<Rep> rep_;
};

class Kv {
 public:
  // kNotFound when there is none and !create; kUnavailable when another process has it open.
  static Result<std::unique_ptr<Kv>> Open(const KvOptions& options);
  ~Kv();

  // Closes and opens again, which brings the state that a restart after a crash would find. When
  // that fails, the store is opened for reading only if possible, and the error is returned.
  // REQUIRES: no cursor or snapshot exists, no other call runs, all batches are empty.
  Status Reopen();
  // Writes and syncs; on return the batch is durable and visible to new cursors. After an error
  // nothing of the batch is visible, and every write fails until Reopen succeeds.
  Status Write(KvBatch& batch);
  // kNotFound when there is no such key.
  Result<std::string> Get(Family family, std::string_view key);
  // Keys in [begin, end) (empty `end`: to the last). Keys outside may still be met; callers stop.
  // kUnavailable when the store could not be opened again.
  Result<KvCursor> Cursor(Family family, std::string_view begin, std::string_view end);
  // As Cursor; what it reads pushes nothing out of the cache: for reading much, once.
  Result<KvCursor> Sweep(Family family, std::string_view begin, std::string_view end);
  // All keys of a family, not yet placed: Seek first. The snapshot must outlive the cursor.
  Result<KvCursor> Cursor(Family family, const KvSnapshot& snapshot);
  // kUnavailable as for Cursor.
  Result<KvSnapshot> Snapshot();
  // Bytes that keys in [begin, end) take on disk and in memory, roughly.
  uint64_t ApproximateBytes(Family family, std::string_view begin, std::string_view end) const;
  // Removes the files in which all keys are in [begin, end). REQUIRES: all of these are deleted,
  // and nobody writes one of them meanwhile.
  Status DropFiles(Family family, std::string_view begin, std::string_view end);
  // Gives the space of what was deleted in [begin, end) back to the file system, by compaction.
  Status ReclaimRange(Family family, std::string_view begin, std::string_view end);
  // Bytes of the files on disk, logs included, and of memory held by the engine.
  uint64_t DiskBytes() const;
  uint64_t MemoryBytes() const;
  // Makes a copy of what is durable now in a new directory: files by hard link where the file
  // system allows. Writes go on. kAlreadyExists when there is something at `directory`.
  Status Checkpoint(const std::string& directory);
  // kDataLoss when the log was damaged as the store was last opened: what is behind the place was
  // left out.
  Status LogDamage() const;
  // `handler` is told, on any thread, each time that a compaction meets a block that it cannot
  // read; it must be quick and call nothing of the store. The family's compactions then rest, from
  // a minute to an hour, each time twice as long.
  using DamageHandler = std::function<void(const Status& damage)>;
  void SetDamageHandler(DamageHandler handler);
  // Ends the rests that are over. To be called now and then.
  void ResumeCompactions();
  bool CompactionsRest(Family family) const;
  // Writes memory tables out. For tests and benchmarks that look at the files.
  Status Flush();
  // Merges all files of all families down to the last level.
  Status Compact();

 private:
  friend class KvBatch;
  struct Rep;
  enum class Caching : uint8_t { kYes, kNo };
  Result<KvCursor> CursorOver(Family family, std::string_view begin, std::string_view end,
                              Caching caching);
  explicit Kv(std::unique_ptr<Rep> rep);
  std::unique_ptr<Rep> rep_;
};

}  // namespace anneal
