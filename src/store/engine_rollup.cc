// Rollups: made in the background, taken instead of profiles by queries,
// deleted by what comes late.
//
// A rollup on disk always equals the profiles beside it: an append deletes, in
// its own batch, what it would make wrong, and the one who makes rollups drops
// those that an append touched meanwhile.
#include <algorithm>

#include "store/checksum.h"
#include "store/engine.h"
#include "store/rollup_record.h"

namespace anneal {
namespace {

// Series whose rollups are made under one hold of the ground.
constexpr size_t kSeriesAtATime = 32;

}  // namespace

Result<EmbeddedStore::WindowCursors> EmbeddedStore::WindowCursors::Open(
    Kv& kv, const KvSnapshot& snapshot) {
  ASSIGN_OR_RETURN(KvCursor profiles, kv.Cursor(Family::kProfiles, snapshot));
  ASSIGN_OR_RETURN(KvCursor rollups, kv.Cursor(Family::kRollups, snapshot));
  return WindowCursors{std::move(profiles), std::move(rollups)};
}

Result<bool> EmbeddedStore::ReadRollup(std::string_view key, std::string_view value,
                                       RollupVisit visit) {
  std::string_view record = value;
  Status read = StripChecksum(record) ? Status() : Error(Code::kDataLoss, "it is cut off");
  if (read.ok()) {
    Result<RollupReader> reader = RollupReader::Open(record);
    read = reader.ok() ? visit(*reader) : reader.status();
  }
  if (read.ok()) return true;
  if (read.code() != Code::kDataLoss) return read;
  damage_.Report(read.Annotate(DescribeRollupKey(key)));
  return false;
}

Result<bool> EmbeddedStore::MetDamage(const KvCursor& rollups, const SeriesTarget& target) {
  const Status status = rollups.status();
  if (status.ok()) return false;
  if (status.code() != Code::kDataLoss) return status;
  damage_.Report(status.Annotate(fmt::format(
      "rollups of epoch {} service {} series {}", static_cast<uint32_t>(target.partition.epoch),
      static_cast<uint32_t>(target.partition.service), static_cast<uint32_t>(target.series))));
  return true;
}

Status EmbeddedStore::VisitStretches(WindowCursors& cursors, const SeriesTarget& target,
                                     const Selection& selection, RollupVisit on_rollup,
                                     Visit on_profile) {
  const Epoch epoch = target.partition.epoch;
  int64_t at = std::max(selection.range.start_ns, plan_.EpochStart(epoch));
  const int64_t last = std::min(selection.range.end_ns, plan_.EpochEnd(epoch) - 1);
  if (at > last) return {};
  // Here too, since a series that is all rollups has no record that asks.
  if (selection.control != nullptr) TRY(selection.control->Check());
  Window window(selection);
  if (!window.ids.empty() || !selection.span_ids.empty() || !selection.trace_ids.empty()) {
    return VisitWindow(cursors.profiles, target, window, on_profile);
  }
  bool taken = false;
  auto take = [&](RollupReader reader) -> Status {
    taken =
        reader.first_ns() >= selection.range.start_ns && reader.last_ns() <= selection.range.end_ns;
    return taken ? on_rollup(reader) : Status();
  };
  // What stands in for profiles is not missed when it is damaged: the profiles are there.
  auto read = [&](std::string_view key, std::string_view value) -> Status {
    taken = false;
    ASSIGN_OR_RETURN(bool intact, ReadRollup(key, value, take));
    if (!intact) taken = false;
    return {};
  };
  KvCursor& rollups = cursors.rollups;
  std::string key = EpochRollupKey(target.partition, target.series);
  if (!rollups.Valid() || rollups.key() != key) rollups.Seek(key);
  if (rollups.Valid() && rollups.key() == key) {
    TRY(read(key, rollups.value()));
    rollups.Next();  // most likely the next series' one
    if (taken) return {};
  }
  TRY(MetDamage(rollups, target).status());
  if (plan_.has_hours() && last - at >= plan_.hour_ns() / 2) {
    const std::string prefix = HourRollupPrefix(target.partition, target.series);
    rollups.Seek(HourRollupKey(target.partition, target.series, plan_.HourOf(epoch, at)));
    for (; rollups.Valid() && rollups.key().starts_with(prefix); rollups.Next()) {
      const uint32_t hour = GetBig32(rollups.key().data() + prefix.size());
      const int64_t start = plan_.HourStart(epoch, hour);
      if (start > last) break;
      // In key order before the rollup, so that the cursors only go forward.
      if (start > at) {
        window.range = {at, start - 1};
        TRY(VisitWindow(cursors.profiles, target, window, on_profile));
      }
      at = std::max(at, start);
      TRY(read(rollups.key(), rollups.value()));
      if (taken) at = plan_.HourEnd(epoch, hour);
    }
    TRY(MetDamage(rollups, target).status());
  }
  if (at > last) return {};
  window.range = {at, last};
  return VisitWindow(cursors.profiles, target, window, on_profile);
}

void EmbeddedStore::ForgetRollups(const ProfileKey& key, Partition& partition,
                                  CommitEntry& entry) const {
  RollupMarks& marks = partition.rollups;
  if (key.time_ns >= marks.until_ns) return;
  const uint32_t hour = plan_.HourOf(key.partition.epoch, key.time_ns);
  if (!marks.stale.insert({key.series, hour}).second) return;
  entry.deletes.push_back({Family::kRollups, HourRollupKey(key.partition, key.series, hour)});
  entry.deletes.push_back({Family::kRollups, EpochRollupKey(key.partition, key.series)});
  entry.deletes.push_back({Family::kRollups, RollupProgressKey(key.partition)});
}

// Makes the rollups of a few series of one partition.
class EmbeddedStore::RollupMaker {
 public:
  RollupMaker(EmbeddedStore& store, std::span<const SeriesTarget> targets, int64_t from_ns,
              int64_t until_ns)
      : store_(store),
        plan_(store.plan_),
        targets_(targets),
        partition_key_(targets.front().partition),
        from_ns_(from_ns),
        until_ns_(until_ns),
        whole_(until_ns == plan_.EpochEnd(partition_key_.epoch)),
        partition_(store.partitions_.Get(partition_key_)) {}

