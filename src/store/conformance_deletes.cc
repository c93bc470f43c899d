// Retention and deletes: what every Store must forget, and what it must not.
#include <gmock/gmock.h>

#include <atomic>
#include <limits>
#include <thread>

#include "store/conformance.h"
#include "store/conformance_profiles.h"

namespace anneal {
namespace {

using Op = LabelMatcher::Op;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr TimeRange kAllTime{0, std::numeric_limits<int64_t>::max()};

TEST_P(StoreConformance, RetentionForgetsWholeStretchesAndKeepsTheRest) {
  Writes writes;
  const int64_t epoch = GetParam().epoch_ns;
  const int64_t first = kTestBaseNs / epoch * epoch;
  for (uint32_t i = 0; i < 6; ++i) {
    // Series "old" ends with the first two stretches; "b" goes on.
    writes.Add(TestLabels(i < 2 ? "old" : "b", kTestCpuType), first + i * epoch, i,
               RandomProfile(100 + i));
  }
  ASSERT_TRUE(AppendAndWait(store(), "anonymous", writes.all()).ok());
  ASSERT_TRUE(RetainFrom(store(), first + 3 * epoch).ok());
  std::vector<const ProfileWrite*> kept = {&writes[3], &writes[4], &writes[5]};
  for (bool reopened : {false, true}) {
    if (reopened) Reopen();
    EXPECT_EQ(Bytes(store().Merge(SelectAll(kTestCpuType))), Reference(kept));
    EXPECT_THAT(store().Series("anonymous", {}, {{"service_name"}}, kAllTime).value(),
                ElementsAre(LabelSet{{"service_name", "b"}}));
    EXPECT_EQ(store().Bounds("anonymous")->start_ns, first + 3 * epoch);
    EXPECT_THAT(store().Stats()->services, SizeIs(1));
    ASSERT_TRUE(RetainFrom(store(), first + 3 * epoch).ok()) << "again, with nothing to do";
  }
  // What arrives late goes where it belongs and is there.
  ASSERT_TRUE(AppendAndWait(store(), "anonymous", writes.all().subspan(0, 2)).ok());
  kept = {&writes[0], &writes[1], &writes[3], &writes[4], &writes[5]};
  EXPECT_EQ(Bytes(store().Merge(SelectAll(kTestCpuType))), Reference(kept));
  ASSERT_TRUE(RetainFrom(store(), first + 100 * epoch).ok());
  EXPECT_THAT(store().Tenants(), IsEmpty());
  EXPECT_EQ(Total(store().Merge(SelectAll(kTestCpuType)).value()), 0);
}

TEST_P(StoreConformance, DeleteForgetsWhatIsSelectedAndNothingElse) {
  Writes writes;
  const int64_t step = GetParam().epoch_ns / 4;
  for (uint32_t i = 0; i < 48; ++i) {
    writes.Add(TestLabels(i % 2 == 0 ? "a" : "b", i % 4 < 2 ? kTestCpuType : kTestSamplesType,
                          {{"pod", std::to_string(i % 3)}}),
               kTestBaseNs + i / 4 * step, i, RandomProfile(i));
  }
  ASSERT_TRUE(AppendAndWait(store(), "anonymous", writes.all()).ok());
  ASSERT_TRUE(AppendAndWait(store(), "other", writes.all().first(4)).ok());
  std::vector<bool> deleted(writes.size());
  auto check = [&] {
    std::vector<bool> found(writes.size());
    ASSERT_TRUE(store()
                    .Scan(SelectAll({}),
                          [&](const StoredProfile& stored) {
                            found[stored.id[15]] = true;
                            return Status();
                          })
                    .ok());
    for (size_t i = 0; i < writes.size(); ++i) EXPECT_NE(found[i], deleted[i]) << i;
    std::vector<const ProfileWrite*> kept;
    for (size_t i = 0; i < writes.size(); ++i) {
      if (!deleted[i] && i % 4 < 2) kept.push_back(&writes[i]);
    }
    Result<Profile> merged = store().Merge(SelectAll(kTestCpuType));
    if (kept.empty()) {
      EXPECT_EQ(merged->SampleCount(), 0u);
    } else {
      EXPECT_EQ(Bytes(merged), Reference(kept));
    }
  };
  struct Row {
    Selection selection;
    std::function<bool(size_t i)> selects;
  };
  const int64_t t = kTestBaseNs;
  Row rows[] = {
      {SelectAll({}, {{"service_name", Op::kEqual, "none"}}), [](size_t) { return false; }},
      {SelectAll(kTestCpuType, {{"service_name", Op::kEqual, "a"}}),
       [](size_t i) { return i % 4 == 0 && i / 4 >= 2 && i / 4 <= 6; }},
      {SelectAll({}, {{"pod", Op::kEqual, "1"}}), [](size_t i) { return i % 3 == 1; }},
      {SelectAll({}, {{"service_name", Op::kEqual, "b"}}), [](size_t i) { return i % 2 == 1; }},
      {SelectAll({}), [](size_t) { return true; }},
  };
  rows[1].selection.range = {t + 2 * step, t + 6 * step};
  for (const Row& row : rows) {
    (void)store().Maintain();
    uint64_t expected = 0;
    for (size_t i = 0; i < writes.size(); ++i) {
      if (!deleted[i] && row.selects(i)) ++expected, deleted[i] = true;
    }
    EXPECT_EQ(store().Count(row.selection).value(), expected);
    Result<uint64_t> count = store().Delete(row.selection);
    ASSERT_TRUE(count.ok()) << count.status().ToString();
    EXPECT_EQ(*count, expected);
    check();
    Reopen();
    check();
    EXPECT_EQ(store().Delete(row.selection).value(), 0u);
  }
  EXPECT_THAT(store().Tenants(), ElementsAre("other"));
  Selection by_id = SelectAll({});
  by_id.profile_ids = {TestUuid(1)};
  EXPECT_EQ(store().Delete(by_id).status().code(), Code::kInvalidArgument);
  EXPECT_EQ(store().Count(by_id).status().code(), Code::kInvalidArgument);
  // The same again is as good as new.
  ASSERT_TRUE(AppendAndWait(store(), "anonymous", writes.all()).ok());
  deleted.assign(writes.size(), false);
  check();
}

TEST_P(StoreConformance, WhatIsDeletedIsNotListedAnyMore) {
  Writes writes;
  const int64_t step = GetParam().epoch_ns / 10;
  const int64_t first = kTestBaseNs / GetParam().epoch_ns * GetParam().epoch_ns;
  auto at = [&](int64_t i) { return first + i * step; };
  for (uint32_t i = 0; i < 9; ++i) {
    writes.Add(TestLabels("shop", kTestCpuType), at(i), i, RandomProfile(i));
  }
  ASSERT_TRUE(AppendAndWait(store(), "anonymous", writes.all()).ok());
  uint64_t left = writes.size();
  struct Row {
    int64_t from, to;        // are deleted
    int64_t oldest, newest;  // are left
  };
  for (const Row& row : {Row{0, 1, 2, 8}, Row{8, 8, 2, 7}, Row{4, 5, 2, 7}, Row{1, 3, 6, 7}}) {
    Selection selection = SelectAll({});
    selection.range = {at(row.from), at(row.to)};
    const uint64_t deleted = store().Delete(selection).value();
    EXPECT_GT(deleted, 0u) << row.from;
    left -= deleted;
    for (bool reopened : {false, true}) {
      if (reopened) Reopen();
      auto listed = [&](int64_t from_ns, int64_t to_ns) {
        const TimeRange range{from_ns, to_ns};
        const bool names = !store().LabelNames("anonymous", {}, range)->empty();
        EXPECT_EQ(!store().Series("anonymous", {}, {}, range)->empty(), names);
        return names;
      };
      EXPECT_FALSE(listed(at(row.from), at(row.to)));
      EXPECT_EQ(store().Count(SelectAll({})).value(), left) << row.from;
      EXPECT_FALSE(listed(0, at(row.oldest) - 1));
      EXPECT_FALSE(listed(at(row.newest) + 1, INT64_MAX));
      EXPECT_TRUE(listed(at(row.oldest), at(row.oldest)));
      EXPECT_TRUE(listed(at(row.newest), at(row.newest)));
      ASSERT_TRUE(store().Bounds("anonymous").has_value());
      EXPECT_EQ(store().Bounds("anonymous")->start_ns, at(row.oldest));
      EXPECT_EQ(store().Bounds("anonymous")->end_ns, at(row.newest));
    }
  }
}

TEST_P(StoreConformance, WritersReadersAndRetentionRunTogether) {
  constexpr int kWriters = 3, kEach = 60;
  std::atomic<int> acknowledged = 0, failed = 0;
  std::atomic<bool> done = false;
  std::vector<std::thread> threads;
  for (int w = 0; w < kWriters; ++w) {
    threads.emplace_back([&, w] {
      for (int i = 0; i < kEach; ++i) {
        Writes writes;
        writes.Add(TestLabels(i % 2 == 0 ? "shared" : "own" + std::to_string(w), kTestCpuType),
                   kTestBaseNs + i, static_cast<uint64_t>(w * kEach + i),
                   OneStack("f" + std::to_string(i % 17), 1));
        bool ok = AppendAndWait(store(), "anonymous", writes.all()).ok();
        (ok ? acknowledged : failed)++;
      }
    });
  }
  threads.emplace_back([&] {
    while (!done) {
      int before = acknowledged;
      Result<Profile> merged = store().Merge(SelectAll(kTestCpuType));
      if (!merged.ok() || Total(*merged) < before) ++failed;
      if (!store().Series("anonymous", {}, {}, kAllTime).ok()) ++failed;
      if (!RetainFrom(store(), kTestBaseNs - GetParam().epoch_ns).ok()) ++failed;
    }
  });
  for (size_t i = 0; i + 1 < threads.size(); ++i) threads[i].join();
  done = true;
  threads.back().join();
  EXPECT_EQ(failed, 0);
  EXPECT_EQ(acknowledged, kWriters * kEach);
  EXPECT_EQ(Total(store().Merge(SelectAll(kTestCpuType)).value()), kWriters * kEach);
  Reopen();
  EXPECT_EQ(Total(store().Merge(SelectAll(kTestCpuType)).value()), kWriters * kEach);
}

}  // namespace
}  // namespace anneal
