// Verifying: every record read, decoded, and held against what it refers to.
#include <algorithm>
#include <set>

#include "absl/container/flat_hash_map.h"
#include "store/checksum.h"
#include "store/damage_walk.h"
#include "store/embedded.h"
#include "store/kv.h"
#include "store/partition.h"
#include "store/profile_record.h"
#include "store/rollup_plan.h"
#include "store/rollup_record.h"
#include "store/series_record.h"
#include "store/store_format.h"

namespace anneal {
namespace {

constexpr size_t kMaxProblems = 100;

class Verifier {
 public:
  Verifier(Kv& kv, int64_t epoch_ns, VerifyReport& report)
      : kv_(kv), epoch_ns_(epoch_ns), report_(report) {}

  void Run() {
    Series();
    Symbols();
    Profiles();
    Rollups();
    Documents();
  }

 private:
  // What a profile record may refer to.
  struct Extent {
    SymbolCounts counts;
    bool sound = true;  // false: already reported, so references are not
  };

  void Problem(std::string text) {
    if (report_.problems.size() < kMaxProblems) report_.problems.push_back(std::move(text));
  }
  void Walk(Family family, std::string_view what,
            absl::FunctionRef<void(std::string_view key, std::string_view value)> visit) {
    const Status status = WalkPastDamage(
        kv_, family, {}, {}, visit, [&](std::string_view last, const Status& damage) {
          Problem(
              fmt::format("{}: unreadable after key {}: {}", what, Hex(last), damage.message()));
        });
    if (!status.ok()) Problem(fmt::format("{}: {}", what, status.message()));
  }
  static std::string Hex(std::string_view bytes) {
    std::string out;
    for (char c : bytes) out += fmt::format("{:02x}", static_cast<uint8_t>(c));
    return out;
  }

  void Series();
  void SeriesRecordAt(std::string_view key, std::string_view value);
  void SpanAt(std::string_view key, std::string_view value);
  void Symbols();
  void Profiles();
  void ProfileAt(std::string_view key, std::string_view value);
  void Documents();
  void Rollups();
  Status RollupAt(KvCursor& profiles, const RollupKey& key, std::string_view value);

