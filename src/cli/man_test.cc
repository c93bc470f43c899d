#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/exit_status.h"
#include "cli/testing/cli_harness.h"

namespace anneal {
namespace {

using testing::HasSubstr;

TEST(ManPage, GroffTakesItWithoutAWarning) {
  CliHarness cli;
  ASSERT_EQ(cli.Run({"man"}), kExitOk);
  Command groff{.argv = {"groff", "-man", "-ww", "-Tascii", "-P-cbou", "-rHY=0"}};
  groff.stdin_stream = Command::Stream::kPipe;
  groff.stderr_stream = Command::Stream::kPipe;
  Result<RunOutput> run = Process::System().Run(groff, cli.out, 60'000'000'000);
  ASSERT_TRUE(run.ok()) << run.status().ToString();
  EXPECT_TRUE(run->exit.ok());
  EXPECT_EQ(run->err, "");
  for (std::string_view text : {"anneal version", "EXIT STATUS", "PROFILECLI_TOKEN", "NO_COLOR",
                                "130", "source <(anneal completion bash)"}) {
    EXPECT_THAT(run->out, HasSubstr(text));
  }
}

TEST(ManPage, ListsEveryExitStatus) {
  CliHarness cli;
  ASSERT_EQ(cli.Run({"man"}), kExitOk);
  for (const ExitStatusRow& row : kExitStatuses) {
    EXPECT_THAT(cli.out, HasSubstr(fmt::format("\\fB{}\\fR\n", static_cast<int>(row.status))));
  }
}

}  // namespace
}  // namespace anneal
