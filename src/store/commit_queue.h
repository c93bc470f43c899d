// CommitQueue: many appends, one synced write (group commit).
//
// Entries become durable in the order in which they were enqueued, and each wholly or not at
// all. A sync costs as much for one entry as for many, so when several callers append at a time,
// the queue waits a moment for those that were just answered. Who interns symbols enqueues them
// before letting go of the partition's lock, so no record is durable before what it refers to.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/metrics.h"
#include "base/mutex.h"
#include "base/status.h"
#include "store/kv.h"

namespace anneal {

struct CommitRecord {
  Family family{};
  std::string key, value;
};

struct CommitKey {
  Family family{};
  std::string key;
};

struct CommitEntry {
  std::vector<CommitKey> deletes;  // before the records
  std::vector<CommitRecord> records;
  // Kept alive until the entry is durable: a partition with symbols that are not on disk yet must
  // not leave memory.
  std::vector<std::shared_ptr<const void>> pins;
  std::function<void(Status)> done;  // once, with the outcome
};

class CommitQueue {
 public:
  using Done = std::function<void(Status)>;
  using OnFailure = std::function<void(CommitQueue&, const Status&)>;

  // `on_failure` runs on the queue's thread when a write failed, before anyone is told; it must
  // stop new entries, call TakeAll, set things right, then call what it took. `kv` must outlive
  // the queue.
  CommitQueue(Kv& kv, Metrics* metrics, OnFailure on_failure);
  // Commits what is enqueued, then stops.
  ~CommitQueue();

  void Enqueue(CommitEntry entry);
  // A record of its own; durable no later than any entry enqueued after it.
  void EnqueueRecord(Family family, std::string_view key, std::string_view value);
  // Bytes waiting to be written.
  size_t PendingBytes();
  // Waits until everything enqueued before is durable; the error when a write failed meanwhile.
  Status Drain();
  // Forgets everything that is not durable and gives the callbacks of it; the queue then takes
  // entries again. REQUIRES: no concurrent Enqueue; called from on_failure.
  std::vector<Done> TakeAll();

 private:
  struct Group {
    explicit Group(const Kv& kv) : batch(kv) {}
    KvBatch batch;
    std::vector<std::shared_ptr<const void>> pins;
    std::vector<Done> done;
  };
  void Run();
  // Waits until as many appends have come as lately were under way together, or for kLinger.
  void Linger() REQUIRES_LOCK(mutex_);
  void Commit(Group& group);

  Kv& kv_;
  const OnFailure on_failure_;
  Metrics::Histogram* group_size_ = nullptr;
  Metrics::Counter* failures_ = nullptr;

  Mutex mutex_;
  CondVar work_, idle_;
  Group open_ GUARDED_BY(mutex_);  // what comes next; the other one is being written
  bool writing_ GUARDED_BY(mutex_) = false;
  bool lingering_ GUARDED_BY(mutex_) = false;
  size_t being_written_ GUARDED_BY(mutex_) = 0;  // appends of the other group
  size_t expected_ GUARDED_BY(mutex_) = 0;       // appends under way together, lately
  bool stopping_ GUARDED_BY(mutex_) = false;
  Status failed_ GUARDED_BY(mutex_);
  std::vector<Done> undone_;  // of the failed write; the queue's thread only
  std::thread thread_;
};

}  // namespace anneal