  Status Run() {
    TRY(Announce());
    // What was enqueued before the announcement is in the snapshot; what comes
    // after it leaves a mark.
    TRY(store_.queue_->Drain());
    ASSIGN_OR_RETURN(KvSnapshot snapshot, store_.kv_->Snapshot());
    ASSIGN_OR_RETURN(WindowCursors cursors, WindowCursors::Open(*store_.kv_, snapshot));
    size_t stacks = 0;
    {
      std::lock_guard lock(partition_->mutex);
      TRY(store_.LoadForReading(*partition_));
      stacks = partition_->symbols.counts().stacks;
    }
    RollupSums hour(stacks), epoch(stacks);
    for (const SeriesTarget& target : targets_) {
      const size_t made = made_.size();
      Status added = AddSeries(target, cursors, hour, epoch);
      if (added.ok()) continue;
      if (added.code() != Code::kDataLoss) return added;
      // A series that cannot be read whole has no new rollups: its profiles are read, as far as
      // they can be.
      store_.damage_.Report(added);
      made_.resize(made);
      hour.Clear();
      epoch.Clear();
    }
    Publish();
    return {};
  }

 private:
  struct Made {
    SeriesId series{};
    std::optional<uint32_t> hour;  // nullopt: of the epoch
    CommitRecord record;
  };

  Status Announce() {
    std::lock_guard lock(partition_->mutex);
    TRY(store_.partitions_.Load(*partition_));
    RollupMarks& marks = partition_->rollups;
    marks.until_ns = std::max(marks.until_ns, until_ns_);
    absl::erase_if(marks.stale, [&](const auto& stale) {
      return Mine(stale.first) &&
             (whole_ || plan_.HourEnd(partition_key_.epoch, stale.second) <= until_ns_);
    });
    return {};
  }
  bool Mine(SeriesId series) const {
    return std::ranges::binary_search(targets_, series, {}, &SeriesTarget::series);
  }

