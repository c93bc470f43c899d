#include "cli/interrupt.h"

#include <gtest/gtest.h>
#include <signal.h>

#include "cli/exit_status.h"

namespace anneal {
namespace {

TEST(InterruptScope, FirstSignalSetsTheFlagAndWakes) {
  InterruptScope scope;
  EXPECT_FALSE(scope.Requested());
  EXPECT_FALSE(scope.WaitFor(1'000'000));
  ::raise(SIGINT);
  EXPECT_TRUE(scope.Requested());
  EXPECT_TRUE(scope.WaitFor(3'600'000'000'000));  // at once
}

TEST(InterruptScope, HangupsWakeAndAreTakenOnce) {
  InterruptScope scope;
  scope.CatchHangups();
  EXPECT_FALSE(scope.TakeHangup());
  for (int i = 0; i < 3; ++i) {
    ::raise(SIGHUP);
    ::raise(SIGHUP);
    EXPECT_FALSE(scope.WaitFor(3'600'000'000'000)) << "wakes, and is no interrupt";
    EXPECT_TRUE(scope.TakeHangup());
    EXPECT_FALSE(scope.TakeHangup());
  }
  ::raise(SIGHUP);
  ::raise(SIGTERM);
  EXPECT_TRUE(scope.TakeHangup());
  EXPECT_TRUE(scope.WaitFor(3'600'000'000'000));
}

TEST(InterruptScope, ANewScopeStartsAfresh) {
  {
    InterruptScope scope;
    ::raise(SIGTERM);
    EXPECT_TRUE(scope.Requested());
  }
  InterruptScope scope;
  EXPECT_FALSE(scope.Requested());
}

TEST(InterruptScopeDeathTest, SecondSignalEndsTheProcess) {
  EXPECT_EXIT(
      {
        InterruptScope scope;
        ::raise(SIGINT);
        ::raise(SIGINT);
      },
      testing::ExitedWithCode(kExitInterrupted), "");
}

TEST(InterruptScopeDeathTest, WithoutAScopeTheSignalEndsTheProcess) {
  EXPECT_EXIT(
      {
        {
          InterruptScope scope;
        }
        ::raise(SIGINT);
      },
      testing::KilledBySignal(SIGINT), "");
}

}  // namespace
}  // namespace anneal
