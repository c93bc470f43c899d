// Deleting parts of the store: services past their retention, and what a selection names.
//
// A partition goes as a range of keys in each family, its symbols with it. Of a partition that
// stays, profiles go by ranges, and their series' rollups; its symbols stay until its end.
#include <algorithm>
#include <map>

#include "store/engine.h"
#include "store/series_record.h"

namespace anneal {
namespace {

// Profiles, under one hold of the ground.
constexpr uint64_t kCountedAtATime = 1024;

constexpr Family kPartitioned[] = {Family::kSymbols, Family::kProfiles, Family::kRollups};

std::string ProfileTimeKey(const SeriesTarget& target, int64_t time_ns) {
  std::string key = SeriesPrefix(target.partition, target.series);
  PutBig64(key, static_cast<uint64_t>(std::max<int64_t>(time_ns, 0)));
  return key;
}

// From the first to the last profile of a series in an epoch that is not in the range; nullopt when
// there is none, kDataLoss when that cannot be told.
Result<std::optional<TimeRange>> TimesOutside(KvCursor& cursor, const SeriesTarget& target,
                                              TimeRange range) {
  const std::string prefix = SeriesPrefix(target.partition, target.series);
  auto time = [&]() -> Result<std::optional<int64_t>> {
    if (!cursor.Valid()) TRY(cursor.status());
    if (!cursor.Valid() || !cursor.key().starts_with(prefix)) return std::optional<int64_t>();
    return std::optional(TimeOfKey(cursor.key()));
  };
  cursor.Seek(prefix);
  ASSIGN_OR_RETURN(std::optional<int64_t> first, time());
  if (first.has_value() && *first >= range.start_ns && *first <= range.end_ns) {
    if (range.end_ns == INT64_MAX) return std::optional<TimeRange>();
    cursor.Seek(ProfileTimeKey(target, range.end_ns + 1));
    ASSIGN_OR_RETURN(first, time());
  }
  if (!first.has_value()) return std::optional<TimeRange>();
  cursor.SeekForPrev(prefix + std::string(kProfileKeySize - prefix.size(), '\xff'));
  ASSIGN_OR_RETURN(std::optional<int64_t> last, time());
  if (last.has_value() && *last >= range.start_ns && *last <= range.end_ns) {
    cursor.SeekForPrev(ProfileTimeKey(target, range.start_ns));
    ASSIGN_OR_RETURN(last, time());
  }
  return std::optional(TimeRange{*first, last.value_or(*first)});
}

}  // namespace

void EmbeddedStore::SetRetention(RetentionPolicy policy) {
  MutexLock lock(retention_mutex_);
  retention_ = std::make_shared<RetentionPolicy>(std::move(policy));
}

std::shared_ptr<const RetentionPolicy> EmbeddedStore::retention() {
  MutexLock lock(retention_mutex_);
  return retention_;
}

std::vector<PartitionKey> EmbeddedStore::PastRetention(int64_t now_ns) {
  const std::shared_ptr<const RetentionPolicy> policy = retention();
  struct Kept {
    PartitionKey key;
    const ServiceInfo* service;
    uint64_t bytes;
  };
  std::map<ServiceId, ServiceInfo> services;
  for (ServiceInfo& info : index_.Services()) services[info.id] = std::move(info);
  const bool by_size =
      std::ranges::any_of(policy->rules(), [](const RetentionRule& r) { return r.max_bytes > 0; });
  std::vector<PartitionKey> gone;
  std::vector<Kept> kept;  // the oldest first
  for (Epoch epoch : index_.Epochs()) {
    const std::vector<SeriesTarget> targets = index_.InEpoch(epoch);
    for (std::span<const SeriesTarget> group : ByPartition(targets)) {
      const PartitionKey key = group.front().partition;
      const ServiceInfo& service = services[key.service];
      const int64_t age_ns = policy->MaxAgeNs(service.tenant, service.name);
      if (age_ns > 0 && plan_.EpochEnd(epoch) <= now_ns - age_ns) {
        gone.push_back(key);
        continue;
      }
      uint64_t bytes = 0;
      const std::string prefix = PartitionPrefix(key);
      ReaderLock ground(ground_);
      for (Family family : kPartitioned) {
        if (by_size) bytes += kv_->ApproximateBytes(family, prefix, PrefixEnd(prefix));
      }
      kept.push_back({key, &service, bytes});
    }
  }
  for (const RetentionRule& rule : policy->rules()) {
    if (rule.max_bytes == 0) continue;
    uint64_t total = 0;
    auto named = [&](const Kept& k) { return rule.Names(k.service->tenant, k.service->name); };
    for (const Kept& k : kept) total += named(k) ? k.bytes : 0;
    // What is being written stays.
    std::erase_if(kept, [&](const Kept& k) {
      if (total <= rule.max_bytes || !named(k) || plan_.EpochEnd(k.key.epoch) > now_ns)
        return false;
      total -= k.bytes;
      gone.push_back(k.key);
      return true;
    });
  }
  return gone;
}

Status EmbeddedStore::Retain() {
  if (queue_ == nullptr) {
    return Error(Code::kFailedPrecondition, "the store in {} is open for reading only",
                 options_.directory);
  }
  MutexLock upkeep(upkeep_);
  const std::vector<PartitionKey> gone = PastRetention(clock_.NowNs());
  if (gone.empty()) return {};
  TRY(DropPartitions(gone));
  return Reclaim(gone);
}

Status EmbeddedStore::DropPartitions(std::span<const PartitionKey> partitions) {
  TRY(Recover());
  WriterLock ground(ground_);
  WriterLock gate(gate_);
  // Nobody interns now; once the queue is empty, nothing refers to what goes.
  TRY(queue_->Drain());
  absl::flat_hash_set<SeriesTarget> gone;
  const absl::flat_hash_set<PartitionKey> wanted(partitions.begin(), partitions.end());
  for (Epoch epoch : index_.Epochs()) {
    for (const SeriesTarget& target : index_.InEpoch(epoch)) {
      if (wanted.contains(target.partition)) gone.insert(target);
    }
  }
  if (gone.empty()) return {};
  KvBatch batch(*kv_);
  return DropSpans(gone, batch);
}

Status EmbeddedStore::DropSpans(const absl::flat_hash_set<SeriesTarget>& gone, KvBatch& batch) {
  const Orphans orphans = index_.Without(gone);
  for (const PartitionKey& partition : orphans.partitions) {
    const std::string prefix = PartitionPrefix(partition);
    for (Family family : kPartitioned) batch.DeleteRange(family, prefix, PrefixEnd(prefix));
  }
  for (const SeriesTarget& target : gone) {
    batch.Delete(Family::kSeries, SpanKey(target.partition.epoch, target.series));
  }
  for (SeriesId id : orphans.series) batch.Delete(Family::kSeries, SeriesKey(id));
  for (ServiceId id : orphans.services) batch.Delete(Family::kSeries, ServiceKey(id));
  const Status written = kv_->Write(batch);
  // At once, while nobody writes: of a partition that stays, or that comes back, files must stay.
  Status dropped;
  for (const PartitionKey& partition : orphans.partitions) {
    const std::string prefix = PartitionPrefix(partition);
    for (Family family : kPartitioned) {
      if (!written.ok() || !dropped.ok()) break;
      dropped = kv_->DropFiles(family, prefix, PrefixEnd(prefix));
    }
  }
  TRY(Resume(written));
  return dropped;
}

Status EmbeddedStore::Resume(Status written) {
  partitions_.Clear();
  if (written.ok()) {
    written = LoadIndex();
    // Ids must not be given out anew: no writes until a reload succeeds.
  }
  if (!written.ok()) {
    down_ = true;
    down_cause_ = written;
  }
  return written;
}

Status EmbeddedStore::Reclaim(std::span<const PartitionKey> partitions) {
  ReaderLock ground(ground_);
  // The log holds what was deleted until all families are written out.
  TRY(kv_->Flush());
  for (const PartitionKey& partition : partitions) {
    const std::string prefix = PartitionPrefix(partition);
    for (Family family : kPartitioned) TRY(kv_->ReclaimRange(family, prefix, PrefixEnd(prefix)));
  }
  return {};
}

Result<uint64_t> EmbeddedStore::Count(const Selection& selection) {
  if (!selection.profile_ids.empty() || !selection.span_ids.empty() ||
      !selection.trace_ids.empty()) {
    return InvalidArgument("profiles are deleted by labels and time, not by id");
  }
  ASSIGN_OR_RETURN(const Matchers matchers, MatchersOf(selection));
  std::vector<SeriesTarget> targets;
  {
    ReaderLock ground(ground_);
    ASSIGN_OR_RETURN(targets, FindTargets(selection, matchers));
  }
  uint64_t count = 0;
  for (size_t at = 0; at < targets.size();) {
    ReaderLock ground(ground_);
    ASSIGN_OR_RETURN(KvCursor cursor, kv_->Cursor(Family::kProfiles, {}, {}));
    for (const uint64_t enough = count + kCountedAtATime; at < targets.size() && count < enough;
         ++at) {
      TRY(VisitWindow(cursor, targets[at], Window(selection),
                      [&](std::string_view, std::string_view) {
                        ++count;
                        return Status();
                      }));
    }
  }
  return count;
}

Result<uint64_t> EmbeddedStore::Delete(const Selection& selection) {
  if (queue_ == nullptr) {
    return Error(Code::kFailedPrecondition, "the store in {} is open for reading only",
                 options_.directory);
  }
  MutexLock upkeep(upkeep_);
  TRY(Recover());
  ASSIGN_OR_RETURN(uint64_t count, Count(selection));
  if (count == 0) return count;
  ASSIGN_OR_RETURN(const Matchers matchers, MatchersOf(selection));
  std::vector<PartitionKey> touched;
  {
    WriterLock ground(ground_);
    WriterLock gate(gate_);
    TRY(queue_->Drain());
    ASSIGN_OR_RETURN(std::vector<SeriesTarget> targets, FindTargets(selection, matchers));
    for (std::span<const SeriesTarget> group : ByPartition(targets)) {
      touched.push_back(group.front().partition);
    }
    TRY(DeleteWindow(targets, selection.range));
  }
  TRY(Reclaim(touched));
  return count;
}

Status EmbeddedStore::DeleteWindow(std::span<const SeriesTarget> targets, TimeRange range) {
  KvBatch batch(*kv_);
  for (const SeriesTarget& target : targets) {
    const std::string hours = HourRollupPrefix(target.partition, target.series);
    const std::string end = range.end_ns == INT64_MAX
                                ? PrefixEnd(SeriesPrefix(target.partition, target.series))
                                : ProfileTimeKey(target, range.end_ns + 1);
    batch.DeleteRange(Family::kProfiles, ProfileTimeKey(target, range.start_ns), end);
    batch.Delete(Family::kRollups, EpochRollupKey(target.partition, target.series));
    batch.DeleteRange(Family::kRollups, hours, PrefixEnd(hours));
    batch.Delete(Family::kRollups, RollupProgressKey(target.partition));
  }
  // All reading comes before all writing: what fails on the way changes nothing.
  absl::flat_hash_set<SeriesTarget> gone;
  ASSIGN_OR_RETURN(KvCursor cursor, kv_->Cursor(Family::kProfiles, {}, {}));
  for (const SeriesTarget& target : targets) {
    const Result<std::optional<TimeRange>> left = TimesOutside(cursor, target, range);
    if (left.ok() && left->has_value()) {
      const std::string key = SpanKey(target.partition.epoch, target.series);
      const SpanRecordValue span{(*left)->start_ns, (*left)->end_ns};
      batch.Put(Family::kSeries, key, EncodeRecord(key, span));
    } else if (left.ok()) {
      gone.insert(target);
    } else if (left.status().code() != Code::kDataLoss) {
      return left.status();
    }  // behind damage there may be some
  }
  return DropSpans(gone, batch);
}

}  // namespace anneal
