// Rollups: answers are the same with and without them, whatever comes, in
// whatever order.
#include <gmock/gmock.h>
#include <rocksdb/db.h>

#include <map>
#include <thread>

#include "base/wrapping.h"
#include "profile/merge.h"
#include "profile/pprof.h"
#include "store/checksum.h"
#include "store/engine.h"
#include "store/profiles_for_test.h"
#include "store/rollup_record.h"
#include "store/temp_dir_for_test.h"

namespace anneal {
namespace {

constexpr int64_t kHourNs = 3600 * kTestSecondNs;

const std::vector<std::string> kByService = {"service_name"};

class RollupTest : public testing::TestWithParam<int64_t> {
 protected:
  RollupTest() { Open(); }
  void Open() {
    store_.reset();
    EmbeddedOptions options;
    options.directory = dir_.path();
    options.epoch_ns = GetParam();
    options.query_threads = 2;
    options.rollup_delay_ns = 0;
    store_ = EmbeddedStore::Open(options, nullptr).value();
  }
  // A profile at a time; pushing (service, pod, time, id) again replaces it.
  void Push(int service, int pod, int64_t time_ns, uint64_t id, uint32_t seed) {
    ProfileWrite write;
    write.labels =
        TestLabels("s" + std::to_string(service), kTestCpuType, {{"pod", std::to_string(pod)}});
    write.id = TestUuid(id);
    write.time_ns = time_ns;
    write.duration_ns = 10 * kTestSecondNs;
    Profile profile = RandomProfile(seed);
    if (seed % 11 == 0) {  // some have no samples
      for (int64_t& value : profile.sample_values) value = 0;
    }
    write.period = seed % 3;
    write.profile = &profile;
    write.sample_type = 1;
    ASSERT_TRUE(AppendAndWait(*store_, "anonymous", {&write, 1}).ok());
    model_[{service, pod, time_ns, id}] = {write, profile};
  }
  void PushRandom(std::mt19937& random, int64_t from_ns, int64_t length_ns) {
    const auto step = static_cast<int64_t>(random() % static_cast<uint64_t>(length_ns));
    Push(static_cast<int>(random() % 2), static_cast<int>(random() % 2), from_ns + step,
         random() % 4, static_cast<uint32_t>(random()));
  }
  size_t Rollups(RollupKind kind) {
    EXPECT_TRUE(store_->Flush().ok());
    size_t count = 0;
    KvCursor cursor = store_->kv().Cursor(Family::kRollups, {}, {}).value();
    for (; cursor.Valid(); cursor.Next()) count += DecodeRollupKey(cursor.key())->kind == kind;
    return count;
  }
  // Merge and time line of a window against all profiles that were pushed.
  void Check(TimeRange range, const std::string& service) {
    Selection selection = SelectAll(kTestCpuType);
    if (!service.empty()) {
      selection.matchers = {{"service_name", LabelMatcher::Op::kEqual, service}};
    }
    selection.range = range;
    std::vector<Profile> columns;
    std::map<LabelSet, std::vector<std::tuple<int64_t, int64_t, ProfileUuid>>> points;
    for (const auto& [key, pushed] : model_) {
      const auto& [write, profile] = pushed;
      const std::string name(FindLabel(write.labels, "service_name"));
      if (write.time_ns < range.start_ns || write.time_ns > range.end_ns) continue;
      if (!service.empty() && name != service) continue;
      ProfileWrite copy = write;
      copy.profile = &profile;
      columns.push_back(StoredColumn(copy));
      int64_t total = 0;
      for (int64_t v : columns.back().sample_values) total = WrappingAdd(total, v);
      points[{{"service_name", name}}].emplace_back(write.time_ns, total, write.id);
    }
    Result<Profile> merged = store_->Merge(selection);
    ASSERT_TRUE(merged.ok()) << merged.status().ToString();
    if (columns.empty()) {
      EXPECT_EQ(merged->SampleCount(), 0u);
    } else {
      EXPECT_TRUE(EncodePprof(*merged) == EncodePprof(*MergeProfiles(columns)))
          << range.start_ns << ".." << range.end_ns;
    }
    auto totals = store_->Totals(selection, kByService);
    ASSERT_TRUE(totals.ok()) << totals.status().ToString();
    ASSERT_EQ(totals->size(), points.size());
    for (auto& [labels, expected] : points) {
      std::ranges::sort(expected);
      std::vector<std::tuple<int64_t, int64_t, ProfileUuid>> actual;
      for (const SeriesPoint& p : totals->at(labels)) actual.emplace_back(p.time_ns, p.value, p.id);
      EXPECT_EQ(actual, expected);
    }
  }
  void CheckRandomWindows(std::mt19937& random, int64_t from_ns, int64_t length_ns) {
    auto time = [&] {
      int64_t t = from_ns - kHourNs +
                  static_cast<int64_t>(random() % static_cast<uint64_t>(length_ns + 2 * kHourNs));
      return random() % 2 == 0 ? t / kHourNs * kHourNs - static_cast<int64_t>(random() % 2) : t;
    };
    for (int i = 0; i < 4; ++i) {
      int64_t a = time(), b = time();
      Check({std::min(a, b), std::max(a, b)}, i % 2 == 0 ? "" : "s0");
    }
    Check({0, INT64_MAX}, "");
  }
  void CheckSound() {
    store_.reset();
    EmbeddedOptions options;
    options.directory = dir_.path();
    Result<VerifyReport> report = VerifyEmbedded(options);
    ASSERT_TRUE(report.ok());
    EXPECT_THAT(report->problems, testing::IsEmpty());
    Open();
  }

