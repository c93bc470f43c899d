// `anneal verify` as scripts see it: exit statuses, files, messages. What it measures is tested
// beside the module.
#include <gtest/gtest.h>

#include "cli/exit_status.h"
#include "cli/testing/cli_harness.h"
#include "cli/testing/recorded_verdict.h"
#include "verify/verdict_json.h"

namespace anneal {
namespace {

struct ExitCase {
  const char* name;
  int64_t candidate_percent;
  int64_t control_percent;
  VerifyLimits limits;
  int status;
  const char* says;
  size_t blocks = 40;
};

class VerifyExitTest : public testing::TestWithParam<ExitCase> {};

TEST_P(VerifyExitTest, FollowsTheRuling) {
  const ExitCase& c = GetParam();
  CliHarness cli;
  Verdict verdict = RecordedVerdict(c.candidate_percent, c.control_percent);
  verdict.run.limits = c.limits;
  verdict.run.sessions[0].blocks.resize(c.blocks);
  std::string path = cli.Path("verdict.json");
  ASSERT_TRUE(Fs::System().WriteFileAtomic(path, EncodeVerdict(verdict)).ok());
  EXPECT_EQ(cli.Run({"verify", "--from", path}), c.status) << cli.out << cli.err;
  EXPECT_THAT(cli.out, testing::HasSubstr(c.says));
}

INSTANTIATE_TEST_SUITE_P(
    Rulings, VerifyExitTest,
    testing::Values(
        ExitCase{"Gain", 90, 100, {}, kExitOk, "% less CPU per run"},
        ExitCase{
            "GainAsDemanded", 90, 100, {0.05, true, 0.005}, kExitOk, "ruling                pass"},
        ExitCase{"GainTooSmall", 97, 100, {0.05, true, 0.005}, kExitNoGain, "no-gain"},
        ExitCase{"NoDifferenceDemanded",
                 100,
                 100,
                 {0, true, 0.005},
                 kExitNoGain,
                 "No measurable difference"},
        ExitCase{"NoDifference", 100, 100, {}, kExitOk, "No measurable difference"},
        ExitCase{"Regression", 110, 100, {}, kExitRegression, "% more CPU per run"},
        ExitCase{"RegressionWithinLimits", 110, 100, {0, false, 0.2}, kExitOk, "regression of 20"},
        ExitCase{"RegressionBeforeNoGain", 110, 100, {0.01, true, 0.005}, kExitRegression, "more"},
        ExitCase{"Invalid", 90, 105, {}, kExitFailed, "too noisy"},
        ExitCase{"TooFewBlocks", 200, 100, {}, kExitFailed, "Inconclusive: 5 blocks", 5}),
    [](const auto& param_info) { return param_info.param.name; });

class VerifyCommandTest : public testing::Test {
 protected:
  std::string Burner(const std::string& arguments) {
    return std::string(ANNEAL_BINARY_DIR) + "/tests/anneal_burner " + arguments;
  }
  CliHarness cli_;
};

TEST_F(VerifyCommandTest, MeasuresWritesAndAnalysesAgainToTheSameBytes) {
  std::string json = cli_.Path("verdict.json"), again = cli_.Path("again.json");
  std::string svg = cli_.Path("ab.svg"), html = cli_.Path("ab.html");
  int status = kExitFailed;
  // By chance alone, one control in twenty says that the machine is too noisy.
  for (int seed = 1; seed <= 4 && status == kExitFailed; ++seed) {
    status =
        cli_.Run({"verify", "--mode", "stdin", "--baseline", Burner("stdin 500"), "--candidate",
                  Burner("stdin 800"), "--rounds", "36", "--starts", "6", "--burst", "5ms",
                  "--seed", std::to_string(seed), "--json", json, "--plot", svg});
  }
  EXPECT_EQ(status, kExitRegression) << cli_.out << cli_.err;
  EXPECT_EQ(cli_.Run({"verify", "--from", json, "--json", again, "--plot", html}), kExitRegression);
  EXPECT_EQ(*Fs::System().ReadFile(json), *Fs::System().ReadFile(again));
  EXPECT_THAT(*Fs::System().ReadFile(svg), testing::StartsWith("<svg"));
  EXPECT_THAT(*Fs::System().ReadFile(html), testing::StartsWith("<!doctype html>"));
  EXPECT_EQ(cli_.Run({"verify", "--from", json, "--json", "-"}), kExitRegression);
  EXPECT_EQ(cli_.out, *Fs::System().ReadFile(json));
}

TEST_F(VerifyCommandTest, PublishingNamesItsOwnFlag) {
  std::string json = cli_.Path("verdict.json");
  ASSERT_TRUE(Fs::System().WriteFileAtomic(json, EncodeVerdict(RecordedVerdict(90))).ok());
  EXPECT_EQ(cli_.Run({"verify", "--from", json, "--publish", "http://127.0.0.1:1", "--service", "s",
                      "--publish-token-file", "/no/such/token"}),
            kExitFailed);
  EXPECT_THAT(cli_.err, testing::HasSubstr(": --publish-token-file: "));
}

struct UsageCase {
  std::vector<std::string> args;
  int status;
  const char* says;
};

TEST_F(VerifyCommandTest, ErrorsNameTheOptionOrTheArm) {
  const std::vector<UsageCase> cases = {
      {{}, kExitUsage, "--baseline and --candidate are needed"},
      {{"--baseline", "a", "--candidate", "b", "--time", "5"}, kExitUsage, "--time"},
      {{"--baseline", "a", "--candidate", "b", "--min-gain", "1"}, kExitUsage, "--min-gain"},
      {{"--baseline", "a", "--candidate", "b", "--plot", "x.png"}, kExitUsage, ".svg or .html"},
      {{"--baseline", "a", "--candidate", "b", "--mode", "magic"}, kExitUsage, "--mode"},
      {{"--baseline", "/no/such", "--candidate", "/bin/true"}, kExitFailed, "baseline (/no/such)"},
      {{"--baseline", "/bin/true", "--candidate", "/no/such"}, kExitFailed, "candidate (/no/such)"},
      {{"--baseline", "/bin/true", "--candidate", "/bin/false", "--rounds", "6"},
       kExitFailed,
       "candidate (/bin/false): exit status 1"},
      {{"--baseline", "/bin/true", "--candidate", "/bin/true", "--rounds", "5"},
       kExitUsage,
       "6 are needed"},
      {{"--baseline", "sleep 100", "--candidate", "true", "--timeout", "100ms"},
       kExitFailed,
       "baseline (sleep 100): did not end within 0.1 s"},
      {{"--baseline", "true", "--candidate", "true", "--timeout", "0s"}, kExitUsage, "timeout"},
      {{"--from", "x.json", "--max-regression", "5%"}, kExitUsage, "--max-regression"},
      {{"--from", "x.json", "--min-gain", "5%"}, kExitUsage, "--min-gain"},
      {{"--from", "x.json", "--seed", "1"}, kExitUsage, "--seed"},
      {{"--from", "x.json", "--baseline", "true"}, kExitUsage, "--baseline"},
      {{"--from", "x.json", "--no-pin"}, kExitUsage, "--no-pin"},
      {{"--baseline", "true", "--candidate", "true", "--seed", "-1"}, kExitUsage, "--seed"},
      {{"--baseline", "true", "--candidate", "true", "--mode", "gobench", "--benchtime", "1s",
        "--build", "false", "--work-dir", cli_.Path("work")},
       kExitUsage,
       "benchtime \"1s\""},
      {{"--from", "/no/such.json"}, kExitFailed, "/no/such.json"},
  };
  for (const UsageCase& c : cases) {
    std::vector<std::string> args = {"verify"};
    args.insert(args.end(), c.args.begin(), c.args.end());
    EXPECT_EQ(cli_.Run(args), c.status) << c.says << "\n" << cli_.err;
    EXPECT_THAT(cli_.err, testing::HasSubstr(c.says));
  }
}

}  // namespace
}  // namespace anneal