  Status AddSeries(const SeriesTarget& target, WindowCursors& cursors, RollupSums& hour_sums,
                   RollupSums& epoch_sums) {
    KvCursor& rollups = cursors.rollups;
    const std::string epoch_key = EpochRollupKey(partition_key_, target.series);
    rollups.Seek(epoch_key);
    if (rollups.Valid() && rollups.key() == epoch_key) return {};
    const Epoch epoch = partition_key_.epoch;
    for (uint32_t hour = 0; hour < plan_.hours(); ++hour) {
      const int64_t start = plan_.HourStart(epoch, hour), end = plan_.HourEnd(epoch, hour);
      const bool old = end <= from_ns_;  // done before, or not worth it
      if (end > until_ns_) break;
      if (old && !whole_) continue;
      const std::string key = HourRollupKey(partition_key_, target.series, hour);
      rollups.Seek(key);
      if (rollups.Valid() && rollups.key() == key) {
        std::string_view record = rollups.value();
        if (!StripChecksum(record))
          return Error(Code::kDataLoss, "{}: it is cut off", DescribeRollupKey(key));
        if (!whole_) continue;
        if (Status status = epoch_sums.AddRollup(record); !status.ok()) {
          return status.Annotate(DescribeRollupKey(key));
        }
        continue;
      }
      TRY(rollups.status());
      TRY(AddProfiles(target, cursors.profiles, {start, end - 1}, hour_sums));
      if (hour_sums.count() == 0) continue;
      const bool kept = plan_.has_hours() && hour_sums.count() >= kHourRollupProfiles;
      std::string record = hour_sums.Encode();
      if (whole_) TRY(epoch_sums.AddRollup(record));
      if (kept) Add(target.series, hour, key, std::move(record));
    }
    if (epoch_sums.count() > 0) Add(target.series, {}, epoch_key, epoch_sums.Encode());
    return rollups.status();
  }

  Status AddProfiles(const SeriesTarget& target, KvCursor& profiles, TimeRange range,
                     RollupSums& sums) {
    auto add = [&](std::string_view key, std::string_view record) -> Status {
      ASSIGN_OR_RETURN(ProfileRecordReader reader, ProfileRecordReader::Open(record));
      return sums.AddProfile(TimeOfKey(key), IdOfKey(key), reader);
    };
    bool skipped = false;
    Window window(range);
    window.skipped = &skipped;
    TRY(store_.VisitWindow(profiles, target, window, add));
    if (!skipped) return {};
    return Error(Code::kDataLoss,
                 "epoch {} service {} series {}: no rollups, since not all profiles can be read",
                 static_cast<uint32_t>(partition_key_.epoch),
                 static_cast<uint32_t>(partition_key_.service),
                 static_cast<uint32_t>(target.series));
  }

  void Add(SeriesId series, std::optional<uint32_t> hour, std::string key, std::string record) {
    AppendChecksum(key, record);
    made_.push_back({series, hour, {Family::kRollups, std::move(key), std::move(record)}});
  }

  // Under the partition's lock: an append that touches these later deletes them
  // after.
  void Publish() {
    std::lock_guard lock(partition_->mutex);
    const RollupMarks& marks = partition_->rollups;
    CommitEntry entry;
    for (Made& made : made_) {
      const bool stale = made.hour.has_value() ? marks.stale.contains({made.series, *made.hour})
                                               : marks.AnyStale(made.series);
      if (!stale) entry.records.push_back(std::move(made.record));
    }
    if (entry.records.empty()) return;
    entry.pins.push_back(partition_);
    entry.done = [](const Status&) {};
    store_.queue_->Enqueue(std::move(entry));
  }

