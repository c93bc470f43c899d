// Failing disks: the caller hears of it, nothing acknowledged is lost, and work goes on after.
#include <deque>
#include <filesystem>
#include <fstream>

#include "profile/merge.h"
#include "profile/pprof.h"
#include "store/checksum.h"
#include "store/engine.h"
#include "store/fault_env_for_test.h"
#include "store/profiles_for_test.h"
#include "store/temp_dir_for_test.h"

namespace anneal {
namespace {

class StoreFaultTest : public testing::Test {
 protected:
  void Open() {
    store_.reset();
    EmbeddedOptions options;
    options.directory = dir_.path();
    options.epoch_ns = 3600 * kTestSecondNs;
    options.clock = &clock_;
    Result<std::unique_ptr<EmbeddedStore>> opened = EmbeddedStore::Open(options, env_.get());
    ASSERT_TRUE(opened.ok()) << opened.status().ToString();
    store_ = std::move(*opened);
  }
  // Appends profile number `n`; on success it is expected to be there from now on.
  Status Append(uint32_t n) {
    Profile profile = RandomProfile(n);
    ProfileWrite write = MakeWrite(n, profile);
    Status status = AppendAndWait(*store_, "anonymous", {&write, 1});
    if (status.ok()) acknowledged_.push_back(n);
    return status;
  }
  static ProfileWrite MakeWrite(uint32_t n, const Profile& profile) {
    ProfileWrite write;
    write.labels = TestLabels(n % 3 == 0 ? "a" : "b", kTestCpuType);
    write.id = TestUuid(n);
    write.time_ns = kTestBaseNs + int64_t{n} * kTestSecondNs;
    write.profile = &profile;
    write.sample_type = 1;
    return write;
  }
  // Every acknowledged profile is there, as it was given, and what is there decodes.
  void CheckContent() {
    std::map<uint64_t, std::string> found;
    Status scanned = store_->Scan(SelectAll({}), [&](const StoredProfile& stored) {
      uint64_t n = 0;
      for (size_t i = 8; i < 16; ++i) n = n << 8 | stored.id[i];
      found[n] = EncodePprof(stored.profile);
      Profile profile = RandomProfile(static_cast<uint32_t>(n));
      EXPECT_TRUE(found[n] ==
                  EncodePprof(StoredColumn(MakeWrite(static_cast<uint32_t>(n), profile))))
          << n;
      return Status();
    });
    ASSERT_TRUE(scanned.ok()) << scanned.ToString();
    for (uint32_t n : acknowledged_) EXPECT_TRUE(found.contains(n)) << n;
  }
  void CheckSound() {
    store_.reset();
    EmbeddedOptions options;
    options.directory = dir_.path();
    Result<VerifyReport> report = VerifyEmbedded(options);
    ASSERT_TRUE(report.ok()) << report.status().ToString();
    EXPECT_THAT(report->problems, testing::IsEmpty());
    EXPECT_GE(report->profiles, acknowledged_.size());
  }