  Kv& kv_;
  const int64_t epoch_ns_;
  VerifyReport& report_;
  std::set<ServiceId> services_;
  absl::flat_hash_map<SeriesId, ServiceId> series_;
  absl::flat_hash_map<std::pair<uint32_t, uint32_t>, SpanRecordValue> spans_;  // epoch, series
  absl::flat_hash_map<PartitionKey, Extent> extents_;
  StackSums sums_;  // room for the stacks of sums_partition_
  PartitionKey sums_partition_;
};

void Verifier::Series() {
  Walk(Family::kSeries, "series", [this](std::string_view key, std::string_view value) {
    auto kind = key.empty() ? SeriesRecord{} : static_cast<SeriesRecord>(key[0]);
    if (kind == SeriesRecord::kService) {
      ServiceRecordValue record;
      Status status = DecodeRecord(key, value, record);
      if (!status.ok()) return Problem(status.message());
      services_.insert(static_cast<ServiceId>(GetBig32(key.data() + 1)));
    } else if (kind == SeriesRecord::kSeries) {
      SeriesRecordAt(key, value);
    } else if (kind == SeriesRecord::kSpan) {
      SpanAt(key, value);
    } else {
      Problem(fmt::format("series record {}: of an unknown kind", Hex(key)));
    }
  });
}

void Verifier::SeriesRecordAt(std::string_view key, std::string_view value) {
  SeriesRecordValue record;
  Status status = DecodeRecord(key, value, record);
  if (!status.ok()) return Problem(status.message());
  auto id = static_cast<SeriesId>(GetBig32(key.data() + 1));
  if (!services_.contains(record.service)) {
    Problem(fmt::format("series {}: its service {} is not there", static_cast<uint32_t>(id),
                        static_cast<uint32_t>(record.service)));
  }
  if (!std::ranges::is_sorted(record.labels)) {
    Problem(fmt::format("series {}: its labels are not sorted", static_cast<uint32_t>(id)));
  }
  series_[id] = record.service;
  ++report_.series;
}

void Verifier::SpanAt(std::string_view key, std::string_view value) {
  SpanRecordValue record;
  Status status = DecodeRecord(key, value, record);
  if (!status.ok()) return Problem(status.message());
  const uint32_t epoch = GetBig32(key.data() + 1), series = GetBig32(key.data() + 5);
  if (!series_.contains(static_cast<SeriesId>(series))) {
    Problem(fmt::format("span of epoch {}: its series {} is not there", epoch, series));
  }
  spans_[{epoch, series}] = record;
}

void Verifier::Symbols() {
  std::vector<PartitionKey> partitions;
  Walk(Family::kSymbols, "symbols", [&](std::string_view key, std::string_view) {
    if (key.size() != 12) return Problem(fmt::format("symbols record {}: not a key", Hex(key)));
    PartitionKey partition{static_cast<Epoch>(GetBig32(key.data())),
                           static_cast<ServiceId>(GetBig32(key.data() + 4))};
    if (partitions.empty() || partitions.back() != partition) partitions.push_back(partition);
  });
  for (PartitionKey partition : partitions) {
    SymbolTable table;
    uint32_t segments = 0;
    Status status = LoadSymbols(kv_, partition, table, segments);
    if (!status.ok()) Problem(status.message());
    Extent& extent = extents_[partition];
    extent.counts = table.counts();
    extent.sound = status.ok();
    const SymbolCounts& c = extent.counts;
    report_.symbols += uint64_t{c.strings} + c.mappings + c.functions + c.locations + c.stacks - 2;
  }
}

void Verifier::Profiles() {
  Walk(Family::kProfiles, "profiles", [this](std::string_view key, std::string_view value) {
    ++report_.profiles;
    ProfileAt(key, value);
  });
}

void Verifier::ProfileAt(std::string_view key, std::string_view value) {
  std::optional<ProfileKey> place = DecodeProfileKey(key);
  if (!place.has_value()) {
    return Problem(fmt::format("profile record {}: not a key", Hex(key)));
  }
  auto bad = [&](std::string_view what) {
    Problem(fmt::format("profile record {}: {}", ToString(*place), what));
  };
  if (!CheckAndStripChecksum(key, value)) return bad("its checksum does not match");
  if (place->time_ns / epoch_ns_ != static_cast<uint32_t>(place->partition.epoch)) {
    bad("its time lies in another epoch");
  }
  auto series = series_.find(place->series);
  if (series == series_.end()) {
    bad("its series is not there");
  } else if (series->second != place->partition.service) {
    bad("its series belongs to another service");
  }
  auto span = spans_.find(
      {static_cast<uint32_t>(place->partition.epoch), static_cast<uint32_t>(place->series)});
  if (span == spans_.end() || place->time_ns < span->second.min_ns ||
      place->time_ns > span->second.max_ns) {
    bad("the series' span does not cover its time");
  }
  Result<ProfileRecordReader> reader = ProfileRecordReader::Open(value);
  if (!reader.ok()) return bad(reader.status().message());
  const Extent& extent = extents_[place->partition];
  if (!extent.sound) return;
  if (place->partition != sums_partition_) {
    sums_ = StackSums();
    sums_.Resize(extent.counts.stacks);
    sums_partition_ = place->partition;
  }
  Status added = reader->AddTo(sums_);
  uint64_t total = 0;
  for (const StackValue& v : sums_.Take()) total += static_cast<uint64_t>(v.value);
  if (!added.ok()) return bad(added.message());
  Result<std::vector<LinkedValue>> links = reader->Links(sums_.size());
  if (!links.ok()) return bad(links.status().message());
  if (static_cast<int64_t>(total) != reader->header().total) {
    bad("its values do not sum to its total");
  }
  MappingId main = reader->header().main_mapping;
  if (main != MappingId::kNone && Index(main) >= extent.counts.mappings) {
    bad("it names a mapping that is not there");
  }
}

void Verifier::Documents() {
  const std::string prefix = DocumentPrefix({}, {});
  Walk(Family::kMeta, "documents", [&](std::string_view key, std::string_view value) {
    if (!key.starts_with(prefix)) return;  // the format record, which was read before
    ++report_.documents;
    Result<std::string> document = DecodeDocument(key, value);
    if (!document.ok()) {
      Problem(fmt::format("document record {}: {}", Hex(key), document.status().message()));
    }
  });
}

void Verifier::Rollups() {
  Result<KvCursor> profiles = kv_.Cursor(Family::kProfiles, {}, {});
  if (!profiles.ok()) return Problem(profiles.status().message());
  Walk(Family::kRollups, "rollups", [&](std::string_view key, std::string_view value) {
    const std::optional<RollupKey> place = DecodeRollupKey(key);
    if (!place.has_value()) return Problem(fmt::format("rollup record {}: not a key", Hex(key)));
    Status status = CheckAndStripChecksum(key, value)
                        ? Status()
                        : Error(Code::kDataLoss, "its checksum does not match");
    if (status.ok() && place->kind != RollupKind::kProgress) {
      status = RollupAt(*profiles, *place, value);
    }
    if (!status.ok()) Problem(status.Annotate(DescribeRollupKey(key)).message());
  });
}

// A rollup has a point for every profile of its stretch, and its sums are theirs in all.
Status Verifier::RollupAt(KvCursor& profiles, const RollupKey& key, std::string_view value) {
  ASSIGN_OR_RETURN(RollupReader rollup, RollupReader::Open(value));
  std::vector<SeriesPoint> points, expected;
  TRY(rollup.Points(points));
  const RollupPlan plan{epoch_ns_};
  const Epoch epoch = key.partition.epoch;
  const bool hour = key.kind == RollupKind::kHour;
  const int64_t start = hour ? plan.HourStart(epoch, key.hour) : plan.EpochStart(epoch);
  const int64_t end = hour ? plan.HourEnd(epoch, key.hour) : plan.EpochEnd(epoch);
  const std::string prefix = SeriesPrefix(key.partition, key.series);
  std::string from = prefix;
  PutBig64(from, static_cast<uint64_t>(start));
  uint64_t total = 0, sum = 0;
  for (profiles.Seek(from); profiles.Valid() && profiles.key().starts_with(prefix);
       profiles.Next()) {
    std::string_view record = profiles.value();
    if (profiles.key().size() != kProfileKeySize || TimeOfKey(profiles.key()) >= end) break;
    if (!StripChecksum(record)) break;
    ASSIGN_OR_RETURN(ProfileRecordReader reader, ProfileRecordReader::Open(record));
    expected.push_back({TimeOfKey(profiles.key()), reader.header().total, IdOfKey(profiles.key())});
    total += static_cast<uint64_t>(reader.header().total);
  }
  auto fields = [](const SeriesPoint& p) { return std::tuple(p.time_ns, p.value, p.id); };
  std::ranges::sort(expected, {}, fields);
  if (!std::ranges::equal(points, expected, {}, fields, fields)) {
    return Error(Code::kDataLoss, "it is not of the profiles that are there");
  }
  for (std::string_view section;;) {
    ASSIGN_OR_RETURN(bool more, rollup.NextSection(section));
    if (!more) break;
    ASSIGN_OR_RETURN(ProfileRecordReader sums, ProfileRecordReader::Open(section));
    sum += static_cast<uint64_t>(sums.header().total);
  }
  if (sum == total) return {};
  return Error(Code::kDataLoss, "its values do not sum to its profiles' total");
}

}  // namespace

Result<VerifyReport> VerifyEmbedded(const EmbeddedOptions& options) {
  KvOptions kv_options;
  kv_options.directory = options.directory;
  kv_options.read_only = true;
  kv_options.create = false;
  kv_options.block_cache_bytes = options.block_cache_bytes;
  VerifyReport report;
  Result<std::unique_ptr<Kv>> kv = Kv::Open(kv_options);
  if (!kv.ok()) {
    if (kv.status().code() != Code::kDataLoss) return kv.status();
    report.problems.push_back(kv.status().message());
    return report;
  }
  if (Status damage = (*kv)->LogDamage(); !damage.ok()) {
    report.problems.push_back(damage.message());
  }
  Result<int64_t> epoch_ns = LoadFormat(**kv, options);
  if (!epoch_ns.ok()) {
    report.problems.push_back(epoch_ns.status().message());
    return report;
  }
  Verifier(**kv, *epoch_ns, report).Run();
  return report;
}

}  // namespace anneal
