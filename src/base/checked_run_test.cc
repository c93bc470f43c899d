#include "base/checked_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace anneal {
namespace {

constexpr int64_t kSecondNs = 1'000'000'000;

TEST(RunCheckedTest, SaysWhyACommandDidNotSucceed) {
  struct Row {
    const char* line;
    int64_t timeout_ns;
    std::function<bool()> canceled;
    Code code;
    const char* message;
  };
  const auto yes = [] { return true; };
  int asked = 0;
  const auto later = [&asked] { return ++asked > 5; };
  const Row rows[] = {
      {"echo out; echo err >&2", 0, nullptr, Code::kOk, ""},
      {"exit 3", 0, nullptr, Code::kFailedPrecondition, "it: exit status 3"},
      {"echo out; echo err >&2; false", 0, nullptr, Code::kFailedPrecondition,
       "it: exit status 1: out\nerr"},
      {"kill -9 $$", 0, nullptr, Code::kFailedPrecondition, "it: killed by signal 9"},
      {"sleep 100", kSecondNs / 10, nullptr, Code::kFailedPrecondition,
       "it: did not end within 0.1 s"},
      {"sleep 100", 20 * kSecondNs, yes, Code::kCanceled, "interrupted"},
      // It closes what is read from it, and lives on.
      {"exec >/dev/null 2>&1; exec sleep 100", 20 * kSecondNs, later, Code::kCanceled,
       "interrupted"},
  };
  for (const Row& row : rows) {
    Command command = ShellCommand(row.line);
    command.canceled = row.canceled;
    Result<RunOutput> run = RunChecked(Process::System(), command, "it", row.timeout_ns);
    EXPECT_EQ(run.status().code(), row.code) << row.line;
    EXPECT_EQ(run.status().message(), row.message) << row.line;
  }
  Result<RunOutput> none = RunChecked(Process::System(), {.argv = {"/no/such"}}, "it", 0);
  EXPECT_EQ(none.status().code(), Code::kNotFound);
  EXPECT_THAT(none.status().message(), testing::StartsWith("it: "));
}

TEST(LastWordsTest, AreWholeLinesOfTheEnd) {
  EXPECT_EQ(LastWords(""), "");
  EXPECT_EQ(LastWords("one\ntwo\n\n"), "one\ntwo");
  std::string long_line(5000, 'x');
  EXPECT_EQ(LastWords(long_line + "\nthe error\n"), "the error");
  EXPECT_EQ(LastWords(long_line).size(), 2000u);
}

}  // namespace
}  // namespace anneal
