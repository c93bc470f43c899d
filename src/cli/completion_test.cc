#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/exit_status.h"
#include "cli/testing/cli_harness.h"

namespace anneal {
namespace {

using testing::HasSubstr;

std::string Script(const std::string& shell) {
  CliHarness cli;
  EXPECT_EQ(cli.Run({"completion", shell}), kExitOk) << cli.err;
  return cli.out;
}

// What bash, given the script, offers for the last of `words`; one a line.
std::string Offered(const std::string& words) {
  std::string driver = Script("bash") + "\nCOMP_WORDS=(" + words +
                       ")\nCOMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n_anneal\n"
                       "printf '%s\\n' \"${COMPREPLY[@]}\"\n";
  Command bash{.argv = {"bash", "--norc", "-s"}};
  bash.stdin_stream = Command::Stream::kPipe;
  bash.cwd = ANNEAL_SOURCE_DIR;
  Result<RunOutput> run = Process::System().Run(bash, driver, 20'000'000'000);
  EXPECT_TRUE(run.ok()) << run.status().ToString();
  return run.ok() ? run->out : "";
}

TEST(Completion, BashParses) {
  Command bash{.argv = {"bash", "-n"}};
  bash.stdin_stream = Command::Stream::kPipe;
  bash.stderr_stream = Command::Stream::kPipe;
  Result<RunOutput> run = Process::System().Run(bash, Script("bash"), 20'000'000'000);
  ASSERT_TRUE(run.ok());
  EXPECT_TRUE(run->exit.ok()) << run->err;
  EXPECT_EQ(run->err, "");
}

TEST(Completion, BashOffersCommandsFlagsAndFiles) {
  EXPECT_EQ(Offered("anneal vers"), "version\n");
  EXPECT_EQ(Offered("anneal version --js"), "--json\n");
  EXPECT_EQ(Offered("anneal help complet"), "completion\n");
  EXPECT_EQ(Offered("anneal version READM"), "README.md\n");
  EXPECT_EQ(Offered("anneal version --nothing"), "\n");
}

TEST(Completion, ZshAndFishNameEveryCommand) {
  std::string zsh = Script("zsh");
  EXPECT_THAT(zsh, testing::StartsWith("#compdef anneal\n"));
  EXPECT_THAT(zsh, HasSubstr("'version:Print the version and how this binary was built'"));
  EXPECT_THAT(Script("fish"), HasSubstr("test \"$(__anneal_at)\" = \"anneal version\"' -l json"));
}

TEST(Completion, OtherShellsAreAnErrorOfUsage) {
  CliHarness cli;
  EXPECT_EQ(cli.Run({"completion", "tcsh"}), kExitUsage);
  EXPECT_THAT(cli.err, HasSubstr("tcsh"));
  EXPECT_EQ(cli.Run({"completion"}), kExitUsage);
  EXPECT_THAT(cli.err, HasSubstr("SHELL is required"));
}

}  // namespace
}  // namespace anneal
