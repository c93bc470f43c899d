// Nobody waits for long: a query that nobody waits for any more stops, and appends and documents go
// on beside a query that takes its time, and beside what waits for that query.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <climits>
#include <future>
#include <thread>

#include "store/engine.h"
#include "store/profiles_for_test.h"
#include "store/temp_dir_for_test.h"

namespace anneal {
namespace {

constexpr int64_t kHourNs = 3600 * kTestSecondNs;
// What never comes is waited for that long, before the test gives up.
constexpr std::chrono::seconds kPatience(20);

class StandstillTest : public testing::Test {
 protected:
  void SetUp() override {
    EmbeddedOptions options;
    options.directory = dir_.path();
    options.epoch_ns = kHourNs;
    options.query_threads = 1;
    options.result_cache_bytes = 0;
    store_ = EmbeddedStore::Open(options, nullptr).value();
    ASSERT_TRUE(Push("old", kTestBaseNs).ok());
    ASSERT_TRUE(Push("new", kTestBaseNs + 10 * kHourNs).ok());
  }
  Status Push(const std::string& service, int64_t time_ns) {
    const Profile profile = RandomProfile(3);
    ProfileWrite write;
    write.labels = TestLabels(service, kTestCpuType);
    write.id = TestUuid(static_cast<uint64_t>(time_ns));
    write.time_ns = time_ns;
    write.profile = &profile;
    return AppendAndWait(*store_, "anonymous", {&write, 1});
  }
  // Runs `work` while a query has read its first profile and goes no further; true when it ended.
  bool BesideAQuery(const std::function<void()>& work) {
    bool ended = false;
    std::future<void> working;
    EXPECT_EQ(store_
                  ->Scan(SelectAll(kTestCpuType),
                         [&](const StoredProfile&) {
                           working = std::async(std::launch::async, work);
                           ended = working.wait_for(kPatience) == std::future_status::ready;
                           return Error(Code::kCanceled, "enough");
                         })
                  .code(),
              Code::kCanceled);
    return ended;
  }
  // As many as let a thread that was started before them come to where it waits.
  void PushMany() {
    for (int i = 0; i < 200; ++i) {
      EXPECT_TRUE(Push("new", kTestBaseNs + 10 * kHourNs + i * kTestSecondNs).ok());
    }
  }

  TempDir dir_;
  std::unique_ptr<EmbeddedStore> store_;
};

TEST_F(StandstillTest, AppendsGoOnWhileRetentionWaitsForAQuery) {
  std::future<Status> retained;
  EXPECT_TRUE(BesideAQuery([&] {
    retained = std::async(std::launch::async,
                          [&] { return RetainFrom(*store_, kTestBaseNs + 5 * kHourNs); });
    PushMany();
  }));
  EXPECT_TRUE(retained.get().ok());
  EXPECT_EQ(store_->Stats()->services.size(), 1u);
}

TEST_F(StandstillTest, AppendsGoOnWhileADeleteWaitsForAQuery) {
  std::future<Result<uint64_t>> deleted;
  EXPECT_TRUE(BesideAQuery([&] {
    deleted = std::async(std::launch::async, [&] {
      return store_->Delete(SelectAll({}, {{"service_name", LabelMatcher::Op::kEqual, "old"}}));
    });
    PushMany();
  }));
  EXPECT_EQ(deleted.get().value(), 1u);
}

TEST_F(StandstillTest, DocumentsAreWrittenBesideAQuery) {
  EXPECT_TRUE(BesideAQuery([&] {
    EXPECT_TRUE(store_->PutDocument({"t", "record", "shop", "1"}, "text").ok());
    EXPECT_TRUE(Push("new", kTestBaseNs + 11 * kHourNs).ok());
  }));
}

TEST_F(StandstillTest, AMergeThatIsLeftStopsWhereverItIs) {
  for (int hour = 1; hour < 5; ++hour) ASSERT_TRUE(Push("new", kTestBaseNs + hour * kHourNs).ok());
  Selection selection = SelectAll(kTestCpuType);
  std::atomic<int> asked = 0, left_at = INT_MAX;
  auto merge = [&] {
    asked = 0;
    selection.control = std::make_shared<QueryControl>(Clock::System(), QueryBounds{},
                                                       [&] { return ++asked >= left_at; });
    return store_->Merge(selection).status().code();
  };
  EXPECT_EQ(merge(), Code::kOk);
  const int times = asked;
  // Of each of the six partitions, before its values, its stacks and its sum; and at the end.
  EXPECT_GE(times, 3 * 6 + 1);
  for (left_at = 1; left_at <= times; ++left_at) EXPECT_EQ(merge(), Code::kCanceled) << left_at;
}

TEST_F(StandstillTest, StatisticsAndDeletesRunTogether) {
  std::atomic<bool> done = false;
  std::thread counter([&] {
    while (!done) {
      const Result<StoreStats> stats = store_->Stats();
      EXPECT_TRUE(stats.ok());
      for (const StoreStats::Service& row : stats->services) EXPECT_FALSE(row.service.empty());
    }
  });
  for (int i = 0; i < 20; ++i) {
    const std::string service = "come and gone " + std::to_string(i);
    EXPECT_TRUE(Push(service, kTestBaseNs).ok());
    EXPECT_EQ(store_->Delete(SelectAll({}, {{"service_name", LabelMatcher::Op::kEqual, service}}))
                  .value(),
              1u);
  }
  done = true;
  counter.join();
  EXPECT_EQ(store_->Stats()->services.size(), 2u);
}

}  // namespace
}  // namespace anneal
