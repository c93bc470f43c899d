// EmbeddedStore: the embedded engine's parts put together. See embedded.h for opening one.
//
// Locks, in the order in which they may be taken: upkeep_, ground_, gate_, room_, the index's,
// partitions' (by key), the partition cache's, the commit queue's. Whatever reads holds ground_
// shared, appends hold gate_ shared, and what changes the ground under them (recovery after a
// failed write, deletes) holds both alone. There are two of them since a query may take a minute,
// and appends must not wait behind a delete that waits for it. What deletes, and what holds ground_
// for longer than queries may wait for a delete, takes turns by upkeep_.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "store/commit_queue.h"
#include "store/damage.h"
#include "store/embedded.h"
#include "store/intern.h"
#include "store/kv.h"
#include "store/partition.h"
#include "store/profile_record.h"
#include "store/result_cache.h"
#include "store/rollup_plan.h"
#include "store/rollup_record.h"
#include "store/series_index.h"
#include "store/store.h"
#include "store/task_pool.h"

namespace anneal {

class EmbeddedStore final : public Store {
 public:
  // `env` is for tests that make files fail; null: the machine's.
  static Result<std::unique_ptr<EmbeddedStore>> Open(const EmbeddedOptions& options,
                                                     rocksdb::Env* env);
  ~EmbeddedStore() override;

  void Append(std::string_view tenant, std::span<const ProfileWrite> writes,
              AppendDone done) override;
  Result<Profile> Merge(const Selection& selection) override;
  Result<std::map<LabelSet, std::vector<SeriesPoint>>> Totals(const Selection& selection,
                                                              GroupBy group_by) override;
  Result<std::map<LabelSet, std::vector<SpanPoint>>> SpanTotals(const Selection& selection,
                                                                GroupBy group_by) override;
  Result<std::vector<LabelSet>> Series(std::string_view tenant,
                                       std::span<const std::vector<LabelMatcher>> selectors,
                                       std::span<const std::string> names,
                                       TimeRange range) override;
  Result<std::vector<std::string>> LabelNames(std::string_view tenant,
                                              std::span<const std::vector<LabelMatcher>> selectors,
                                              TimeRange range) override;
  Status Scan(const Selection& selection,
              const std::function<Status(const StoredProfile&)>& visit) override;
  Status PutDocument(const DocumentName& name, std::string_view body) override;
  Result<std::string> GetDocument(const DocumentName& name) override;
  Status DeleteDocument(const DocumentName& name) override;
  Result<std::vector<DocumentInfo>> Documents(std::string_view tenant,
                                              std::string_view kind) override;
  std::vector<std::string> Tenants() override;
  std::optional<TimeRange> Bounds(std::string_view tenant) override;
  Result<StoreStats> Stats() override;
  Status Backup(const std::string& directory) override;
  void SetRetention(RetentionPolicy policy) override;
  Result<uint64_t> Delete(const Selection& selection) override;
  Result<uint64_t> Count(const Selection& selection) override EXCLUDES_LOCK(ground_, gate_);
  Status Retain() override EXCLUDES_LOCK(ground_, gate_);
  Status Maintain() override EXCLUDES_LOCK(ground_, gate_);
  void StopMaintaining() override { stopping_ = true; }

  // For benchmarks and tests that look at the files.
  Kv& kv() { return *kv_; }
  int64_t epoch_ns() const { return epoch_ns_; }
  // Makes what rollups are missing of the time before `now_ns`, less the delay.
  Status RollUp(int64_t now_ns) EXCLUDES_LOCK(ground_, gate_);
  // Waits until everything enqueued is durable. Not for read-only stores.
  Status Flush() { return queue_->Drain(); }

 private:
  struct Planned;
  class LockedPartitions;
  struct Lane;
  // Where a query or a rollup stands, over one snapshot, which must outlive it.
  struct WindowCursors {
    KvCursor profiles, rollups;
    static Result<WindowCursors> Open(Kv& kv, const KvSnapshot& snapshot);
  };
  class RollupMaker;
  struct PartSum;
  class MergeQuery;
  // What is visited of a series.
  struct Window {
    explicit Window(TimeRange times) : range(times) {}
    explicit Window(const Selection& selection)
        : range(selection.range), ids(selection.profile_ids), control(selection.control.get()) {}
    TimeRange range;
    std::span<const ProfileUuid> ids;  // only these; none: all
    QueryControl* control = nullptr;
    bool* skipped = nullptr;  // set when something could not be read

