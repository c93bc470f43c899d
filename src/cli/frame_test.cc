#include "cli/frame.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/exit_status.h"
#include "cli/testing/cli_harness.h"

namespace anneal {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Frame, WithoutArgumentsHelps) {
  CliHarness cli;
  EXPECT_EQ(cli.Run({}), kExitOk);
  EXPECT_THAT(cli.out, HasSubstr("Usage:\n  anneal <command>"));
  EXPECT_EQ(cli.err, "");
}

TEST(Frame, HelpIsTheSameByFlagAndByCommand) {
  CliHarness cli;
  ASSERT_EQ(cli.Run({"version", "--help"}), kExitOk);
  std::string by_flag = cli.out;
  ASSERT_EQ(cli.Run({"help", "version"}), kExitOk);
  EXPECT_EQ(cli.out, by_flag);
  EXPECT_THAT(by_flag, HasSubstr("anneal version [options]"));
}

TEST(Frame, UnknownWordsGetSuggestionsAndStatusTwo) {
  struct Row {
    std::vector<std::string> args;
    std::string err;
  };
  for (const Row& row : std::vector<Row>{
           {{"verson"}, "anneal: unknown command 'verson'; did you mean 'version'?"},
           {{"zzz"}, "anneal: unknown command 'zzz'\n"},
           {{"version", "--jsn"}, "anneal version: unknown flag '--jsn'; did you mean '--json'?"},
           {{"version", "--jsn=3"}, "unknown flag '--jsn'; did you mean '--json'?"},
           {{"version", "extra"}, "anneal version: unexpected argument 'extra'"},
           {{"--verison"}, "anneal: unknown flag '--verison'; did you mean '--version'?"},
           {{"help", "verson"}, "no command 'verson'; did you mean 'version'?"},
       }) {
    CliHarness cli;
    EXPECT_EQ(cli.Run(row.args), kExitUsage) << row.args[0];
    EXPECT_THAT(cli.err, HasSubstr(row.err));
    EXPECT_EQ(cli.out, "");
  }
}

TEST(Frame, UsageErrorShowsTheUsageLine) {
  CliHarness cli;
  cli.Run({"version", "--jsn"});
  EXPECT_THAT(cli.err, HasSubstr("usage: anneal version [options]\n"
                                 "Run 'anneal version --help' for help.\n"));
}

TEST(Frame, VersionByFlagAndByCommand) {
  CliHarness cli;
  EXPECT_EQ(cli.Run({"--version"}), kExitOk);
  std::string by_flag = cli.out;
  EXPECT_THAT(by_flag, testing::StartsWith("anneal "));
  EXPECT_EQ(cli.Run({"version"}), kExitOk);
  EXPECT_EQ(cli.out, by_flag);
  EXPECT_EQ(cli.Run({"version", "--json"}), kExitOk);
  EXPECT_THAT(cli.out, HasSubstr("\"version\""));
}

TEST(Frame, NoColorIsTakenAnywhere) {
  CliHarness cli;
  cli.color = true;
  EXPECT_EQ(cli.Run({"help", "version"}), kExitOk);
  EXPECT_THAT(cli.out, HasSubstr("\x1b["));
  EXPECT_EQ(cli.Run({"help", "version", "--no-color"}), kExitOk);
  EXPECT_THAT(cli.out, Not(HasSubstr("\x1b[")));
}

}  // namespace
}  // namespace anneal