  TempDir dir_;
  FakeClock clock_;
  std::shared_ptr<FaultPlan> plan_ = std::make_shared<FaultPlan>();
  std::unique_ptr<rocksdb::Env> env_ = rocksdb::NewCompositeEnv(
      std::make_shared<FaultFileSystem>(rocksdb::FileSystem::Default(), plan_));
  std::vector<uint32_t> acknowledged_;
  std::unique_ptr<EmbeddedStore> store_;
};

TEST_F(StoreFaultTest, AfterAFailureAtAnyOperationTheStoreGoesOn) {
  Open();
  uint32_t n = 0;
  int refused = 0;
  for (int64_t k = 0; k < 24; ++k) {
    for (bool sticky : {false, true}) {
      ASSERT_TRUE(Append(n++).ok());
      plan_->sticky = sticky;
      plan_->failures = 0;
      plan_->until_failure = k / 4;
      for (int i = 0; i < 4; ++i) refused += Append(n++).ok() ? 0 : 1;
      if (k / 4 < 2) {
        EXPECT_GT(plan_->failures, 0) << k;
      }
      // Queries are answered while the disk is failing.
      EXPECT_TRUE(store_->Merge(SelectAll(kTestCpuType)).ok());
      plan_->until_failure = -1;
      clock_.SleepNs(2 * kTestSecondNs);
      // When a compaction met the fault, the first append after it is the one that hears of it.
      Status after = Append(n++);
      clock_.SleepNs(2 * kTestSecondNs);
      if (!after.ok()) after = Append(n++);
      ASSERT_TRUE(after.ok()) << after.ToString();
      CheckContent();
    }
  }
  EXPECT_GT(refused, 0);
  Open();
  CheckContent();
  CheckSound();
}

TEST_F(StoreFaultTest, AppendsFailAtOnceBetweenAttemptsToRecover) {
  Open();
  ASSERT_TRUE(Append(1).ok());
  plan_->until_failure = 0;
  EXPECT_FALSE(Append(2).ok());
  EXPECT_FALSE(Append(3).ok());
  const int64_t operations = plan_->operations;
  Status status = Append(4);
  EXPECT_EQ(status.code(), Code::kUnavailable);
  EXPECT_EQ(plan_->operations, operations) << "no attempt within a second";
  plan_->until_failure = -1;
  clock_.SleepNs(2 * kTestSecondNs);
  EXPECT_TRUE(Append(5).ok());
  CheckContent();
  CheckSound();
}

TEST_F(StoreFaultTest, ConcurrentAppendsAllHearOfTheFailure) {
  Open();
  ASSERT_TRUE(Append(0).ok());
  plan_->until_failure = 3;
  std::atomic<int> outcomes = 0;
  std::deque<Profile> profiles;
  std::mutex mutex;
  for (uint32_t n = 1; n <= 50; ++n) {
    profiles.push_back(RandomProfile(n));
    ProfileWrite write = MakeWrite(n, profiles.back());
    store_->Append("anonymous", {&write, 1}, [&, n](Status status) {
      std::lock_guard lock(mutex);
      if (status.ok()) acknowledged_.push_back(n);
      ++outcomes;
    });
  }
  store_.reset();  // commits or fails what is left
  EXPECT_EQ(outcomes, 50);
  plan_->until_failure = -1;
  Open();
  CheckContent();
  CheckSound();
}

TEST_F(StoreFaultTest, VerifyNamesARecordWithAFlippedBit) {
  Open();
  for (uint32_t n = 0; n < 6; ++n) ASSERT_TRUE(Append(n).ok());
  struct Row {
    Family family;
    const char* named;
  };
  for (Row row :
       {Row{Family::kProfiles, "profile record epoch"}, Row{Family::kSymbols, "symbols of epoch"},
        Row{Family::kSeries, "series record"}}) {
    std::string key, good;
    {
      KvCursor cursor = store_->kv().Cursor(row.family, {}, {}).value();
      cursor.Next();
      key = cursor.key();
      good = cursor.value();
    }
    std::string bad = good;
    bad[bad.size() / 2] = static_cast<char>(bad[bad.size() / 2] ^ 4);
    KvBatch batch(store_->kv());
    batch.Put(row.family, key, bad);
    ASSERT_TRUE(store_->kv().Write(batch).ok());
    EmbeddedOptions options;
    options.directory = dir_.path();
    VerifyReport report = VerifyEmbedded(options).value();
    ASSERT_FALSE(report.problems.empty()) << row.named;
    EXPECT_THAT(report.problems[0], testing::HasSubstr(row.named));
    batch.Clear();
    batch.Put(row.family, key, good);
    ASSERT_TRUE(store_->kv().Write(batch).ok());
    EXPECT_THAT(VerifyEmbedded(options)->problems, testing::IsEmpty());
  }
}

TEST_F(StoreFaultTest, VerifyFindsAFlippedBitInTheFiles) {
  Open();
  for (uint32_t n = 0; n < 40; ++n) ASSERT_TRUE(Append(n).ok());
  ASSERT_TRUE(store_->kv().Flush().ok());
  store_.reset();
  EmbeddedOptions options;
  options.directory = dir_.path();
  for (const auto& entry : std::filesystem::directory_iterator(dir_.path())) {
    if (entry.path().extension() != ".sst") continue;
    std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(20);
    const char good = static_cast<char>(file.get());
    file.seekp(20);
    file.put(static_cast<char>(good ^ 8));
    file.flush();
    Result<VerifyReport> report = VerifyEmbedded(options);
    ASSERT_TRUE(report.ok()) << report.status().ToString();
    EXPECT_FALSE(report->problems.empty()) << entry.path();
    file.seekp(20);
    file.put(good);
  }
  EXPECT_THAT(VerifyEmbedded(options)->problems, testing::IsEmpty());
}

TEST_F(StoreFaultTest, AReaderOpensBesideTheWriter) {
  Open();
  ASSERT_TRUE(Append(1).ok());
  EmbeddedOptions options;
  options.directory = dir_.path();
  options.read_only = true;
  Result<std::unique_ptr<Store>> reader = OpenEmbedded(options);
  ASSERT_TRUE(reader.ok()) << reader.status().ToString();
  EXPECT_EQ((*reader)->Tenants().size(), 1u);
  EXPECT_EQ((*reader)->Retain().code(), Code::kFailedPrecondition);
  Profile profile = RandomProfile(2);
  ProfileWrite write = MakeWrite(2, profile);
  EXPECT_EQ(AppendAndWait(**reader, "anonymous", {&write, 1}).code(), Code::kFailedPrecondition);
  // A second writer is told so.
  options.read_only = false;
  EXPECT_EQ(OpenEmbedded(options).status().code(), Code::kUnavailable);
  options.directory = dir_.path() + "/none";
  options.create = false;
  EXPECT_EQ(OpenEmbedded(options).status().code(), Code::kNotFound);
}

TEST_F(StoreFaultTest, TheEpochLengthOfTheStoreHolds) {
  Open();
  ASSERT_TRUE(Append(1).ok());
  store_.reset();
  EmbeddedOptions options;
  options.directory = dir_.path();
  options.epoch_ns = 60 * kTestSecondNs;
  store_ = EmbeddedStore::Open(options, nullptr).value();
  EXPECT_EQ(store_->epoch_ns(), 3600 * kTestSecondNs);
  CheckContent();
}

TEST_F(StoreFaultTest, SymbolTablesAreForgottenAndReadAgain) {
  Metrics metrics;
  EmbeddedOptions options;
  options.directory = dir_.path();
  options.intern_cache_bytes = 1;
  options.metrics = &metrics;
  store_ = EmbeddedStore::Open(options, nullptr).value();
  for (uint32_t n = 0; n < 30; ++n) ASSERT_TRUE(Append(n).ok());
  EXPECT_GT(metrics.GetCounter("anneal_store_symbols_loads_total", "").Value(), 10);
  CheckContent();
  CheckSound();
}

}  // namespace
}  // namespace anneal
