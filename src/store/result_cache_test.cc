#include "store/result_cache.h"

#include <gmock/gmock.h>

#include "profile/merge.h"
#include "profile/pprof.h"
#include "store/engine.h"
#include "store/profiles_for_test.h"
#include "store/temp_dir_for_test.h"

namespace anneal {
namespace {

constexpr int64_t kHourNs = 3600 * kTestSecondNs;

TEST(LastingPart, IsAWholeClosedWindowOrItsWholeHours) {
  struct Row {
    TimeRange range;
    std::optional<TimeRange> expected;
  };
  const int64_t closed = 100 * kHourNs + 5;
  for (const Row& row : {
           Row{{3, closed - 1}, TimeRange{3, closed - 1}},
           Row{{3, closed}, TimeRange{kHourNs, 100 * kHourNs - 1}},
           Row{{0, INT64_MAX}, TimeRange{0, 100 * kHourNs - 1}},
           Row{{94 * kHourNs, closed}, TimeRange{94 * kHourNs, 100 * kHourNs - 1}},
           Row{{94 * kHourNs + 1, closed}, std::nullopt},
           Row{{INT64_MAX - 1, INT64_MAX}, std::nullopt},
       }) {
    std::optional<TimeRange> part = LastingPart(row.range, closed);
    ASSERT_EQ(part.has_value(), row.expected.has_value()) << row.range.start_ns;
    if (!part.has_value()) continue;
    EXPECT_EQ(part->start_ns, row.expected->start_ns);
    EXPECT_EQ(part->end_ns, row.expected->end_ns);
  }
}

Selection Window(int64_t start_ns, int64_t end_ns) {
  Selection selection = SelectAll(kTestCpuType);
  selection.range = {start_ns, end_ns};
  return selection;
}

std::shared_ptr<const Merged> Answer(size_t bytes) {
  Profile profile;
  profile.strings.Append(std::string(bytes, 'x'));
  return std::make_shared<const Merged>(std::move(profile));
}

TEST(ResultCache, KeepsUntilSomethingInTheWindowChanges) {
  ResultCache cache(1 << 20, nullptr);
  const auto first = Answer(10), second = Answer(20);
  ResultCache::Making(cache, Window(0, 99)).Keep(first);
  ResultCache::Making(cache, Window(100, 199)).Keep(second);
  EXPECT_EQ(cache.Find(Window(0, 99)), first);
  EXPECT_EQ(cache.Find(Window(0, 98)), nullptr);
  cache.Forget("anonymous", {200, 300});
  cache.Forget("another", {0, 300});
  EXPECT_EQ(cache.Find(Window(100, 199)), second);
  cache.Forget("anonymous", {150, 300});
  EXPECT_EQ(cache.Find(Window(100, 199)), nullptr);
  EXPECT_EQ(cache.Find(Window(0, 99)), first);
  cache.Clear();
  EXPECT_EQ(cache.Find(Window(0, 99)), nullptr);
  EXPECT_EQ(cache.bytes(), 0u);
}

TEST(ResultCache, TellsSelectionsApart) {
  ResultCache cache(1 << 20, nullptr);
  Selection one = Window(0, 99), other = one;
  one.matchers = {{"a", LabelMatcher::Op::kEqual, "1"}, {"b", LabelMatcher::Op::kMatch, "2"}};
  ResultCache::Making(cache, one).Keep(Answer(1));
  EXPECT_EQ(cache.Find(other), nullptr);
  other.matchers = {one.matchers[1], one.matchers[0]};
  EXPECT_NE(cache.Find(other), nullptr) << "the order of matchers does not matter";
  other.matchers[0].op = LabelMatcher::Op::kNotMatch;
  EXPECT_EQ(cache.Find(other), nullptr);
  other = one;
  other.tenant = "another";
  EXPECT_EQ(cache.Find(other), nullptr);
  other = one;
  other.span_ids = {1};
  EXPECT_FALSE(cache.Takes(other));
}

TEST(ResultCache, WhatIsBeingMadeIsSpoiltToo) {
  ResultCache cache(1 << 20, nullptr);
  ResultCache::Making late(cache, Window(0, 99)), untouched(cache, Window(100, 199));
  cache.Forget("anonymous", {50, 50});
  late.Keep(Answer(1));
  untouched.Keep(Answer(1));
  EXPECT_EQ(cache.Find(Window(0, 99)), nullptr);
  EXPECT_NE(cache.Find(Window(100, 199)), nullptr);
}

TEST(ResultCache, TheLeastRecentlyUsedGoFirst) {
  ResultCache cache(10'000, nullptr);
  for (int64_t i = 0; i < 3; ++i) {
    ResultCache::Making(cache, Window(i, i)).Keep(Answer(2'500));
  }
  EXPECT_NE(cache.Find(Window(0, 0)), nullptr);
  ResultCache::Making(cache, Window(3, 3)).Keep(Answer(2'500));
  EXPECT_NE(cache.Find(Window(0, 0)), nullptr);
  EXPECT_EQ(cache.Find(Window(1, 1)), nullptr);
  EXPECT_LE(cache.bytes(), 10'000u);
  ResultCache::Making(cache, Window(4, 4)).Keep(Answer(6'000));
  EXPECT_EQ(cache.Find(Window(4, 4)), nullptr) << "one answer does not drive out all others";
}

// The engine's answers, kept or not, are those of a store that keeps none.
class KeptAnswersTest : public testing::Test {
 protected:
  KeptAnswersTest() {
    EmbeddedOptions options;
    options.directory = dir_.path();
    options.clock = &clock_;
    options.metrics = &metrics_;
    store_ = EmbeddedStore::Open(options, nullptr).value();
  }
  void Push(uint32_t n, int64_t time_ns) {
    Profile profile = RandomProfile(n);
    ProfileWrite write;
    write.labels = TestLabels("a", kTestCpuType);
    write.id = TestUuid(n);
    write.time_ns = time_ns;
    write.profile = &profile;
    write.sample_type = 1;
    ASSERT_TRUE(AppendAndWait(*store_, "anonymous", {&write, 1}).ok());
    columns_.emplace_back(time_ns, StoredColumn(write));
  }
  void Check(TimeRange range) {
    std::vector<Profile> columns;
    for (const auto& [time_ns, column] : columns_) {
      if (time_ns >= range.start_ns && time_ns <= range.end_ns) columns.push_back(column);
    }
    Profile merged = store_->Merge(Window(range.start_ns, range.end_ns)).value();
    if (columns.empty()) {
      EXPECT_EQ(merged.SampleCount(), 0u);
    } else {
      EXPECT_TRUE(EncodePprof(merged) == EncodePprof(*MergeProfiles(columns)));
    }
  }
  double Hits() { return metrics_.GetCounter("anneal_store_result_cache_hits_total", "").Value(); }

  TempDir dir_;
  FakeClock clock_{kTestBaseNs + 48 * kHourNs};
  Metrics metrics_;
  std::vector<std::pair<int64_t, Profile>> columns_;
  std::unique_ptr<EmbeddedStore> store_;
};

TEST_F(KeptAnswersTest, FollowWhatComesLateAndWhatIsDeleted) {
  const int64_t now = kTestBaseNs + 48 * kHourNs;
  const TimeRange closed{kTestBaseNs, kTestBaseNs + 10 * kHourNs}, open{kTestBaseNs + 7, now + 99};
  uint32_t n = 1;
  for (int64_t hour = 0; hour <= 48; hour += 3) Push(n++, kTestBaseNs + hour * kHourNs);
  for (TimeRange range : {closed, open, closed, open, closed, open}) Check(range);
  EXPECT_EQ(Hits(), 4);
  Push(n++, kTestBaseNs + 5 * kHourNs);  // late
  Push(n++, now);
  for (TimeRange range : {closed, open, closed, open}) Check(range);
  EXPECT_EQ(Hits(), 6);
  Push(n++, now + 1);  // within the open window's edge
  Check(open);
  EXPECT_EQ(Hits(), 7);
  ASSERT_EQ(store_->Delete(Window(kTestBaseNs + kHourNs, kTestBaseNs + 4 * kHourNs)).value(), 1u);
  std::erase_if(columns_, [](const auto& c) { return c.first == kTestBaseNs + 3 * kHourNs; });
  for (TimeRange range : {closed, open}) Check(range);
  Check({kTestBaseNs + kHourNs, kTestBaseNs + kHourNs + 1});  // nothing there
  Check({kTestBaseNs + kHourNs, kTestBaseNs + kHourNs + 1});
  EXPECT_EQ(Hits(), 8);
}

}  // namespace
}  // namespace anneal
