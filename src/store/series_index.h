// SeriesIndex: which series there are, what their labels are, and when they have data.
//
// In memory; every change gives the records that make it durable to a sink, in an order in which
// they may become durable. Label names and values are kept once. Thread-safe.
// docs/format/store.md, "Series".
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/functional/function_ref.h"
#include "base/mutex.h"
#include "base/status.h"
#include "store/damage.h"
#include "store/hash_index.h"
#include "store/keys.h"
#include "store/kv.h"
#include "store/labels.h"
#include "store/matcher.h"
#include "store/store.h"

namespace anneal {

struct SeriesRef {
  SeriesId series{};
  ServiceId service{};
};

// A series' data in one epoch.
struct SeriesTarget {
  PartitionKey partition;
  SeriesId series{};
  auto operator<=>(const SeriesTarget&) const = default;
  template <typename H>
  friend H AbslHashValue(H h, const SeriesTarget& target) {
    return H::combine(std::move(h), target.partition, target.series);
  }
};

// The targets of one partition after another. REQUIRES: they are sorted.
std::vector<std::span<const SeriesTarget>> ByPartition(std::span<const SeriesTarget> targets);

// What is left without data.
struct Orphans {
  std::vector<SeriesId> series;
  std::vector<ServiceId> services;
  std::vector<PartitionKey> partitions;
};

struct ServiceInfo {
  ServiceId id{};
  std::string tenant, name;
  uint64_t series = 0;
};

class SeriesIndex {
 public:
  // Takes a record of family kSeries, to be written.
  using Sink = absl::FunctionRef<void(std::string_view key, std::string_view value)>;
  // Whether a series has a profile in the range; asked only when its earliest and latest times
  // in the epoch do not tell.
  using Probe = absl::FunctionRef<bool(const SeriesTarget& target, TimeRange range)>;

  // Replaces the content by what is on disk. What cannot be read is reported and costs itself: a
  // series its profiles, which nothing names any more; services and times are found in what refers
  // to them. No id that was ever given out is given out anew.
  Status Load(Kv& kv, DamageLog& damage);

  // kResourceExhausted when the tenant would have more than `max_series` series with those of
  // `writes`; 0: any number. Concurrent appends may together exceed it by what they bring.
  Status CheckRoom(std::string_view tenant, std::span<const ProfileWrite> writes,
                   uint64_t max_series) const;

  // The series with these labels, made when new, with `time_ns` noted as one of its times. The
  // sink is called under the index's lock, so that no other caller can refer to a record before
  // the sink has it. REQUIRES: labels hold service_name.
  SeriesRef Touch(std::string_view tenant, const LabelSet& labels, Epoch epoch, int64_t time_ns,
                  Sink sink);

  // From now on what is appended to the service goes to another of the same tenant and name, with
  // series of its own, unless that is so already. The sink as in Touch.
  void SetAside(ServiceId service, Sink sink);
  // The series with these labels in services that were set aside, which may have the profile of
  // that time.
  std::vector<SeriesRef> Replaced(std::string_view tenant, const LabelSet& labels, Epoch epoch,
                                  int64_t time_ns) const;
  // The id that SetAside would use.
  ServiceId NextService() const;

  // Every (partition, series) that may have data in the range, of the series that all matchers
  // select, sorted. An empty profile_type selects every type.
  // `control` is asked before a pattern is held against a value; null: not.
  Result<std::vector<SeriesTarget>> Find(std::string_view tenant, std::string_view profile_type,
                                         std::span<const CompiledMatcher> matchers, TimeRange range,
                                         const QueryControl* control = nullptr) const;

  // As Store::Series.
  std::vector<LabelSet> Project(std::string_view tenant,
                                std::span<const std::vector<CompiledMatcher>> selectors,
                                std::span<const std::string> names, TimeRange range,
                                Probe probe) const;

  // Names of the labels of the series that Project would report.
  std::vector<std::string> Names(std::string_view tenant,
                                 std::span<const std::vector<CompiledMatcher>> selectors,
                                 TimeRange range, Probe probe) const;

  // Empty when there is no such series.
  LabelSet Labels(SeriesId series) const;
  std::string Tenant(SeriesId series) const;
  std::optional<ServiceId> Service(SeriesId series) const;
  // Whether the index knows of data of the series at that time.
  bool Covers(SeriesId series, Epoch epoch, int64_t time_ns) const;
  std::vector<std::string> Tenants() const;  // those with data, sorted
  std::optional<TimeRange> Bounds(std::string_view tenant) const;
  std::vector<ServiceInfo> Services() const;  // by id
  // Epochs with data, of all tenants, sorted.
  std::vector<Epoch> Epochs() const;
  // Every series with data in the epoch, of all tenants, sorted.
  std::vector<SeriesTarget> InEpoch(Epoch epoch) const;
  // What would have no data if these had none; sorted.
  Orphans Without(const absl::flat_hash_set<SeriesTarget>& gone) const;
  // Series (with records to delete) that have data in no epoch from `first` on.
  std::vector<SeriesId> SeriesEndingBefore(Epoch first) const;
  std::vector<ServiceId> ServicesEndingBefore(Epoch first) const;
  uint64_t SeriesCount() const;
  uint64_t MemoryBytes() const;

