// Appending: from a profile to records in the commit queue.
#include <algorithm>
#include <mutex>
#include <tuple>

#include "absl/container/flat_hash_map.h"
#include "store/checksum.h"
#include "store/engine.h"
#include "store/intern.h"
#include "store/profile_type.h"
#include "store/symbol_segment.h"

namespace anneal {
namespace {

// Beyond this the disk does not keep up, and callers are told so instead of filling memory.
constexpr size_t kMaxPendingBytes = size_t{64} << 20;

// From the earliest to the latest.
TimeRange TimesOf(std::span<const ProfileWrite> writes) {
  TimeRange times{INT64_MAX, INT64_MIN};
  for (const ProfileWrite& write : writes) {
    times.start_ns = std::min(times.start_ns, write.time_ns);
    times.end_ns = std::max(times.end_ns, write.time_ns);
  }
  return times;
}

}  // namespace

// A write with its place.
struct EmbeddedStore::Planned {
  const ProfileWrite* write = nullptr;
  ProfileKey key;
  size_t order = 0;  // of the profile's first write
};

Status EmbeddedStore::CheckWrite(std::string_view tenant, const ProfileWrite& write,
                                 const RetentionPolicy& policy, int64_t now_ns) const {
  if (write.profile == nullptr) return InvalidArgument("a write has no profile");
  const Profile& profile = *write.profile;
  for (std::string_view name : {kServiceNameLabel, kProfileTypeLabel}) {
    if (FindLabel(write.labels, name).empty()) {
      return InvalidArgument("series {} has no label {}", ToString(write.labels), name);
    }
  }
  if (!std::ranges::is_sorted(write.labels)) {
    return InvalidArgument("the labels {} are not sorted", ToString(write.labels));
  }
  if (write.time_ns < 0 || write.time_ns / epoch_ns_ > int64_t{UINT32_MAX}) {
    return InvalidArgument("time {} ns of a profile of {} is out of range", write.time_ns,
                           ToString(write.labels));
  }
  const int64_t max_age_ns = policy.MaxAgeNs(tenant, FindLabel(write.labels, kServiceNameLabel));
  if (max_age_ns > 0 && write.time_ns < now_ns - max_age_ns) {
    return InvalidArgument(
        "a profile of {} began {} s ago; retention keeps {} s, so it would be dropped at once",
        ToString(write.labels), (now_ns - write.time_ns) / 1'000'000'000,
        max_age_ns / 1'000'000'000);
  }
  if (write.sample_type >= profile.sample_types.size()) {
    return InvalidArgument("column {} of a profile of {} is asked for, which has {}",
                           write.sample_type, ToString(write.labels), profile.sample_types.size());
  }
  if (write.samples.has_value()) {
    uint64_t next = 0;
    for (uint32_t sample : *write.samples) {
      if (sample < next || sample >= profile.SampleCount()) {
        return InvalidArgument("samples of a profile of {} are not rising and below {}",
                               ToString(write.labels), profile.SampleCount());
      }
      next = uint64_t{sample} + 1;
    }
  }
  return {};
}

void EmbeddedStore::Append(std::string_view tenant, std::span<const ProfileWrite> writes,
                           AppendDone done) {
  Status status;
  if (queue_ == nullptr) {
    status = Error(Code::kFailedPrecondition, "the store in {} is open for reading only",
                   options_.directory);
  }
  const std::shared_ptr<const RetentionPolicy> policy = retention();
  const int64_t now_ns = clock_.NowNs();
  for (const ProfileWrite& write : writes) {
    if (status.ok()) status = CheckWrite(tenant, write, *policy, now_ns);
  }
  if (status.ok() && queue_->PendingBytes() > kMaxPendingBytes) {
    status = Error(Code::kUnavailable,
                   "the disk of {} does not keep up: {} bytes wait to be written; retry later",
                   options_.directory, queue_->PendingBytes());
  }
  while (status.ok()) {
    {
      ReaderLock gate(gate_);
      if (!down_) {
        bool enqueued = false;
        while (status.ok() && !enqueued) status = TryAppend(tenant, writes, done, enqueued);
        if (status.ok()) return;
        break;
      }
    }
    status = Recover();
  }
  done(status);
}

// The partitions of an append, locked in order of key until the entry is enqueued: whoever sees its
// symbols enqueues after it.
class EmbeddedStore::LockedPartitions {
 public:
  Status Lock(PartitionCache& cache, std::vector<PartitionKey> keys) {
    std::ranges::sort(keys);
    keys.erase(std::ranges::unique(keys).begin(), keys.end());
    for (const PartitionKey& key : keys) {
      std::shared_ptr<Partition> partition = cache.Get(key);
      std::unique_lock lock(partition->mutex);
      TRY(cache.Load(*partition));
      locked_.push_back({std::move(partition), std::move(lock)});
    }
    return {};
  }
  // REQUIRES: it is one of them.
  Partition& At(PartitionKey key) {
    auto at = [](const Locked& locked) { return locked.partition->key; };
    return *std::ranges::lower_bound(locked_, key, {}, at)->partition;
  }
  void PinTo(CommitEntry& entry) const {
    for (const Locked& locked : locked_) entry.pins.push_back(locked.partition);
  }

 private:
  struct Locked {
    std::shared_ptr<Partition> partition;
    std::unique_lock<std::mutex> lock;
  };
  std::vector<Locked> locked_;
};

Status EmbeddedStore::TryAppend(std::string_view tenant, std::span<const ProfileWrite> writes,
                                AppendDone& done, bool& enqueued) {
  std::unique_lock room(room_, std::defer_lock);
  if (options_.max_series_per_tenant != 0) room.lock();
  TRY(index_.CheckRoom(tenant, writes, options_.max_series_per_tenant));
  std::vector<Planned> planned(writes.size());
  std::vector<ProfileKey> replaced;
  std::vector<PartitionKey> partitions;
  absl::flat_hash_map<const Profile*, size_t> order;
  for (size_t i = 0; i < writes.size(); ++i) {
    const ProfileWrite& write = writes[i];
    auto epoch = static_cast<Epoch>(write.time_ns / epoch_ns_);
    SeriesRef series = index_.Touch(tenant, write.labels, epoch, write.time_ns,
                                    [this](std::string_view key, std::string_view value) {
                                      queue_->EnqueueRecord(Family::kSeries, key, value);
                                    });
    planned[i] = {&write,
                  {{epoch, series.service}, series.series, write.time_ns, write.id},
                  order.try_emplace(write.profile, i).first->second};
    partitions.push_back(planned[i].key.partition);
    // What was stored under the same id before its service was set aside is one with it.
    for (SeriesRef old : index_.Replaced(tenant, write.labels, epoch, write.time_ns)) {
      replaced.push_back({{epoch, old.service}, old.series, write.time_ns, write.id});
      partitions.push_back(replaced.back().partition);
    }
  }
  if (room.owns_lock()) room.unlock();
  // Of equal keys the later write is the one.
  std::ranges::stable_sort(planned, {}, &Planned::key);
  planned.erase(
      planned.begin(),
      std::unique(planned.rbegin(), planned.rend(), [](const Planned& a, const Planned& b) {
        return a.key == b.key;
      }).base());
  // By partition; within one by profile, so that each is interned once for all its columns.
  std::ranges::stable_sort(planned, [](const Planned& a, const Planned& b) {
    return std::tie(a.key.partition, a.order) < std::tie(b.key.partition, b.order);
  });
  auto same_partition = [](const Planned& a, const Planned& b) {
    return a.key.partition == b.key.partition;
  };

  LockedPartitions locked;
  TRY(locked.Lock(partitions_, std::move(partitions)));
  std::vector<std::span<const Planned>> groups;
  for (std::span<const Planned> rest = planned; !rest.empty();
       rest = rest.subspan(groups.back().size())) {
    size_t size = 1;
    while (size < rest.size() && same_partition(rest[0], rest[size])) ++size;
    groups.push_back(rest.first(size));
    const Partition& partition = locked.At(rest.front().key.partition);
    if (!partition.damage.ok()) return SetAside(partition);
    TRY(CheckRoom(groups.back(), partition));
  }
  // From here on nothing fails.
  CommitEntry entry;
  for (const ProfileKey& key : replaced) {
    ForgetRollups(key, locked.At(key.partition), entry);
    entry.deletes.push_back({Family::kProfiles, EncodeKey(key)});
  }
  for (std::span<const Planned> group : groups) {
    Partition& partition = locked.At(group.front().key.partition);
    for (const Planned& write : group) ForgetRollups(write.key, partition, entry);
    InternGroup(group, partition, entry);
  }
  locked.PinTo(entry);
  entry.done = [this, tenant = std::string(tenant), times = TimesOf(writes),
                done = std::move(done)](const Status& status) {
    if (status.ok()) results_.Forget(tenant, times);
    done(status);
  };
  queue_->Enqueue(std::move(entry));
  enqueued = true;
  if (profiles_appended_ != nullptr) profiles_appended_->Add(static_cast<double>(writes.size()));
  return {};
}

// The ids that were lost must not get a second meaning, so nothing is written there any more.
Status EmbeddedStore::SetAside(const Partition& partition) {
  damage_.Report(partition.damage);
  // A block that cannot be read may be in the way of the next one's symbols too.
  const PartitionKey next{partition.key.epoch, index_.NextService()};
  SymbolTable symbols;
  uint32_t segments = 0;
  if (!LoadSymbols(*kv_, next, symbols, segments).ok()) return partition.damage;
  index_.SetAside(partition.key.service, [this](std::string_view key, std::string_view value) {
    queue_->EnqueueRecord(Family::kSeries, key, value);
  });
  return {};
}

Status EmbeddedStore::CheckRoom(std::span<const Planned> group, const Partition& partition) {
  uint64_t entities = 0, bytes = 0;
  const Profile* last = nullptr;
  for (const Planned& planned : group) {
    const Profile* profile = planned.write->profile;
    if (profile == last) continue;
    last = profile;
    entities += profile->strings.size() + profile->mappings.size() + profile->functions.size();
    entities += profile->lines.size() + profile->locations.size();
    entities += profile->sample_locations.size();
    bytes += profile->strings.bytes();
  }
  return partition.symbols.CheckRoom(entities, bytes);
}

void EmbeddedStore::InternGroup(std::span<const Planned> group, Partition& partition,
                                CommitEntry& entry) {
  std::vector<CommitRecord> profiles;
  while (!group.empty()) {
    const Profile& profile = *group.front().write->profile;
    ProfileInterner interner(profile, partition.symbols);
    for (; !group.empty() && group.front().write->profile == &profile; group = group.subspan(1)) {
      profiles.push_back(MakeRecord(group.front(), interner));
    }
  }
  const SymbolCounts counts = partition.symbols.counts();
  if (counts != partition.persisted) {
    CommitRecord segment{Family::kSymbols, SymbolsKey(partition.key, partition.next_segment++),
                         EncodeSegment(partition.symbols, partition.persisted)};
    AppendChecksum(segment.key, segment.value);
    entry.records.push_back(std::move(segment));
    partition.persisted = counts;
  }
  partitions_.Charge(partition);
  std::ranges::move(profiles, std::back_inserter(entry.records));
}

CommitRecord EmbeddedStore::MakeRecord(const Planned& planned, ProfileInterner& interner) {
  const ProfileWrite& write = *planned.write;
  std::vector<StackValue> values;
  std::vector<LinkedValue> links;
  const bool labelled = !write.profile->labels.empty();
  MappingId main = MappingId::kNone;  // above every other
  auto add = [&](size_t sample) {
    int64_t value = write.profile->Values(sample)[write.sample_type];
    if (value == 0) return;
    values.push_back({interner.Stack(sample), value});
    if (labelled) {
      SampleLink link = LinkOfSample(*write.profile, sample);
      if (!link.empty()) links.push_back({values.back().stack, link, value});
    }
    // Nearly always settled by the first sample.
    if (main != MappingId{0}) main = std::min(main, interner.FirstMapping(sample));
  };
  if (write.samples.has_value()) {
    for (uint32_t sample : *write.samples) add(sample);
  } else {
    values.reserve(write.profile->SampleCount());
    for (size_t sample = 0; sample < write.profile->SampleCount(); ++sample) add(sample);
  }
  ProfileHeader header;
  header.duration_ns = write.duration_ns;
  header.period = write.period;
  header.main_mapping = interner.MapMapping(main);
  CommitRecord record{Family::kProfiles, EncodeKey(planned.key),
                      EncodeProfileRecord(header, values, std::move(links))};
  AppendChecksum(record.key, record.value);
  return record;
}

}  // namespace anneal
