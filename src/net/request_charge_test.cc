#include "net/request_charge.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <thread>

#include "base/metrics.h"

namespace anneal {
namespace {

class RequestChargeTest : public testing::Test {
 protected:
  static constexpr size_t kLimit = 800;  // small: up to 100

  // A request that holds its body.
  std::unique_ptr<RequestCharge> Request(size_t body_bytes) {
    EXPECT_TRUE(budget_.Charge(body_bytes));
    return std::make_unique<RequestCharge>(budget_, body_bytes);
  }
  double Held() { return all_metrics_.GetGauge("anneal_http_inflight_bytes", "").Value(); }

  Metrics all_metrics_;
  ServerMetrics metrics_{&all_metrics_};
  InflightBudget budget_{kLimit, metrics_, nullptr};
};

TEST_F(RequestChargeTest, HoldsAndGivesBack) {
  auto request = Request(10);
  EXPECT_TRUE(request->Claim(40).ok());
  EXPECT_TRUE(request->Claim(700).ok()) << "large, and alone";
  EXPECT_EQ(Held(), 750);
  const Status beyond = request->Claim(51);
  EXPECT_EQ(beyond.code(), Code::kResourceExhausted);
  EXPECT_NE(beyond.message().find("takes more than 800 bytes"), std::string::npos);
  request->Release(300);
  EXPECT_EQ(Held(), 450);
  EXPECT_TRUE(request->Claim(350).ok());
  request->Release(10'000);
  EXPECT_EQ(Held(), 0) << "at most what is held";
  EXPECT_TRUE(request->Claim(20).ok());
  request->End();
  EXPECT_EQ(Held(), 0);
  EXPECT_TRUE(request->Claim(20).ok()) << "answered: nothing is held any more";
  EXPECT_EQ(Held(), 0);
}

TEST_F(RequestChargeTest, ATurnEndsWithWhatWasLarge) {
  auto first = Request(10);
  ASSERT_TRUE(first->Claim(500).ok());
  first->Release(450);
  auto second = Request(10);
  EXPECT_TRUE(second->Claim(600).ok()) << "without waiting: the first one holds 60";
}

TEST_F(RequestChargeTest, WhoWaitsTakesNoWorker) {
  WorkerPool workers(1);
  InflightBudget budget(kLimit, metrics_, &workers);
  ASSERT_TRUE(budget.TakeTurn());
  std::atomic<int> granted{0};
  for (int i = 0; i < 5; ++i) {
    workers.Run([&] {
      if (!budget.TakeTurn()) return;
      ++granted;
      budget.EndTurn();
    });
  }
  // Behind those that wait, in the only worker: it ends the turn that they wait for.
  workers.Run([&] { budget.EndTurn(); });
  std::promise<void> done;
  workers.Run([&] { done.set_value(); });
  done.get_future().wait();
  workers.Stop();
  EXPECT_EQ(granted, 5);
}

TEST_F(RequestChargeTest, AnswersGetHalf) {
  Charged slow(budget_), slower(budget_), alone(budget_);
  EXPECT_TRUE(slow.CoverAnswer(300));
  EXPECT_FALSE(slower.CoverAnswer(101));
  EXPECT_TRUE(slower.CoverAnswer(100));
  EXPECT_TRUE(budget_.Charge(400)) << "the other half is for requests";
  budget_.Release(400);
  slow.Clear();
  slower.Clear();
  EXPECT_EQ(Held(), 0);
  EXPECT_TRUE(alone.CoverAnswer(500)) << "one alone always has room";
}

TEST_F(RequestChargeTest, SmallOnesDoNotWait) {
  auto large = Request(10);
  ASSERT_TRUE(large->Claim(740).ok());
  auto small = Request(10);
  EXPECT_TRUE(small->Claim(40).ok());
  EXPECT_EQ(small->Claim(1).code(), Code::kUnavailable);
  large.reset();
  EXPECT_TRUE(small->Claim(50).ok());
}

TEST_F(RequestChargeTest, LargeOnesTakeTurns) {
  auto first = Request(10);
  ASSERT_TRUE(first->Claim(700).ok());
  auto second = Request(10);
  Status claimed;
  std::thread waits([&] { claimed = second->Claim(700); });
  first.reset();
  waits.join();
  EXPECT_TRUE(claimed.ok()) << claimed.ToString();
  EXPECT_EQ(Held(), 710);
  EXPECT_TRUE(second->Claim(50).ok()) << "its turn lasts";
}

// Requests whose tokens are to be checked are handled by a pool of their own, and wait there.
TEST(WorkerPool, WhoWaitsElsewhereHoldsUpNoJob) {
  WorkerPool pool(1);
  pool.BeginWait();
  std::promise<void> ran;
  pool.Run([&] { ran.set_value(); });
  EXPECT_EQ(ran.get_future().wait_for(std::chrono::minutes(1)), std::future_status::ready);
  pool.EndWait();
}

TEST_F(RequestChargeTest, ALargeOneWaitsForSmallOnes) {
  auto small = Request(100);
  auto large = Request(10);
  Status claimed;
  std::thread waits([&] { claimed = large->Claim(750); });
  small.reset();
  waits.join();
  EXPECT_TRUE(claimed.ok()) << claimed.ToString();
}

// What those hold who wait for their turn may be what the one whose turn it is needs.
TEST_F(RequestChargeTest, WhoWaitsMakesRoom) {
  auto first = Request(10);
  ASSERT_TRUE(first->Claim(390).ok());
  auto second = Request(200);
  Status second_claimed;
  std::thread waits([&] {
    second_claimed = second->Claim(300);
    second.reset();
  });
  const Status first_claimed = first->Claim(300);
  waits.join();
  EXPECT_TRUE(first_claimed.ok()) << first_claimed.ToString();
  EXPECT_EQ(second_claimed.code(), Code::kUnavailable);
}

}  // namespace
}  // namespace anneal
