// Store: the one interface to stored profiles (a seam). The embedded engine implements it; later
// backends do, and all of them pass store/conformance.h.
//
// A series is a tenant's label set, one profile type included (label __profile_type__, value
// "name:sample_type:sample_unit:period_type:period_unit"). A stored profile is one column of
// values over stacks, under (series, time, id). All methods are thread-safe.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "profile/profile.h"
#include "store/document.h"
#include "store/labels.h"
#include "store/query_control.h"
#include "store/retention.h"
#include "store/sample_link.h"

namespace anneal {

using ProfileUuid = std::array<uint8_t, 16>;

// One profile to store: some samples of `profile`, one value column of it.
struct ProfileWrite {
  // Must hold service_name and __profile_type__.
  LabelSet labels;
  // Two writes with equal labels, time and id are one profile, the later one winning.
  ProfileUuid id{};
  int64_t time_ns = 0;  // start of collection
  int64_t duration_ns = 0;
  int64_t period = 0;
  const Profile* profile = nullptr;  // borrowed until Append returns (not until it completes)
  size_t sample_type = 0;            // the column
  // Which samples, rising; nullopt: all. Of the samples' labels span_id and trace_id are stored
  // (see SampleLink), no others.
  std::optional<std::vector<uint32_t>> samples;
};

// Both ends inclusive, as in Pyroscope; a profile is in a window when its start is.
struct TimeRange {
  int64_t start_ns = 0, end_ns = 0;
};

struct Selection {
  std::string tenant = "anonymous";
  std::string profile_type;            // exact value of __profile_type__; empty: any
  std::vector<LabelMatcher> matchers;  // all must hold
  TimeRange range;
  // Only profiles with one of these ids, only samples with one of these; empty: any. A profile
  // of which no sample is left is not selected.
  std::vector<ProfileUuid> profile_ids;
  std::vector<SpanId> span_ids;
  std::vector<TraceId> trace_ids;
  // Bounds and cancellation; null: none. Copies of a selection share it.
  std::shared_ptr<QueryControl> control;
};

// One profile.
struct SeriesPoint {
  int64_t time_ns = 0;
  int64_t value = 0;  // its selected values, summed
  ProfileUuid id{};
};

// A profile's samples of one span.
struct SpanPoint {
  int64_t time_ns = 0;  // of the profile
  int64_t value = 0;    // summed
  SampleLink link;
  ProfileUuid id{};  // of the profile
};

// The labels that tell groups apart, absent ones left out; nullopt: all labels.
using GroupBy = std::optional<std::span<const std::string>>;

// Bytes are those of records, before compression, but for disk_bytes and memory.
struct StoreStats {
  // Bytes in memory.
  struct Memory {
    uint64_t blocks = 0;   // read from the files, or not in one yet
    uint64_t symbols = 0;  // of partitions
    uint64_t answers = 0;  // kept
    uint64_t index = 0;    // which series there are
    uint64_t total() const { return blocks + symbols + answers + index; }
  };
  struct Service {
    std::string tenant, service;
    uint64_t series = 0, profiles = 0;
    uint64_t symbols_bytes = 0, rollups_bytes = 0;
    uint64_t profiles_bytes = 0;           // without links
    uint64_t links_bytes = 0;              // of spans and traces
    int64_t oldest_ns = 0, newest_ns = 0;  // of profiles

    // Sums and extends; the names stay.
    Service& operator+=(const Service& other) {
      if (other.profiles > 0) {
        oldest_ns = profiles == 0 ? other.oldest_ns : std::min(oldest_ns, other.oldest_ns);
        newest_ns = profiles == 0 ? other.newest_ns : std::max(newest_ns, other.newest_ns);
      }
      series += other.series;
      profiles += other.profiles;
      symbols_bytes += other.symbols_bytes;
      rollups_bytes += other.rollups_bytes;
      profiles_bytes += other.profiles_bytes;
      links_bytes += other.links_bytes;
      return *this;
    }
    // Of the records.
    uint64_t bytes() const { return symbols_bytes + rollups_bytes + profiles_bytes + links_bytes; }
  };
  struct Documents {
    std::string tenant, kind;
    uint64_t count = 0, bytes = 0;
  };
  std::vector<Service> services;          // by tenant, then service
  std::vector<Documents> document_kinds;  // by tenant, then kind
  uint64_t documents = 0, documents_bytes = 0;
  uint64_t index_bytes = 0;  // which series there are, and when
  uint64_t disk_bytes = 0;
  uint64_t damaged =
      0;  // places that could not be read since the store was opened, and are skipped
  Memory memory;
};

// One stored profile, as Scan gives it.
struct StoredProfile {
  std::string tenant;
  LabelSet labels;
  ProfileUuid id{};
  int64_t time_ns = 0, duration_ns = 0, period = 0;
  Profile profile;  // one sample type, canonical order; of labels, those of SampleLink
};

struct DocumentInfo {
  DocumentName name;
  size_t size_bytes = 0;  // as stored
};

class Store {
 public:
  using AppendDone = std::function<void(Status)>;