    bool Takes(std::string_view key) const {
      return ids.empty() || std::ranges::find(ids, IdOfKey(key)) != ids.end();
    }
  };
  // Called for each selected record of one series' window; the value is without checksum.
  using Visit = absl::FunctionRef<Status(std::string_view key, std::string_view record)>;
  using RollupVisit = absl::FunctionRef<Status(RollupReader)>;

  EmbeddedStore(const EmbeddedOptions& options, std::unique_ptr<Kv> kv, int64_t epoch_ns);

  Status CheckWrite(std::string_view tenant, const ProfileWrite& write,
                    const RetentionPolicy& policy, int64_t now_ns) const;
  // Interns and enqueues; `done` is taken over only when the status is ok.
  // Not enqueued and ok: something was set aside, to be tried again.
  Status TryAppend(std::string_view tenant, std::span<const ProfileWrite> writes, AppendDone& done,
                   bool& enqueued) REQUIRES_SHARED_LOCK(gate_);
  // Has appends to a damaged partition's service go elsewhere. kDataLoss when that is no use.
  Status SetAside(const Partition& partition) REQUIRES_SHARED_LOCK(gate_);
  static Status CheckRoom(std::span<const Planned> group, const Partition& partition);
  void InternGroup(std::span<const Planned> group, Partition& partition, CommitEntry& entry);
  static CommitRecord MakeRecord(const Planned& planned, ProfileInterner& interner);

  static Status NeedProfileType(const Selection& selection);
  // Made before ground_ is taken: patterns take their time.
  using Matchers = std::vector<CompiledMatcher>;
  static Result<Matchers> MatchersOf(const Selection& selection) {
    return CompileMatchers(selection.matchers, selection.control.get());
  }
  Result<std::vector<SeriesTarget>> FindTargets(const Selection& selection,
                                                const Matchers& matchers) const
      REQUIRES_SHARED_LOCK(ground_);
  // What cannot be read is skipped and reported, as is a record for which `visit` gives kDataLoss.
  Status VisitWindow(KvCursor& cursor, const SeriesTarget& target, const Window& window,
                     Visit visit);
  Status VisitRecord(std::string_view key, std::string_view value, const Window& window,
                     Visit visit);
  // A piece at a time, so that nothing waits for it.
  Status CountRecords(Family family, std::string_view what,
                      absl::FunctionRef<void(std::string_view key, std::string_view value)> count)
      EXCLUDES_LOCK(ground_);
  Status CountDocuments(StoreStats& stats) EXCLUDES_LOCK(ground_);
  Result<bool> HasProfile(const SeriesTarget& target, TimeRange range);
  // As VisitWindow, but whole rollups are given in place of the profiles that they sum, where the
  // selection takes whole profiles and the rollup can be read.
  Status VisitStretches(WindowCursors& cursors, const SeriesTarget& target,
                        const Selection& selection, RollupVisit on_rollup, Visit on_profile);
  // False, with the damage reported, when it cannot be read or `visit` gives kDataLoss.
  Result<bool> ReadRollup(std::string_view key, std::string_view value, RollupVisit visit);
  // Whether the cursor failed for damage, which is reported; other failures are errors.
  Result<bool> MetDamage(const KvCursor& rollups, const SeriesTarget& target);
  LabelSet GroupOf(SeriesId series, GroupBy group_by) const;
  // Merge, without the memory that its caller will need.
  Result<Profile> MergeAll(const Selection& selection);
  // Of a window as it is, and of one whose answer is kept.
  Result<Merged> MergeWindow(const Selection& selection, const Matchers& matchers)
      REQUIRES_SHARED_LOCK(ground_);
  Result<std::shared_ptr<const Merged>> MergeLasting(const Selection& selection,
                                                     const Matchers& matchers)
      REQUIRES_SHARED_LOCK(ground_);
  // Sums series of one partition.
  Status SumTargets(Lane& lane, std::span<const SeriesTarget> targets, const Selection& selection,
                    PartSum& part);
  // Sums one partition's series and adds what comes out to a lane's merger.
  Status MergePartition(MergeQuery& query, std::span<const SeriesTarget> targets)
      REQUIRES_SHARED_LOCK(ground_);