  EmbeddedStore& store_;
  const RollupPlan& plan_;
  const std::span<const SeriesTarget> targets_;  // by series
  const PartitionKey partition_key_;
  const int64_t from_ns_, until_ns_;
  const bool whole_;  // the epoch is over
  const std::shared_ptr<Partition> partition_;
  std::vector<Made> made_;
};

Result<int64_t> EmbeddedStore::RollupProgress(PartitionKey partition) {
  const std::string key = RollupProgressKey(partition);
  Result<std::string> value = kv_->Get(Family::kRollups, key);
  if (!value.ok()) {
    if (value.status().code() == Code::kNotFound) return plan_.EpochStart(partition.epoch);
    if (value.status().code() != Code::kDataLoss) return value.status();
    damage_.Report(value.status().Annotate(DescribeRollupKey(key)));
    return plan_.EpochStart(partition.epoch);  // to be made anew
  }
  std::string_view record = *value;
  const bool intact = CheckAndStripChecksum(key, record);
  ByteReader in(record);
  const uint8_t version = in.Byte();
  const uint64_t until_ns = in.Varint();
  if (!intact || version != kRollupRecordVersion || !in.ok() || until_ns > INT64_MAX) {
    damage_.Report(Error(Code::kDataLoss, "{}: it does not decode", DescribeRollupKey(key)));
    return plan_.EpochStart(partition.epoch);
  }
  return static_cast<int64_t>(until_ns);
}

// Notes that a partition's rollups are made up to a time, unless something came
// late meanwhile.
void EmbeddedStore::NoteRollupProgress(PartitionKey key, int64_t until_ns) {
  std::shared_ptr<Partition> partition = partitions_.Get(key);
  std::lock_guard lock(partition->mutex);
  if (!partition->loaded || partition->rollups.until_ns < until_ns) return;
  for (const auto& [series, hour] : partition->rollups.stale) {
    if (plan_.HourStart(key.epoch, hour) < until_ns) return;
  }
  CommitRecord record{Family::kRollups, RollupProgressKey(key),
                      std::string(1, static_cast<char>(kRollupRecordVersion))};
  PutVarint(record.value, static_cast<uint64_t>(until_ns));
  AppendChecksum(record.key, record.value);
  CommitEntry entry;
  entry.records.push_back(std::move(record));
  entry.pins.push_back(partition);
  entry.done = [](const Status&) {};
  queue_->Enqueue(std::move(entry));
}

Status EmbeddedStore::RollUpPartition(std::span<const SeriesTarget> targets, int64_t closed_ns) {
  const PartitionKey partition = targets.front().partition;
  const int64_t until_ns = plan_.ClosedUntil(partition.epoch, closed_ns);
  if (until_ns == plan_.EpochStart(partition.epoch)) return {};
  int64_t from_ns = 0;
  const std::shared_ptr<Partition> pin = partitions_.Get(partition);  // keeps its marks
  for (size_t begin = 0; begin < targets.size(); begin += kSeriesAtATime) {
    if (stopping_) return {};
    ReaderLock ground(ground_);
    if (IsDown() || !index_loaded_.ok()) return {};  // recovery comes first
    if (begin == 0) {
      ASSIGN_OR_RETURN(from_ns, RollupProgress(partition));
      if (from_ns >= until_ns) return {};
    }
    const size_t count = std::min(kSeriesAtATime, targets.size() - begin);
    TRY(RollupMaker(*this, targets.subspan(begin, count), from_ns, until_ns).Run());
  }
  ReaderLock ground(ground_);
  if (!IsDown()) NoteRollupProgress(partition, until_ns);
  return {};
}

Status EmbeddedStore::RollUp(int64_t now_ns) {
  Status failed;
  for (Epoch epoch : index_.Epochs()) {
    if (stopping_) break;
    const std::vector<SeriesTarget> targets = index_.InEpoch(epoch);
    for (std::span<const SeriesTarget> group : ByPartition(targets)) {
      // One bad partition does not keep the others waiting.
      Status status = RollUpPartition(group, now_ns - options_.rollup_delay_ns);
      if (failed.ok()) failed = std::move(status);
    }
  }
  return failed;
}

}  // namespace anneal
