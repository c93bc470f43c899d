#include "cli/loop_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iostream>
#include <nlohmann/json.hpp>

#include "cli/exit_status.h"
#include "cli/loop_verdict.h"

namespace anneal {
namespace {

using testing::HasSubstr;
using testing::Not;

class LoopReportTest : public testing::Test {
 protected:
  LoopReportTest() {
    config_.service = "markdown";
    config_.directory = "app";
    config_.work_dir = "app/.anneal";
    config_.artefact = "app/default.pgo";
    config_.build = "go build -pgo={pgo} -o {out} .";
    config_.run = "{binary}";
  }

  static LoopTurn Turn(int number) {
    LoopTurn turn;
    turn.number = number;
    turn.candidate_pgo = "/w/turn1.pgo";
    turn.pgo_setting = "/w/turn1.pgo";
    turn.artefact_bytes = 4096;
    turn.profile_bytes = 400'000;
    turn.profiling = {
        .rounds = 3, .load = {.requests = 1234567}, .cpu_seconds = 41.5, .other_load_cpus = 0.26};
    turn.report.samples = 4150;
    turn.report.hot.count = 321;
    turn.decisions.gained = {Decision{.kind = DecisionKind::kInlined,
                                      .package = "p",
                                      .position = "./a.go:1:2",
                                      .callee = "p.F\xff",
                                      .caller = "p.G"}};
    turn.decisions_after.decisions = turn.decisions.gained;
    turn.decisions_after.packages = 3;
    turn.verdict.run.unit = "request";
    turn.verdict.analysis.outcome = Outcome::kGain;
    turn.verdict.analysis.ruling = Ruling::kPass;
    turn.verdict.analysis.sentence = "the candidate uses less CPU";
    turn.verdict.analysis.candidate = {.ratio = 0.969, .low = 0.958, .high = 0.981};
    turn.kept = true;
    turn.reason = "kept: because";
    return turn;
  }

  LoopConfig config_;
  std::unique_ptr<Http> http_ = Http::Create();
  CliContext context_{.fs = Fs::System(),
                      .clock = Clock::System(),
                      .http = *http_,
                      .process = Process::System(),
                      .in = std::cin,
                      .out = std::cout,
                      .err = std::cerr,
                      .env = {}};
  InterruptScope interrupt_;
  LoopRun run_{.config = config_, .context = context_, .interrupt = interrupt_};
};

TEST_F(LoopReportTest, TextTellsTheVerdictFirstAndTheNextStepLast) {
  std::string text = LoopReportText(run_, {Turn(1)});
  EXPECT_LT(text.find("the candidate uses less CPU"), text.find("4,150 samples"));
  EXPECT_THAT(text, HasSubstr("CPU saved per request: 3.10 % [1.90 %, 4.20 %]"));
  EXPECT_THAT(text, HasSubstr("1,234,567 requests"));
  EXPECT_THAT(text, HasSubstr("other programs kept 0.3 processors busy"));
  EXPECT_THAT(text, HasSubstr("against -pgo=off: 1 decisions gained, 0 lost"));
  EXPECT_THAT(text, HasSubstr("go build -pgo=app/default.pgo -o BINARY ."));
  EXPECT_THAT(text, Not(HasSubstr("turn  ")));  // the table is for several turns
}

TEST_F(LoopReportTest, SeveralTurnsMakeATable) {
  LoopTurn second = Turn(2);
  second.kept = false;
  second.hot_overlap = HotOverlap{.both = 9, .either = 10, .weight_share = 0.93};
  std::string text = LoopReportText(run_, {Turn(1), second});
  EXPECT_THAT(text, HasSubstr("turn"));
  EXPECT_THAT(text, HasSubstr("93 %"));
  EXPECT_THAT(text, HasSubstr("dropped"));
  EXPECT_THAT(text, Not(HasSubstr("Next:")));
}

TEST_F(LoopReportTest, JsonHoldsTheSameAndSurvivesForeignBytes) {
  nlohmann::json json = nlohmann::json::parse(LoopReportJson(run_, {Turn(1)}));
  EXPECT_EQ(json["version"], 1);
  const nlohmann::json& turn = json["turns"][0];
  EXPECT_EQ(turn["kept"], true);
  EXPECT_EQ(turn["profile"]["samples"], 4150);
  EXPECT_EQ(turn["verdict"]["outcome"], "gain");
  EXPECT_EQ(turn["decisions"]["gained"][0]["caller"], "p.G");
  EXPECT_NEAR(turn["verdict"]["gain"].get<double>(), 0.031, 1e-9);
}

TEST_F(LoopReportTest, ExitStatusFollowsTheRulingOfTheLastTurn) {
  LoopTurn turn = Turn(1);
  const std::pair<Ruling, int> rows[] = {{Ruling::kPass, kExitOk},
                                         {Ruling::kNoGain, kExitNoGain},
                                         {Ruling::kRegression, kExitRegression},
                                         {Ruling::kInvalid, kExitFailed}};
  for (const auto& [ruling, status] : rows) {
    turn.verdict.analysis.ruling = ruling;
    EXPECT_EQ(LoopExitStatus({Turn(1), turn}), status);
  }
}

TEST_F(LoopReportTest, OnlyAProvenGainReplacesTheArtefact) {
  std::string directory = testing::TempDir() + fmt::format("loop_report_{}", ::getpid());
  Fs& fs = Fs::System();
  ASSERT_TRUE(fs.MakeDirs(directory).ok());
  config_.artefact = directory + "/default.pgo";
  ASSERT_TRUE(fs.WriteFileAtomic(config_.artefact, "old").ok());
  ASSERT_TRUE(fs.WriteFileAtomic(directory + "/new.pgo", "new").ok());

  LoopTurn turn = Turn(1);
  turn.kept = false;
  turn.candidate_pgo = directory + "/new.pgo";
  turn.verdict.analysis.outcome = Outcome::kNoDifference;
  ASSERT_TRUE(KeepOrDrop(run_, &turn).ok());
  EXPECT_FALSE(turn.kept);
  EXPECT_EQ(*fs.ReadFile(config_.artefact), "old");

  turn.verdict.analysis.outcome = Outcome::kGain;
  LoopTurn untreated = turn;
  untreated.decisions = {};
  ASSERT_TRUE(KeepOrDrop(run_, &untreated).ok());
  EXPECT_FALSE(untreated.kept);
  EXPECT_THAT(untreated.reason, HasSubstr("decides the same"));

  ASSERT_TRUE(KeepOrDrop(run_, &turn).ok());
  EXPECT_TRUE(turn.kept);
  EXPECT_EQ(*fs.ReadFile(config_.artefact), "new");
  EXPECT_EQ(*fs.ReadFile(config_.artefact + ".previous"), "old");
  for (const char* name : {"/default.pgo", "/default.pgo.previous", "/new.pgo"}) {
    EXPECT_TRUE(fs.Remove(directory + name).ok());
  }
}

TEST_F(LoopReportTest, DryRunSaysWhatWouldBeDone) {
  std::string plan = DescribePlan(config_, 2);
  EXPECT_THAT(plan, HasSubstr("2 turns for service markdown"));
  EXPECT_THAT(plan, HasSubstr("-pgo=app/default.pgo (or off)"));
}

}  // namespace
}  // namespace anneal