  // False when no sample passes the filter.
  Result<bool> ReadProfile(std::string_view key, std::string_view record, const LinkFilter& filter,
                           StoredProfile& stored);
  // REQUIRES: partition.mutex is held.
  Status LoadForReading(Partition& partition);
  // How many stacks the partition has, as far as records that can be read now refer to them.
  Result<size_t> StackCount(PartitionKey key);

  // Writes and syncs what `change` puts into a batch, while nothing else is written.
  Status WriteDocument(absl::FunctionRef<void(KvBatch&)> change) EXCLUDES_LOCK(ground_, gate_);

  // Deletes with `entry` the rollups that a profile makes wrong. REQUIRES: the partition's lock.
  void ForgetRollups(const ProfileKey& key, Partition& partition, CommitEntry& entry) const;
  Status RollUpPartition(std::span<const SeriesTarget> targets, int64_t closed_ns)
      EXCLUDES_LOCK(ground_, gate_);
  Result<int64_t> RollupProgress(PartitionKey partition) REQUIRES_SHARED_LOCK(ground_);
  void NoteRollupProgress(PartitionKey key, int64_t until_ns) REQUIRES_SHARED_LOCK(ground_);

  // The commit queue's failure handler: drops what memory knows and the disk may not.
  void OnCommitFailure(CommitQueue& queue, const Status& cause);
  // After a failed write: opens the store anew, at most once a second.
  Status Recover() EXCLUDES_LOCK(ground_, gate_);
  // Reads the index anew; until that succeeds queries are refused rather than answered in part.
  void ReportLogDamage();
  bool IsDown() EXCLUDES_LOCK(gate_);
  Status LoadIndex() REQUIRES_LOCK(ground_, gate_);
  std::shared_ptr<const RetentionPolicy> retention() EXCLUDES_LOCK(retention_mutex_);
  std::vector<PartitionKey> PastRetention(int64_t now_ns) EXCLUDES_LOCK(ground_, gate_);
  Status DropPartitions(std::span<const PartitionKey> partitions) EXCLUDES_LOCK(ground_, gate_);
  Status DeleteWindow(std::span<const SeriesTarget> targets, TimeRange range)
      REQUIRES_LOCK(ground_, gate_);
  // Deletes with `batch` the records of spans that ended, and of what has no data without them, and
  // resumes.
  Status DropSpans(const absl::flat_hash_set<SeriesTarget>& gone, KvBatch& batch)
      REQUIRES_LOCK(ground_, gate_);
  // After deletes were written, or not: everything in memory is read anew.
  Status Resume(Status written) REQUIRES_LOCK(ground_, gate_);
  Status Reclaim(std::span<const PartitionKey> partitions) EXCLUDES_LOCK(ground_, gate_);

  const EmbeddedOptions options_;
  Clock& clock_;
  const int64_t epoch_ns_;
  const RollupPlan plan_;
  const std::unique_ptr<Kv> kv_;
  Metrics::Counter* profiles_appended_ = nullptr;

  std::atomic<bool> stopping_ = false;  // rollups wait for the next start
  Mutex upkeep_;
  SharedMutex ground_;
  SharedMutex gate_;
  bool down_ GUARDED_BY(gate_) = false;  // a write failed; Recover brings it back
  Status down_cause_ GUARDED_BY(gate_);
  Status index_loaded_ GUARDED_BY(ground_);         // not ok: it knows only a part
  int64_t next_recovery_ns_ GUARDED_BY(gate_) = 0;  // monotonic
  Mutex retention_mutex_;
  std::shared_ptr<const RetentionPolicy> retention_ GUARDED_BY(retention_mutex_) =
      std::make_shared<RetentionPolicy>();
  std::mutex room_;  // from the look for room for new series until they are there
  SeriesIndex index_;
  PartitionCache partitions_;
  DamageLog damage_;
  ResultCache results_;
  TaskPool pool_;                       // for queries
  std::unique_ptr<CommitQueue> queue_;  // null when read only; first to go
};

}  // namespace anneal
