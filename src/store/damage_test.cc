// Damage on disk costs what was in the damaged block: the rest is answered, and it is told.
#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "store/checksum.h"
#include "store/damage_backoff.h"
#include "store/engine.h"
#include "store/profiles_for_test.h"
#include "store/temp_dir_for_test.h"

namespace anneal {
namespace {

namespace fs = std::filesystem;

// Read by RocksDB's threads.
class SharedClock final : public Clock {
 public:
  int64_t NowNs() const override { return now_ns_; }
  int64_t MonotonicNs() const override { return now_ns_; }
  void SleepNs(int64_t duration_ns) override { now_ns_ += duration_ns; }

 private:
  std::atomic<int64_t> now_ns_{kTestBaseNs + 1'000 * kTestSecondNs};
};

class DamageTest : public testing::Test {
 protected:
  void Open() {
    store_.reset();
    EmbeddedOptions options;
    options.directory = dir_.path();
    options.metrics = &metrics_;
    options.clock = &clock_;
    options.result_cache_bytes = 0;  // records change behind the store's back
    Result<std::unique_ptr<EmbeddedStore>> opened = EmbeddedStore::Open(options, nullptr);
    ASSERT_TRUE(opened.ok()) << opened.status().ToString();
    store_ = std::move(*opened);
  }
  // `stacks` stacks of values up to `most`, all new when `salt` is.
  void Append(uint32_t n, uint32_t stacks, std::string_view service, uint32_t salt = 0,
              uint32_t most = 1) {
    Profile p;
    auto text = [&p](std::string_view s) { return p.strings.Append(s); };
    p.sample_types = {{text("cpu"), text("nanoseconds")}};
    p.period_type = p.sample_types[0];
    std::mt19937 random(n);
    for (uint32_t i = 0; i < stacks; ++i) {
      const auto name = text(fmt::format("f{}_{}", salt, random() % 1'000));
      p.functions.push_back({name, StringId::kEmpty, StringId::kEmpty, 1});
      p.lines.push_back({FunctionId{i}, 1, 0});
      p.locations.push_back({MappingId::kNone, 0, i, i + 1, false});
      p.sample_locations.push_back(LocationId{i});
      p.stack_ends.push_back(i + 1);
      p.sample_values.push_back(1 + static_cast<int64_t>(random() % most));
    }
    ProfileWrite write;
    write.labels = TestLabels(service, kTestCpuType);
    write.id = TestUuid(n);
    write.time_ns = kTestBaseNs + int64_t{n} * kTestSecondNs;
    write.profile = &p;
    Status status = AppendAndWait(*store_, "anonymous", {&write, 1});
    ASSERT_TRUE(status.ok()) << status.ToString();
  }
  int64_t MergedTotal(std::string_view service) {
    Result<Profile> merged = store_->Merge(SelectAll(
        kTestCpuType, {{"service_name", LabelMatcher::Op::kEqual, std::string(service)}}));
    EXPECT_TRUE(merged.ok()) << merged.status().ToString();
    int64_t total = 0;
    if (merged.ok()) {
      for (int64_t value : merged->sample_values) total += value;
    }
    return total;
  }
  std::vector<SeriesTarget> Targets() {
    std::vector<SeriesTarget> targets;
    KvCursor cursor = store_->kv().Cursor(Family::kProfiles, {}, {}).value();
    for (; cursor.Valid(); cursor.Next()) {
      const ProfileKey key = DecodeProfileKey(cursor.key()).value();
      const SeriesTarget target{key.partition, key.series};
      if (std::ranges::find(targets, target) == targets.end()) targets.push_back(target);
    }
    return targets;
  }
  fs::path LargestTable() {
    fs::path largest;
    for (const auto& entry : fs::directory_iterator(dir_.path())) {
      if (entry.path().extension() != ".sst") continue;
      if (largest.empty() || entry.file_size() > fs::file_size(largest)) largest = entry.path();
    }
    return largest;
  }
  // Some bytes of the largest file, `part` of the way through it.
  void DamageLargestTable(double part) {
    const fs::path largest = LargestTable();
    std::fstream file(largest, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(static_cast<double>(fs::file_size(largest)) * part));
    file.write("\x11\x22\x33\x44\x55\x66\x77\x88", 8);
  }
  void ReplaceRecord(Family family, const std::string& key, std::string_view value) {
    KvBatch batch(store_->kv());
    batch.Put(family, key, value);
    ASSERT_TRUE(store_->kv().Write(batch).ok());
  }
  std::vector<std::string> Verify() {
    EmbeddedOptions options;
    options.directory = dir_.path();
    return VerifyEmbedded(options).value().problems;
  }
  double Skipped() { return metrics_.GetCounter("anneal_store_damage_skipped_total", "").Value(); }

  TempDir dir_;
  Metrics metrics_;
  SharedClock clock_;
  std::unique_ptr<EmbeddedStore> store_;
};

TEST_F(DamageTest, ABadBlockCostsWhatWasInIt) {
  constexpr uint32_t kProfiles = 60, kStacks = 800;  // some blocks for each few profiles
  Open();
  for (uint32_t n = 0; n < kProfiles; ++n) Append(n, kStacks, "a", 0, 1'000'000);
  for (uint32_t n = 0; n < 10; ++n) Append(n, kStacks, "b", 0, 1'000'000);
  ASSERT_TRUE(store_->kv().Flush().ok());
  const int64_t whole_b = MergedTotal("b");
  store_.reset();
  // The largest file is that of the profiles; its first half are blocks of service a.
  DamageLargestTable(1.0 / 3);
  Open();
  EXPECT_EQ(MergedTotal("b"), whole_b);
  EXPECT_EQ(Skipped(), 0);
  size_t scanned = 0;
  int64_t last_ns = 0, scanned_total = 0;
  Status status = store_->Scan(SelectAll({}, {{"service_name", LabelMatcher::Op::kEqual, "a"}}),
                               [&](const StoredProfile& stored) {
                                 EXPECT_GT(stored.time_ns, last_ns)
                                     << "in order of time in spite of all";
                                 last_ns = stored.time_ns;
                                 ++scanned;
                                 for (int64_t value : stored.profile.sample_values)
                                   scanned_total += value;
                                 return Status();
                               });
  ASSERT_TRUE(status.ok()) << status.ToString();
  EXPECT_GT(scanned, kProfiles / 2);
  EXPECT_LT(scanned, kProfiles);
  EXPECT_EQ(last_ns, kTestBaseNs + (kProfiles - 1) * kTestSecondNs);
  EXPECT_EQ(MergedTotal("a"), scanned_total);
  auto totals = store_->Totals(
      SelectAll(kTestCpuType, {{"service_name", LabelMatcher::Op::kEqual, "a"}}), std::nullopt);
  ASSERT_TRUE(totals.ok());
  EXPECT_EQ(totals->begin()->second.size(), scanned);
  EXPECT_GE(Skipped(), 3);
  Result<StoreStats> stats = store_->Stats();
  ASSERT_TRUE(stats.ok()) << stats.status().ToString();
  EXPECT_GE(stats->damaged, 1u);
  EXPECT_EQ(stats->services.at(0).profiles, scanned);
  Append(999, 3, "a");
  EXPECT_EQ(MergedTotal("a"), scanned_total + 3);
  store_.reset();
  EmbeddedOptions options;
  options.directory = dir_.path();
  VerifyReport report = VerifyEmbedded(options).value();
  ASSERT_EQ(report.problems.size(), 1u);
  EXPECT_THAT(report.problems[0], testing::HasSubstr("profiles: unreadable after key"));
  EXPECT_EQ(report.profiles, scanned + 11) << "what lies behind is read too";
}

TEST_F(DamageTest, ACompactionThatMeetsDamageIsTriedLessAndLessOften) {
  constexpr uint32_t kStacks = 800;
  auto met = [&] {
    return metrics_.GetCounter("anneal_store_damaged_compactions_total", "").Value();
  };
  Open();
  for (uint32_t n = 0; n < 30; ++n) Append(n, kStacks, "a", 0, 1'000'000);
  ASSERT_TRUE(store_->kv().Flush().ok());
  store_.reset();
  DamageLargestTable(1.0 / 2);
  Open();
  // Four files are enough for a compaction; it has to read those whose keys overlap.
  while (met() == 0) {
    Append(15, kStacks, "a", 0, 1'000'000);
    ASSERT_TRUE(store_->kv().Flush().ok());
  }
  auto rests = [&] { return store_->kv().CompactionsRest(Family::kProfiles); };
  auto wait = [&](double times) {
    while (met() < times || !rests()) std::this_thread::yield();
  };
  constexpr int64_t kMinuteNs = 60 * kTestSecondNs;
  wait(1);
  for (double minutes : {1, 2}) {
    clock_.SleepNs(static_cast<int64_t>(minutes) * kMinuteNs - 1);
    ASSERT_TRUE(store_->Maintain().ok());
    EXPECT_TRUE(rests()) << minutes;
    const double before = met();
    clock_.SleepNs(1);
    ASSERT_TRUE(store_->Maintain().ok());
    wait(before + 1);
  }
  Append(999, 3, "b");
  EXPECT_EQ(MergedTotal("b"), 3) << "writes go on";
  EXPECT_EQ(store_->Stats()->damaged, 2u) << "the compaction's and the walk's, once each";
}

TEST(DamageBackoff, DoublesToAnHour) {
  DamageBackoff backoff;
  int64_t now_ns = 0;
  EXPECT_FALSE(backoff.End(INT64_MAX));
  for (int64_t minutes : {1, 2, 4, 8, 16, 32, 60, 60}) {
    backoff.Fail(now_ns);
    now_ns += minutes * 60 * kTestSecondNs;
    EXPECT_FALSE(backoff.End(now_ns - 1)) << minutes;
    EXPECT_TRUE(backoff.resting());
    EXPECT_TRUE(backoff.End(now_ns)) << minutes;
    EXPECT_FALSE(backoff.resting());
    EXPECT_FALSE(backoff.End(now_ns)) << "once";
  }
}

TEST_F(DamageTest, ABadPlaceInTheLogCostsWhatIsBehindItAndIsTold) {
  Open();
  for (uint32_t n = 0; n < 20; ++n) Append(n, 5, "a");
  store_.reset();
  for (const auto& entry : fs::directory_iterator(dir_.path())) {
    if (entry.path().extension() != ".log" || entry.file_size() == 0) continue;
    // Cut off, as by a crash: that is no damage.
    fs::resize_file(entry.path(), entry.file_size() - 3);
    Open();
    EXPECT_EQ(MergedTotal("a"), 19 * 5);
    EXPECT_EQ(store_->Stats()->damaged, 0u);
    EXPECT_THAT(Verify(), testing::IsEmpty());
    break;
  }
  for (uint32_t n = 20; n < 40; ++n) Append(n, 5, "a");
  store_.reset();
  for (const auto& entry : fs::directory_iterator(dir_.path())) {
    if (entry.path().extension() != ".log" || entry.file_size() == 0) continue;
    std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(entry.file_size() / 2));
    file.write("\x11\x22\x33\x44", 4);
  }
  const std::vector<std::string> problems = Verify();
  ASSERT_EQ(problems.size(), 1u) << "all else is checked, and sound";
  EXPECT_TRUE(problems[0].find(".log: dropping ") != std::string::npos) << problems[0];
  Open();
  EXPECT_GT(MergedTotal("a"), 19 * 5);
  EXPECT_LT(MergedTotal("a"), 39 * 5);
  EXPECT_EQ(store_->Stats()->damaged, 1u);
  EXPECT_GT(Skipped(), 0);
  Append(50, 5, "a");
}

TEST_F(DamageTest, ABadRecordCostsItselfAndLeavesNothingInASum) {
  Open();
  for (uint32_t n = 0; n < 5; ++n) Append(n, 10, "a");
  const int64_t whole = MergedTotal("a");
  std::string key, good;
  {
    KvCursor cursor = store_->kv().Cursor(Family::kProfiles, {}, {}).value();
    cursor.Next();
    key = cursor.key();
    good = cursor.value();
  }
  // Cut off in the values, after most of them could be added.
  std::string cut = good.substr(0, good.size() - 6);
  AppendChecksum(key, cut);
  ReplaceRecord(Family::kProfiles, key, cut);
  EXPECT_EQ(MergedTotal("a"), whole - 10);
  EXPECT_EQ(Skipped(), 1);
  EXPECT_EQ(store_->Stats()->damaged, 1u);
  EXPECT_EQ(MergedTotal("a"), whole - 10);
  EXPECT_EQ(store_->Stats()->damaged, 1u) << "the same place";
  ReplaceRecord(Family::kProfiles, key, good);
  EXPECT_EQ(MergedTotal("a"), whole);
}

TEST_F(DamageTest, LostSymbolsCostTheProfilesThatNeedThem) {
  Open();
  for (uint32_t n = 0; n < 3; ++n) Append(n, 5, "a", n);
  Append(9, 5, "b");
  std::string key, bad;
  {
    KvCursor cursor = store_->kv().Cursor(Family::kSymbols, {}, {}).value();
    cursor.Next();  // a's second segment
    key = cursor.key();
    bad = cursor.value();
  }
  bad[bad.size() / 2] = static_cast<char>(bad[bad.size() / 2] ^ 4);
  ReplaceRecord(Family::kSymbols, key, bad);
  Open();
  EXPECT_EQ(MergedTotal("a"), 5) << "the first profile needs the first segment only";
  EXPECT_EQ(MergedTotal("b"), 5);
  EXPECT_GE(store_->Stats()->damaged, 2u);
  // Lost ids must not be given out anew: what comes now gets symbols of its own.
  Append(20, 7, "a", 5);
  EXPECT_EQ(MergedTotal("a"), 5 + 7);
  Append(21, 7, "a", 1);  // names that were lost
  Append(22, 7, "a", 1);
  const int64_t total = 5 + 3 * 7;
  EXPECT_EQ(MergedTotal("a"), total);
  const std::vector<SeriesTarget> before = Targets();
  Open();
  EXPECT_EQ(MergedTotal("a"), total);
  EXPECT_EQ(MergedTotal("b"), 5);
  Append(23, 7, "a", 1);
  EXPECT_EQ(MergedTotal("a"), total + 7);
  EXPECT_EQ(Targets(), before) << "where the others went";
  EXPECT_EQ(store_->Series("anonymous", {}, {}, SelectAll({}).range)->size(), 2u);
  const StoreStats stats = store_->Stats().value();
  ASSERT_EQ(stats.services.size(), 2u);
  EXPECT_EQ(stats.services[0].profiles, 3u + 4u);
  // Nothing was made worse.
  store_.reset();
  EmbeddedOptions options;
  options.directory = dir_.path();
  const VerifyReport report = VerifyEmbedded(options).value();
  ASSERT_EQ(report.problems.size(), 1u);
  EXPECT_THAT(report.problems[0], testing::HasSubstr("segment 1: its checksum does not match"));
}

TEST_F(DamageTest, APushAgainCountsOnceAlthoughTheServiceWasSetAside) {
  Open();
  for (uint32_t n = 0; n < 3; ++n) Append(n, 5, "a", n);
  std::string key, bad;
  {
    KvCursor cursor = store_->kv().Cursor(Family::kSymbols, {}, {}).value();
    for (int segment = 0; segment < 2; ++segment) cursor.Next();
    key = cursor.key();
    bad = cursor.value();
  }
  bad[bad.size() / 2] = static_cast<char>(bad[bad.size() / 2] ^ 4);
  ReplaceRecord(Family::kSymbols, key, bad);
  Open();
  EXPECT_EQ(MergedTotal("a"), 10) << "the third needs the third segment";
  Append(1, 5, "a", 1);  // can still be read
  EXPECT_EQ(MergedTotal("a"), 10);
  Append(2, 5, "a", 2);  // could not
  EXPECT_EQ(MergedTotal("a"), 15);
  Append(1, 5, "a", 1);
  EXPECT_EQ(MergedTotal("a"), 15);
  ASSERT_TRUE(store_->RollUp(kTestBaseNs + 100 * store_->epoch_ns()).ok());
  Append(0, 5, "a", 0);  // is in a rollup of the service that was set aside, if there is any
  Open();
  EXPECT_EQ(MergedTotal("a"), 15);
  EXPECT_EQ(store_->Stats()->services.at(0).profiles, 3u);
}

class DamagedIndexTest : public DamageTest {
 protected:
  // Some profiles of services a and b, the second of which is the newest.
  void SetUp() override {
    Open();
    for (uint32_t n = 0; n < 3; ++n) Append(n, 5, "a", n);
    for (uint32_t n = 3; n < 5; ++n) Append(n, 5, "b", n);
  }
  void Damage(SeriesRecord kind, int which) {
    const std::string prefix(1, static_cast<char>(kind));
    KvCursor cursor = store_->kv().Cursor(Family::kSeries, prefix, PrefixEnd(prefix)).value();
    for (int i = 0; i < which; ++i) cursor.Next();
    std::string key(cursor.key()), bad(cursor.value());
    bad[bad.size() / 2] = static_cast<char>(bad[bad.size() / 2] ^ 4);
    ReplaceRecord(Family::kSeries, key, bad);
  }
};

TEST_F(DamagedIndexTest, ASeriesRecordCostsThatSeries) {
  Damage(SeriesRecord::kSeries, 1);
  Open();
  EXPECT_EQ(MergedTotal("a"), 15);
  EXPECT_EQ(MergedTotal("b"), 0);
  EXPECT_GE(store_->Stats()->damaged, 1u);
  // Its id was the last one given out; what comes must not be taken for its profiles.
  Append(11, 9, "b");
  Append(10, 7, "c");
  EXPECT_EQ(MergedTotal("c"), 7);
  EXPECT_EQ(MergedTotal("b"), 9);
  Append(3, 5, "b", 3);  // pushed again
  EXPECT_EQ(MergedTotal("b"), 14);
  Open();
  EXPECT_EQ(MergedTotal("a"), 15);
  EXPECT_EQ(MergedTotal("b"), 14);
  EXPECT_EQ(MergedTotal("c"), 7);
}

TEST_F(DamagedIndexTest, AServiceRecordCostsNothing) {
  Damage(SeriesRecord::kService, 1);
  for (int64_t more : {0, 5}) {
    Open();
    EXPECT_EQ(MergedTotal("a"), 15);
    EXPECT_EQ(MergedTotal("b"), 10 + more);
    EXPECT_GE(store_->Stats()->damaged, 1u);
    Append(7, 5, "b");
    EXPECT_EQ(MergedTotal("b"), 15);
    EXPECT_EQ(Targets().size(), 2u);
  }
}

TEST_F(DamagedIndexTest, ASpanIsAsTheProfilesHaveIt) {
  const TimeRange bounds = *store_->Bounds("anonymous");
  for (int which : {0, 1}) Damage(SeriesRecord::kSpan, which);
  Open();
  EXPECT_EQ(MergedTotal("a"), 15);
  EXPECT_EQ(MergedTotal("b"), 10);
  EXPECT_EQ(store_->Bounds("anonymous")->start_ns, bounds.start_ns);
  EXPECT_EQ(store_->Bounds("anonymous")->end_ns, bounds.end_ns);
  EXPECT_GE(store_->Stats()->damaged, 2u);
}

TEST_F(DamagedIndexTest, ABadBlockCostsItsSeries) {
  constexpr uint32_t kSeries = 600;  // some blocks of their records
  const Profile profile = RandomProfile(1);
  std::mt19937_64 random(1);
  std::vector<ProfileWrite> writes;
  for (uint32_t n = 0; n < kSeries; ++n) {
    ProfileWrite& write = writes.emplace_back();
    write.labels = TestLabels(fmt::format("service-{}", n), kTestCpuType);
    std::string pad;
    for (int word = 0; word < 15; ++word) pad += fmt::format("{:016x}", random());
    write.labels.push_back({"pad", pad});
    std::ranges::sort(write.labels);
    write.id = TestUuid(n);
    write.time_ns = kTestBaseNs;
    write.profile = &profile;
  }
  // An append holds the locks of all its services, and tsan knows 64 at a time.
  for (size_t begin = 0; begin < kSeries; begin += 50) {
    const std::span<const ProfileWrite> some = std::span(writes).subspan(begin, 50);
    ASSERT_TRUE(AppendAndWait(*store_, "anonymous", some).ok());
  }
  auto series = [&] { return store_->Series("anonymous", {}, {}, SelectAll({}).range)->size(); };
  ASSERT_EQ(series(), kSeries + 2);
  ASSERT_TRUE(store_->kv().Flush().ok());
  store_.reset();
  DamageLargestTable(1.0 / 2);
  Open();
  const size_t left = series();
  EXPECT_LT(left, kSeries + 2) << "or nothing was damaged";
  EXPECT_GT(left, kSeries / 3);
  EXPECT_EQ(MergedTotal("a"), 15) << "times are those of the profiles";
  EXPECT_GE(store_->Stats()->damaged, 1u);
  // No id of before has a second meaning.
  Append(5000, 1, "later");
  EXPECT_EQ(MergedTotal("later"), 1);
  EXPECT_EQ(series(), left + 1);
  Open();
  EXPECT_EQ(series(), left + 1);
}

}  // namespace
}  // namespace anneal
