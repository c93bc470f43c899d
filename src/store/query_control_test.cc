#include "store/query_control.h"

#include <gtest/gtest.h>

#include <atomic>
#include <set>

#include "store/task_pool.h"

namespace anneal {
namespace {

TEST(QueryControl, NamesTheSettingThatWasReached) {
  FakeClock clock;
  bool left = false;
  QueryPool pool(100);
  QueryControl control(clock, {.time_ns = 5'000'000, .memory = &pool}, [&] { return left; });
  EXPECT_TRUE(control.Check().ok());
  clock.SleepNs(5'000'000);
  EXPECT_TRUE(control.Check().ok()) << "the limit itself is allowed";
  clock.SleepNs(1);
  EXPECT_EQ(control.Check().code(), Code::kDeadlineExceeded);
  EXPECT_NE(control.Check().message().find("limits.query_time"), std::string::npos);
  left = true;
  EXPECT_EQ(control.Check().code(), Code::kCanceled);

  EXPECT_TRUE(control.Take(100).ok());
  Status status = control.Take(1);
  EXPECT_EQ(status.code(), Code::kResourceExhausted);
  EXPECT_NE(status.message().find("limits.query_memory"), std::string::npos);
  EXPECT_EQ(control.taken(), 100u) << "what is refused is not taken";
  control.Give(60);
  {
    QueryMemory memory(&control);
    EXPECT_TRUE(memory.GrowTo(30).ok());
    EXPECT_TRUE(memory.GrowTo(60).ok());
    EXPECT_FALSE(memory.GrowTo(61).ok());
    EXPECT_EQ(control.taken(), 100u);
  }
  EXPECT_EQ(control.taken(), 40u);
}

TEST(QueryControl, QueriesShareTheirMemory) {
  FakeClock clock;
  QueryPool pool(100);
  QueryControl one(clock, {.memory = &pool}), other(clock, {.memory = &pool});
  EXPECT_TRUE(one.Take(60).ok());
  Status status = other.Take(41);
  EXPECT_EQ(status.code(), Code::kUnavailable) << "to come again helps";
  EXPECT_NE(status.message().find("limits.query_memory"), std::string::npos);
  EXPECT_EQ(other.Take(101).code(), Code::kResourceExhausted) << "to come again does not";
  EXPECT_TRUE(other.Take(40).ok());
  EXPECT_EQ(one.Take(1).code(), Code::kUnavailable);
  other.Give(40);
  EXPECT_TRUE(one.Take(30).ok());
  {
    QueryControl ended(clock, {.memory = &pool});
    EXPECT_TRUE(ended.Take(10).ok());
  }
  EXPECT_TRUE(other.Take(10).ok()) << "what an ended query held is free";
}

TEST(QueryControl, ZeroIsUnlimited) {
  FakeClock clock;
  QueryControl control(clock, {});
  clock.SleepNs(INT64_MAX / 4);
  EXPECT_TRUE(control.Check().ok());
  EXPECT_TRUE(control.Take(UINT64_MAX / 4).ok());
  QueryPool all(0);
  QueryControl pooled(clock, {.memory = &all});
  EXPECT_TRUE(pooled.Take(UINT64_MAX / 4).ok());
  EXPECT_TRUE(pooled.Take(UINT64_MAX / 4).ok());
  QueryMemory uncounted(nullptr);
  EXPECT_TRUE(uncounted.Take(UINT64_MAX).ok());
}

TEST(TaskPool, RunsEachTaskOnceAndNests) {
  for (size_t helpers : {size_t{0}, size_t{1}, size_t{3}}) {
    TaskPool pool(helpers);
    EXPECT_EQ(pool.width(), helpers + 1);
    for (size_t count : {0u, 1u, 2u, 100u}) {
      std::vector<std::atomic<int>> calls(count * 3);
      Status status = pool.Run(count, [&](size_t i) {
        return pool.Run(3, [&](size_t k) {
          ++calls[i * 3 + k];
          return Status();
        });
      });
      EXPECT_TRUE(status.ok());
      for (const std::atomic<int>& n : calls) EXPECT_EQ(n, 1);
    }
  }
}

TEST(TaskPool, StopsAtAnError) {
  for (size_t helpers : {size_t{0}, size_t{3}}) {
    TaskPool pool(helpers);
    std::atomic<size_t> begun = 0;
    Status status = pool.Run(10'000, [&](size_t) {
      ++begun;
      return Error(Code::kDataLoss, "bad");
    });
    EXPECT_EQ(status.code(), Code::kDataLoss);
    EXPECT_LE(begun, helpers + 1) << "none begins after one failed";
    EXPECT_TRUE(pool.Run(5, [](size_t) { return Status(); }).ok());
  }
}

TEST(TaskPool, ServesSeveralCallers) {
  TaskPool pool(2);
  std::atomic<int> sum = 0;
  std::vector<std::thread> callers;
  for (int t = 0; t < 4; ++t) {
    callers.emplace_back([&] {
      for (int round = 0; round < 50; ++round) {
        EXPECT_TRUE(pool.Run(7,
                             [&](size_t) {
                               ++sum;
                               return Status();
                             })
                        .ok());
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(sum, 4 * 50 * 7);
}

}  // namespace
}  // namespace anneal