  virtual ~Store() = default;

  // Stores all of `writes` or none, and calls `done` once: ok when they are durable and visible
  // to every later query. `done` may run before Append returns or on another thread, and must be
  // quick. What is refused for what it is, with kInvalidArgument or kResourceExhausted, should be
  // so before Append returns, while the caller can still part it. Concurrent appends share one disk
  // sync (group commit).
  virtual void Append(std::string_view tenant, std::span<const ProfileWrite> writes,
                      AppendDone done) = 0;

  // The sum of all selected profiles as one Profile in canonical order, one sample type (that of
  // the selection's profile_type, which must be set), headers per profile/merge.h's laws; empty
  // (no samples, but the sample type) when nothing matches.
  virtual Result<Profile> Merge(const Selection& selection) = 0;

  // Every selected profile's total, per group of series; points by time, value, then id.
  virtual Result<std::map<LabelSet, std::vector<SeriesPoint>>> Totals(const Selection& selection,
                                                                      GroupBy group_by) = 0;

  // As Totals, but a point for each span in each profile, for samples with a span id only; points
  // by time, value, profile, then link.
  virtual Result<std::map<LabelSet, std::vector<SpanPoint>>> SpanTotals(const Selection& selection,
                                                                        GroupBy group_by) = 0;

  // Distinct label sets with data in the range, projected to `names` (empty: all labels), sorted.
  // A series is reported when any of `selectors` (each a conjunction) matches; none: all.
  virtual Result<std::vector<LabelSet>> Series(std::string_view tenant,
                                               std::span<const std::vector<LabelMatcher>> selectors,
                                               std::span<const std::string> names,
                                               TimeRange range) = 0;

  // Names of the labels of the series that Series would report, sorted.
  virtual Result<std::vector<std::string>> LabelNames(
      std::string_view tenant, std::span<const std::vector<LabelMatcher>> selectors,
      TimeRange range) = 0;

  // Calls `visit` for every selected profile, by series, then time; stops at its first error.
  // An empty profile_type selects all types. For export.
  virtual Status Scan(const Selection& selection,
                      const std::function<Status(const StoredProfile&)>& visit) = 0;

  // Documents: bytes beside the profiles, whole or not at all, until they are deleted; Retain
  // leaves them alone. Put replaces; durable on return, as Delete is. Get: kNotFound.
  virtual Status PutDocument(const DocumentName& name, std::string_view body) = 0;
  virtual Result<std::string> GetDocument(const DocumentName& name) = 0;
  virtual Status DeleteDocument(const DocumentName& name) = 0;
  // Those of a tenant and kind (empty: all), sorted by name.
  virtual Result<std::vector<DocumentInfo>> Documents(std::string_view tenant,
                                                      std::string_view kind) = 0;

  // Those that have profiles.
  virtual std::vector<std::string> Tenants() = 0;
  // Earliest and latest profile time of a tenant; nullopt when it has none.
  virtual std::optional<TimeRange> Bounds(std::string_view tenant) = 0;
  // Reads every key; what comes or goes meanwhile is counted or not.
  virtual Result<StoreStats> Stats() = 0;
  // Writes a store of its own with everything acknowledged so far to `directory`, which must not
  // exist, and checks every record of it. Appends and queries go on. kDataLoss names the first bad
  // record; the directory stays for a look at it.
  virtual Status Backup(const std::string& directory) = 0;
  // What is kept from now on. Appends of profiles past their age are refused; what is stored and
  // past its age, or too much, goes with Retain, an epoch of a service at a time.
  virtual void SetRetention(RetentionPolicy policy) = 0;
  // Deletes every selected profile and gives their space back; the number of them. Of the selection
  // tenant, profile_type, matchers and range count; kInvalidArgument when it names ids.
  virtual Result<uint64_t> Delete(const Selection& selection) = 0;
  // How many profiles Delete would delete.
  virtual Result<uint64_t> Count(const Selection& selection) = 0;
  // Deletes what the policy does not keep and gives its space back.
  virtual Status Retain() = 0;
  // Work that keeps long windows quick to answer. To be called about once a minute, by one thread.
  virtual Status Maintain() = 0;
  // Has Maintain end soon, with what is done by then, and begin nothing from now on: the store is
  // about to be closed.
  virtual void StopMaintaining() {}
};

}  // namespace anneal