  TempDir dir_;
  std::unique_ptr<EmbeddedStore> store_;
  std::map<std::tuple<int, int, int64_t, uint64_t>, std::pair<ProfileWrite, Profile>> model_;
};

TEST_P(RollupTest, AnswersAreTheSameWhateverComesLate) {
  std::mt19937 random(static_cast<uint32_t>(GetParam() / kHourNs));
  const int64_t base = kTestBaseNs / GetParam() * GetParam();
  const int64_t length = 3 * GetParam();
  for (int round = 0; round < 8; ++round) {
    for (int i = 0; i < 30; ++i) PushRandom(random, base, length);
    // Some hours get many.
    for (int i = 0; i < 20; ++i) PushRandom(random, base + (round % 3) * GetParam(), kHourNs);
    CheckRandomWindows(random, base, length);
    const int64_t now =
        base + static_cast<int64_t>(random() % static_cast<uint64_t>(length + 3 * kHourNs));
    ASSERT_TRUE(store_->RollUp(now).ok());
    CheckRandomWindows(random, base, length);
    if (round % 3 == 1) CheckSound();
  }
  ASSERT_TRUE(store_->RollUp(base + length).ok());
  EXPECT_EQ(Rollups(RollupKind::kEpoch), 3u * 4) << "of every series and epoch";
  CheckRandomWindows(random, base, length);
  CheckSound();
}

TEST_P(RollupTest, AQueryOfRollupsAloneEndsWhenItsClientLeaves) {
  const int64_t base = kTestBaseNs / GetParam() * GetParam();
  for (int pod = 0; pod < 8; ++pod) Push(0, pod, base, 1, 1);
  ASSERT_TRUE(store_->RollUp(base + GetParam()).ok());
  ASSERT_EQ(Rollups(RollupKind::kEpoch), 8u);
  auto after = [](int questions) {
    Selection selection = SelectAll(kTestCpuType);
    auto asked = std::make_shared<std::atomic<int>>(0);
    selection.control = std::make_shared<QueryControl>(
        Clock::System(), QueryBounds{}, [asked, questions] { return ++*asked > questions; });
    return selection;
  };
  for (int questions : {0, 3}) {
    EXPECT_EQ(store_->Totals(after(questions), kByService).status().code(), Code::kCanceled);
    EXPECT_EQ(store_->Merge(after(questions)).status().code(), Code::kCanceled);
  }
  EXPECT_TRUE(store_->Totals(after(1000), kByService).ok());
}

TEST_P(RollupTest, MakingThemStopsAtTheNextSeriesAndGoesOnAfterAStart) {
  const int64_t base = kTestBaseNs / GetParam() * GetParam();
  for (uint32_t i = 0; i < 40; ++i) Push(0, i % 2, base + i * kTestSecondNs, i, i);
  store_->StopMaintaining();
  EXPECT_TRUE(store_->RollUp(base + GetParam()).ok());
  for (RollupKind kind : {RollupKind::kEpoch, RollupKind::kHour, RollupKind::kProgress}) {
    EXPECT_EQ(Rollups(kind), 0u) << "and no progress that was not made";
  }
  Check({0, INT64_MAX}, "");
  Open();
  ASSERT_TRUE(store_->RollUp(base + GetParam()).ok());
  EXPECT_EQ(Rollups(RollupKind::kEpoch), 2u);
  EXPECT_EQ(Rollups(RollupKind::kProgress), 1u);
}

TEST_P(RollupTest, ALateProfileDeletesWhatItMakesWrongAndTheNextRoundMakesItAnew) {
  const int64_t base = kTestBaseNs / GetParam() * GetParam();
  const bool hours = GetParam() > kHourNs;
  for (int i = 0; i < 40; ++i) {
    Push(0, i % 2, base + i * kTestSecondNs, static_cast<uint64_t>(i), static_cast<uint32_t>(i));
  }
  ASSERT_TRUE(store_->RollUp(base + GetParam()).ok());
  EXPECT_EQ(Rollups(RollupKind::kEpoch), 2u);
  EXPECT_EQ(Rollups(RollupKind::kHour), hours ? 2u : 0u);
  EXPECT_EQ(Rollups(RollupKind::kProgress), 1u);
  for (bool reopened : {false, true}) {
    if (reopened) Open();
    Push(0, 1, base + 5, 1000 + reopened, 5);
    EXPECT_EQ(Rollups(RollupKind::kEpoch), 1u) << "of pod 0";
    EXPECT_EQ(Rollups(RollupKind::kHour), hours ? 1u : 0u);
    EXPECT_EQ(Rollups(RollupKind::kProgress), 0u);
    Check({0, INT64_MAX}, "");
    ASSERT_TRUE(store_->RollUp(base + GetParam()).ok());
    EXPECT_EQ(Rollups(RollupKind::kEpoch), 2u);
    EXPECT_EQ(Rollups(RollupKind::kHour), hours ? 2u : 0u);
    EXPECT_EQ(Rollups(RollupKind::kProgress), 1u);
    Check({0, INT64_MAX}, "");
  }
  ASSERT_TRUE(RetainFrom(*store_, base + GetParam()).ok());
  EXPECT_EQ(Rollups(RollupKind::kEpoch), 0u);
  model_.clear();
  Check({0, INT64_MAX}, "");
}

TEST_P(RollupTest, NoRollupIsWrongWhenAppendsRunBesideItsMaking) {
  const int64_t base = kTestBaseNs / GetParam() * GetParam();
  std::atomic<bool> done = false;
  std::thread maker([&] {
    while (!done) EXPECT_TRUE(store_->RollUp(base + GetParam()).ok());
  });
  for (int i = 0; i < 150; ++i) {
    Push(i % 2, i % 3 == 0, base + i % 37 * 60 * kTestSecondNs, static_cast<uint64_t>(i),
         static_cast<uint32_t>(i));
    if (i % 10 == 0) Check({0, INT64_MAX}, "");
  }
  done = true;
  maker.join();
  ASSERT_TRUE(store_->RollUp(base + GetParam()).ok());
  EXPECT_EQ(Rollups(RollupKind::kEpoch), 4u);
  Check({0, INT64_MAX}, "");
  CheckSound();
}

TEST_P(RollupTest, ADamagedRollupIsNotMissed) {
  const int64_t base = kTestBaseNs / GetParam() * GetParam();
  for (uint32_t i = 0; i < 40; ++i) Push(0, i % 2, base + i * kTestSecondNs, i, i);
  ASSERT_TRUE(store_->RollUp(base + GetParam()).ok());
  ASSERT_EQ(Rollups(RollupKind::kEpoch), 2u);
  std::map<std::string, std::string> good;
  {
    KvCursor cursor = store_->kv().Cursor(Family::kRollups, {}, {}).value();
    for (; cursor.Valid(); cursor.Next()) good.emplace(cursor.key(), cursor.value());
  }
  auto put = [&](const std::string& key, std::string_view value) {
    ASSERT_TRUE(store_->Flush().ok());  // only the queue's thread writes at a time
    KvBatch batch(store_->kv());
    batch.Put(Family::kRollups, key, value);
    ASSERT_TRUE(store_->kv().Write(batch).ok());
  };
  for (size_t cut = 1; cut < 40; ++cut) {
    // Of each as much is left; the last cuts are in the last section's values.
    for (const auto& [key, record] : good) {
      const size_t whole = record.size() - 4;
      const size_t kept = cut < 20 ? whole * cut / 20 : whole - std::min(whole, cut - 19);
      std::string damaged = record.substr(0, kept);
      AppendChecksum(key, damaged);
      put(key, damaged);
    }
    Check({0, INT64_MAX}, "");
    Check({base + 3 * kTestSecondNs, base + GetParam()}, "s0");
  }
  EXPECT_GT(store_->Stats()->damaged, 0u);
  // The next round neither fails nor makes anything wrong.
  EXPECT_TRUE(store_->RollUp(base + GetParam()).ok());
  Check({0, INT64_MAX}, "");
  for (const auto& [key, record] : good) put(key, record);
  CheckSound();
  Check({0, INT64_MAX}, "");
}

TEST_P(RollupTest, ASeriesWithADamagedProfileHasNoRollup) {
  const int64_t base = kTestBaseNs / GetParam() * GetParam();
  for (uint32_t i = 0; i < 40; ++i) Push(0, i % 2, base + i * kTestSecondNs, i, i);
  std::string key, good;
  {
    KvCursor cursor = store_->kv().Cursor(Family::kProfiles, {}, {}).value();
    for (int i = 0; i < 3; ++i) cursor.Next();
    key = cursor.key();
    good = cursor.value();
  }
  auto put = [&](std::string_view value) {
    ASSERT_TRUE(store_->Flush().ok());  // only the queue's thread writes at a time
    KvBatch batch(store_->kv());
    batch.Put(Family::kProfiles, key, value);
    ASSERT_TRUE(store_->kv().Write(batch).ok());
  };
  std::string damaged = good.substr(0, good.size() / 2);
  AppendChecksum(key, damaged);
  put(damaged);
  ASSERT_TRUE(store_->RollUp(base + GetParam()).ok());
  EXPECT_EQ(Rollups(RollupKind::kEpoch), 1u) << "of the other";
  EXPECT_EQ(Rollups(RollupKind::kHour), GetParam() > kHourNs ? 1u : 0u);
  EXPECT_GT(store_->Stats()->damaged, 0u);
  EXPECT_TRUE(store_->Merge(SelectAll(kTestCpuType)).ok());
  put(good);
  Check({0, INT64_MAX}, "");
  CheckSound();
}

TEST_P(RollupTest, AStoreOfBeforeThereWereRollupsCanBeReadAndThenHasSome) {
  const int64_t base = kTestBaseNs / GetParam() * GetParam();
  for (uint32_t i = 0; i < 20; ++i) Push(0, i % 2, base + i * kTestSecondNs, i, i);
  store_.reset();
  std::vector<std::string> names;
  ASSERT_TRUE(rocksdb::DB::ListColumnFamilies({}, dir_.path(), &names).ok());
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (const std::string& name : names) families.emplace_back(name, rocksdb::ColumnFamilyOptions());
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* db = nullptr;
  ASSERT_TRUE(rocksdb::DB::Open({}, dir_.path(), families, &handles, &db).ok());
  for (rocksdb::ColumnFamilyHandle* handle : handles) {
    if (handle->GetName() == "rollups") {
      EXPECT_TRUE(db->DropColumnFamily(handle).ok());
    }
    EXPECT_TRUE(db->DestroyColumnFamilyHandle(handle).ok());
  }
  EXPECT_TRUE(db->Close().ok());
  delete db;

  EmbeddedOptions options;
  options.directory = dir_.path();
  Result<VerifyReport> report = VerifyEmbedded(options);
  ASSERT_TRUE(report.ok()) << report.status().ToString();
  EXPECT_THAT(report->problems, testing::IsEmpty());
  EXPECT_EQ(report->profiles, 20u);
  options.read_only = true;
  Result<std::unique_ptr<EmbeddedStore>> reader = EmbeddedStore::Open(options, nullptr);
  ASSERT_TRUE(reader.ok()) << reader.status().ToString();
  store_ = std::move(*reader);
  Check({0, INT64_MAX}, "");
  EXPECT_TRUE(store_->Stats().ok());
  Open();
  Check({0, INT64_MAX}, "");
  ASSERT_TRUE(store_->RollUp(base + GetParam()).ok());
  EXPECT_EQ(Rollups(RollupKind::kEpoch), 2u);
  Check({0, INT64_MAX}, "");
  CheckSound();
}

INSTANTIATE_TEST_SUITE_P(Epochs, RollupTest,
                         testing::Values(kHourNs, 5 * kHourNs / 2, 24 * kHourNs));

TEST(RollupRecord, EveryPrefixIsRefusedAndNothingElseIsRead) {
  RollupSums sums(10);
  for (int64_t i = 0; i < 5; ++i) {
    ProfileHeader header{.duration_ns = 7, .period = i, .main_mapping = MappingId(i % 2)};
    std::vector<StackValue> values = {{StackId{3}, 20 * i}, {StackId{7}, -40}};
    const std::string record = EncodeProfileRecord(header, values);
    ASSERT_TRUE(sums.AddProfile(100 - i, TestUuid(9), *ProfileRecordReader::Open(record)).ok());
  }
  const std::string record = sums.Encode();
  EXPECT_EQ(sums.count(), 0u);
  auto read = [](std::string_view bytes) { return RollupSums(10).AddRollup(bytes); };
  EXPECT_TRUE(read(record).ok());
  for (size_t size = 0; size < record.size(); ++size) {
    EXPECT_EQ(read(std::string_view(record).substr(0, size)).code(), Code::kDataLoss) << size;
  }
  EXPECT_FALSE(read(record + '\0').ok());
  EXPECT_FALSE(RollupSums(7).AddRollup(record).ok()) << "a stack that is not there";
  RollupReader reader = RollupReader::Open(record).value();
  EXPECT_EQ(reader.first_ns(), 96);
  EXPECT_EQ(reader.last_ns(), 100);
  EXPECT_EQ(reader.count(), 5u);
  EXPECT_EQ(reader.duration_ns(), 35);
  EXPECT_EQ(reader.period(), 4);
  std::vector<SeriesPoint> points;
  ASSERT_TRUE(reader.Points(points).ok());
  EXPECT_EQ(points.front().value, 40);
  EXPECT_EQ(points.back().value, -40);
  ASSERT_TRUE(sums.AddRollup(record).ok());
  EXPECT_EQ(sums.Encode(), record);
}

}  // namespace
}  // namespace anneal