 private:
  enum class TextId : uint32_t {};
  static constexpr TextId kNoText{0xffffffffu};
  struct Pair {
    TextId name, value;
  };
  struct Span {
    Epoch epoch{};
    int64_t min_ns = 0, max_ns = 0;
  };
  // A position in series_; positions rise with ids.
  using Ordinal = uint32_t;
  struct Entry {
    SeriesId id{};
    ServiceId service{};
    uint32_t tenant = 0;
    uint32_t pairs_begin = 0, pairs_end = 0;
    std::vector<Span> spans;  // by epoch
  };
  struct Tenancy {
    std::string name;
    std::vector<Ordinal> all;
    // name → value → series, rising
    absl::flat_hash_map<TextId, absl::flat_hash_map<TextId, std::vector<Ordinal>>> postings;
    absl::flat_hash_map<std::string, ServiceId> services;
    int64_t min_ns = INT64_MAX, max_ns = INT64_MIN;
  };

  void Clear() REQUIRES_LOCK(mutex_);
  TextId FindText(std::string_view text) const REQUIRES_SHARED_LOCK(mutex_);
  TextId InternText(std::string_view text) REQUIRES_LOCK(mutex_);
  const std::string& Text(TextId id) const REQUIRES_SHARED_LOCK(mutex_) {
    return texts_[static_cast<size_t>(id)];
  }
  uint32_t TenantNumber(std::string_view tenant) REQUIRES_LOCK(mutex_);
  const Tenancy* FindTenant(std::string_view tenant) const REQUIRES_SHARED_LOCK(mutex_);
  static uint64_t HashSeries(std::string_view tenant, const LabelSet& labels);
  bool HasLabels(const Entry& entry, std::string_view tenant, const LabelSet& labels) const
      REQUIRES_SHARED_LOCK(mutex_);
  // Of services that were not set aside.
  Ordinal FindSeries(uint64_t hash, std::string_view tenant, const LabelSet& labels) const
      REQUIRES_SHARED_LOCK(mutex_);
  Ordinal AddSeries(SeriesId id, ServiceId service, std::string_view tenant, const LabelSet& labels)
      REQUIRES_LOCK(mutex_);
  void AddTime(Entry& entry, Epoch epoch, int64_t min_ns, int64_t max_ns) REQUIRES_LOCK(mutex_);
  const Entry* FindEntry(SeriesId id) const REQUIRES_SHARED_LOCK(mutex_);
  LabelSet LabelsOf(const Entry& entry) const REQUIRES_SHARED_LOCK(mutex_);
  TextId ValueOf(const Entry& entry, TextId name) const REQUIRES_SHARED_LOCK(mutex_);
  Result<std::vector<Ordinal>> Select(const Tenancy& tenant, std::string_view profile_type,
                                      std::span<const CompiledMatcher> matchers,
                                      const QueryControl* control) const
      REQUIRES_SHARED_LOCK(mutex_);
  std::vector<Ordinal> SelectAny(const Tenancy& tenant,
                                 std::span<const std::vector<CompiledMatcher>> selectors) const
      REQUIRES_SHARED_LOCK(mutex_);
  // What Project gives for one name and every series.
  std::vector<LabelSet> ProjectAll(const Tenancy& tenant, const std::string& name, TimeRange range,
                                   Probe probe) const REQUIRES_SHARED_LOCK(mutex_);
  bool AnyInRange(std::span<const Ordinal> series, TimeRange range, Probe probe) const
      REQUIRES_SHARED_LOCK(mutex_);
  bool InRange(const Entry& entry, TimeRange range, Probe probe) const;

  void AddService(ServiceId id, const std::string& tenant, const std::string& name)
      REQUIRES_LOCK(mutex_);
  struct Loading;
  Status LoadServices(Loading& loading) REQUIRES_LOCK(mutex_);
  Status LoadSeries(Loading& loading) REQUIRES_LOCK(mutex_);
  Status LoadSpans(Loading& loading) REQUIRES_LOCK(mutex_);
  Status LoadFromProfiles(Loading& loading) REQUIRES_LOCK(mutex_);

  mutable SharedMutex mutex_;
  std::deque<std::string> texts_ GUARDED_BY(mutex_);
  HashIndex text_index_ GUARDED_BY(mutex_);
  std::vector<Pair> pairs_ GUARDED_BY(mutex_);
  std::vector<Entry> series_ GUARDED_BY(mutex_);
  HashIndex series_index_ GUARDED_BY(mutex_);
  std::vector<Tenancy> tenants_ GUARDED_BY(mutex_);
  std::map<std::string, uint32_t, std::less<>> tenant_numbers_ GUARDED_BY(mutex_);
  std::map<ServiceId, ServiceInfo> services_ GUARDED_BY(mutex_);
  // Services that another of their name took the place of: nothing is appended to them.
  absl::flat_hash_set<ServiceId> set_aside_ GUARDED_BY(mutex_);
  uint32_t next_series_ GUARDED_BY(mutex_) = 1;
  uint32_t next_service_ GUARDED_BY(mutex_) = 1;
};

}  // namespace anneal
