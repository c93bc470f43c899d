#include "collect/scrape_spool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "collect/scrape_target.h"

namespace anneal {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr int64_t kInterval = 15'000'000'000;
const Status kAway = Error(Code::kUnavailable, "away");

class DeliveryQueueTest : public testing::Test {
 protected:
  std::unique_ptr<DeliveryQueue> Queue() {
    return std::make_unique<DeliveryQueue>(sink_, spool_, clock_, metrics_, "http://h:1/p",
                                           Metrics::LabelSet{{"job", "j"}}, kInterval);
  }
  static ScrapedProfile Named(const std::string& name) { return {.pprof = name}; }
  std::string Lost(std::string_view reason, int count) {
    return fmt::format("anneal_scrape_lost_total{{job=\"j\",reason=\"{}\"}} {}", reason, count);
  }

  FakeClock clock_;
  Metrics metrics_;
  Status answer_;
  std::vector<std::string> sent_;
  ScrapeSink sink_ = [this](const ScrapedProfile& profile) {
    sent_.push_back(profile.pprof);
    return answer_;
  };
  // Room for a few of the names below.
  ScrapeSpool spool_{3 * static_cast<int64_t>(sizeof(ScrapedProfile) + 1)};
};

TEST_F(DeliveryQueueTest, WhatFailedIsSentAgainInOrder) {
  auto queue = Queue();
  answer_ = kAway;
  EXPECT_EQ(queue->Add(Named("a")).code(), Code::kUnavailable);
  EXPECT_EQ(queue->Add(Named("b")).code(), Code::kUnavailable);
  EXPECT_FALSE(queue->empty());
  EXPECT_THAT(metrics_.Render(), HasSubstr("anneal_scrape_waiting{job=\"j\"} 2"));
  answer_ = {};
  sent_.clear();
  clock_.SleepNs(kInterval);
  EXPECT_TRUE(queue->Add(Named("c")).ok());
  EXPECT_THAT(sent_, ElementsAre("a", "b", "c"));
  EXPECT_TRUE(queue->empty());
  EXPECT_EQ(spool_.lost(), 0);
}

TEST_F(DeliveryQueueTest, TriesBecomeRarerUpToFiveMinutes) {
  auto queue = Queue();
  answer_ = kAway;
  (void)queue->Add(Named("a"));
  std::vector<int> turns;  // of tries
  for (int turn = 1; turn <= 80; ++turn) {
    clock_.SleepNs(kInterval);
    const size_t before = sent_.size();
    EXPECT_EQ(queue->Deliver().message(), "away") << turn;
    if (sent_.size() > before) turns.push_back(turn);
  }
  EXPECT_THAT(turns, ElementsAre(1, 2, 4, 8, 16, 32, 52, 72));
  answer_ = {};
  clock_.SleepNs(20 * kInterval);
  EXPECT_TRUE(queue->Deliver().ok());
  answer_ = kAway;  // once it works the delays begin anew
  (void)queue->Add(Named("b"));
  const size_t before = sent_.size();
  (void)queue->Deliver();
  EXPECT_EQ(sent_.size(), before + 1);
}

TEST_F(DeliveryQueueTest, WhatIsRefusedForGoodIsDroppedAndCounted) {
  for (Code code : {Code::kInvalidArgument, Code::kOutOfRange}) {
    auto queue = Queue();
    answer_ = Error(code, "too large");
    EXPECT_EQ(queue->Add(Named("a")).code(), code);
    EXPECT_TRUE(queue->empty());
  }
  EXPECT_THAT(metrics_.Render(), HasSubstr(Lost("refused", 2)));
  // One of them does not keep back the others.
  auto queue = Queue();
  answer_ = kAway;
  (void)queue->Add(Named("a"));
  (void)queue->Add(Named("b"));
  clock_.SleepNs(kInterval);
  answer_ = Error(Code::kInvalidArgument, "too old");
  EXPECT_EQ(queue->Deliver().message(), "too old");
  EXPECT_TRUE(queue->empty());
  EXPECT_EQ(spool_.lost(), 4);
}

TEST_F(DeliveryQueueTest, TheOldestGoesWhenThereIsNoRoom) {
  auto queue = Queue();
  answer_ = kAway;
  for (const char* name : {"a", "b", "c", "d"}) (void)queue->Add(Named(name));
  EXPECT_EQ(spool_.lost(), 1);
  EXPECT_THAT(metrics_.Render(), HasSubstr(Lost("no_room", 1)));
  (void)queue->Add({.pprof = std::string(4096, 'x')});  // takes more than there is for all
  EXPECT_EQ(spool_.lost(), 5);
  EXPECT_TRUE(queue->empty());
  // Another target's share is not taken.
  auto other = Queue();
  for (const char* name : {"e", "f", "g"}) (void)queue->Add(Named(name));
  (void)other->Add(Named("h"));
  EXPECT_EQ(spool_.lost(), 6);
  EXPECT_TRUE(other->empty());
  EXPECT_FALSE(queue->empty());
}

TEST_F(DeliveryQueueTest, WhatWaitsAtTheEndIsCounted) {
  auto queue = Queue();
  answer_ = kAway;
  (void)queue->Add(Named("a"));
  (void)queue->Add(Named("b"));
  queue.reset();
  EXPECT_EQ(spool_.lost(), 2);
  EXPECT_THAT(metrics_.Render(), HasSubstr(Lost("stopped", 2)));
  EXPECT_THAT(metrics_.Render(), HasSubstr("anneal_scrape_waiting{job=\"j\"} 0"));
  EXPECT_TRUE(spool_.Take(3 * static_cast<int64_t>(sizeof(ScrapedProfile) + 1)));  // room again
}

}  // namespace
}  // namespace anneal
