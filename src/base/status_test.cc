#include "base/status.h"

#include <gtest/gtest.h>

namespace anneal {
namespace {

Result<int> Half(int n) {
  if (n % 2 != 0) return InvalidArgument("{} is odd", n);
  return n / 2;
}

Result<int> Quarter(int n) {
  ASSIGN_OR_RETURN(int half, Half(n));
  ASSIGN_OR_RETURN(int quarter, Half(half));
  return quarter;
}

Status CheckEven(int n) {
  TRY(Half(n).status());
  return Status();
}

TEST(StatusTest, OkIsEmptyAndErrorsCarryCodeAndMessage) {
  EXPECT_TRUE(Status().ok());
  EXPECT_EQ(Status().ToString(), "ok");
  Status status = Error(Code::kNotFound, "no {}", "profile");
  EXPECT_FALSE(status.ok());
  EXPECT_EQ(status.ToString(), "not_found: no profile");
  EXPECT_EQ(status.Annotate("a.pprof").message(), "a.pprof: no profile");
  EXPECT_TRUE(Status().Annotate("x").ok());
}

TEST(StatusTest, MacrosPropagate) {
  EXPECT_EQ(*Quarter(8), 2);
  EXPECT_EQ(Quarter(6).status().message(), "3 is odd");
  EXPECT_TRUE(CheckEven(2).ok());
  EXPECT_EQ(CheckEven(5).code(), Code::kInvalidArgument);
}

TEST(StatusTest, EveryCodeHasItsConnectName) {
  EXPECT_EQ(CodeName(Code::kCanceled), "canceled");
  EXPECT_EQ(CodeName(Code::kUnauthenticated), "unauthenticated");
  EXPECT_EQ(static_cast<int>(Code::kUnauthenticated), 16);
}

}  // namespace
}  // namespace anneal
