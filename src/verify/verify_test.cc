// Whole runs against a program that burns counted work. The machine may be busy: effects are
// large, decisions come from intervals, and no test asks how fast anything is.
#include "verify/verify.h"

#include <gtest/gtest.h>

#include "verify/verdict_json.h"

namespace anneal {
namespace {

std::string Burner(const std::string& arguments) {
  return std::string(ANNEAL_BINARY_DIR) + "/tests/anneal_burner " + arguments;
}

class VerifyTest : public testing::Test {
 protected:
  VerifySeams Seams() { return {Fs::System(), Clock::System(), *http_, Process::System()}; }
  static VerifyPlan Plan(VerifyMode mode, const std::string& baseline,
                         const std::string& candidate) {
    VerifyPlan plan;
    plan.mode = mode;
    plan.baseline.command = Burner(baseline);
    plan.candidate.command = Burner(candidate);
    plan.rounds = 36;
    plan.sessions = mode == VerifyMode::kStdin || mode == VerifyMode::kHttp ? 6 : 1;
    plan.burst_ns = 8'000'000;
    plan.sample_timeout_ns = 60'000'000'000;
    return plan;
  }
  // Another program may disturb one run so that its control fails; one that fails twice does not
  // measure what it should.
  Verdict Run(VerifyPlan plan) {
    for (int attempt = 0;; ++attempt) {
      Result<Verdict> verdict = RunVerification(plan, Seams(), {});
      EXPECT_TRUE(verdict.ok()) << verdict.status().ToString();
      if (!verdict.ok()) return {};
      if (verdict->analysis.outcome != Outcome::kInvalid || attempt == 2) return *verdict;
      plan.seed += 100;
    }
  }
  std::string Failure(const VerifyPlan& plan) {
    Result<Verdict> verdict = RunVerification(plan, Seams(), {});
    return verdict.ok() ? "it succeeded" : verdict.status().ToString();
  }

  std::unique_ptr<Http> http_ = Http::Create();
};

struct EffectCase {
  const char* name;
  VerifyMode mode;
  const char* baseline;
  const char* candidate;
  Outcome outcome;
};

class VerifyEffectTest : public VerifyTest, public testing::WithParamInterface<EffectCase> {};

TEST_P(VerifyEffectTest, FindsIt) {
  const EffectCase& c = GetParam();
  VerifyPlan plan = Plan(c.mode, c.baseline, c.candidate);
  Verdict verdict = Run(plan);
  EXPECT_EQ(verdict.analysis.outcome, c.outcome) << verdict.analysis.sentence;
  EXPECT_EQ(verdict.analysis.blocks, plan.rounds);
  EXPECT_EQ(verdict.run.sessions.size(), static_cast<size_t>(plan.sessions));
  EXPECT_EQ(verdict.run.arms[0].sha256.size(), 64u);
  // All arms of a block did the same number of units, and every arm ran once in it.
  for (const Session& session : verdict.run.sessions) {
    for (const Block& block : session.blocks) {
      EXPECT_EQ(std::set<ArmId>(block.order.begin(), block.order.end()).size(), 3u);
      for (const std::vector<Sample>& by_arm : block.samples) {
        EXPECT_EQ(by_arm[0].units, by_arm[1].units);
        EXPECT_EQ(by_arm[0].units, by_arm[2].units);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Modes, VerifyEffectTest,
    testing::Values(
        EffectCase{"StdinWorse", VerifyMode::kStdin, "stdin 500", "stdin 650",
                   Outcome::kRegression},
        EffectCase{"StdinBetter", VerifyMode::kStdin, "stdin 500", "stdin 400", Outcome::kGain},
        EffectCase{"CommandWorse", VerifyMode::kCommand, "command 10000", "command 14000",
                   Outcome::kRegression},
        EffectCase{"CommandBetter", VerifyMode::kCommand, "command 14000", "command 10000",
                   Outcome::kGain},
        EffectCase{"HttpWorse", VerifyMode::kHttp, "http 500", "http 700", Outcome::kRegression},
        EffectCase{"HttpBetter", VerifyMode::kHttp, "http 500", "http 350", Outcome::kGain},
        EffectCase{"GoBenchWorse", VerifyMode::kGoBench, "gobench 500", "gobench 700",
                   Outcome::kRegression}),
    [](const auto& param_info) { return param_info.param.name; });

TEST_F(VerifyTest, TheSameProgramIsNoTreatmentAndNoDifference) {
  // With noise alone, about one run in twenty looks like an effect; three in a row do not.
  int found = 0;
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    VerifyPlan plan = Plan(VerifyMode::kStdin, "stdin 500", "stdin 500");
    plan.seed = seed;
    Verdict verdict = Run(plan);
    EXPECT_TRUE(verdict.analysis.identical_binaries);
    EXPECT_THAT(verdict.analysis.notes, testing::Contains(testing::HasSubstr("no-treatment")));
    found += verdict.analysis.outcome == Outcome::kGain ||
             verdict.analysis.outcome == Outcome::kRegression;
  }
  EXPECT_LT(found, 3);
}

TEST_F(VerifyTest, GoBenchPairsEachBenchmark) {
  VerifyPlan plan = Plan(VerifyMode::kGoBench, "gobench 500", "gobench 700");
  plan.rounds = 8;
  Verdict verdict = Run(plan);
  EXPECT_EQ(verdict.run.benchmarks,
            (std::vector<std::string>{"BenchmarkShort", "BenchmarkLong/size=4"}));
  ASSERT_EQ(verdict.analysis.benchmarks.size(), 2u);
  for (const GroupEstimate& row : verdict.analysis.benchmarks) EXPECT_GT(row.candidate.ratio, 1.1);
}

TEST_F(VerifyTest, LayoutsAreBuiltAndMeasuredOneBySession) {
  std::string directory = testing::TempDir() + "/the layouts";
  ASSERT_TRUE(Fs::System().MakeDirs(directory).ok());
  VerifyPlan plan = Plan(VerifyMode::kStdin, "", "");
  plan.baseline = {.command = "{out} stdin 500", .pgo = "off"};
  plan.candidate = {.command = "{out} stdin 400", .pgo = "a default.pgo"};
  plan.build.command = "echo {seed} {pgo} >> '" + directory + "/log'; cp " +
                       std::string(ANNEAL_BINARY_DIR) + "/tests/anneal_burner {out}";
  plan.build.layouts = 3;
  plan.build.work_dir = directory;
  (void)Fs::System().Remove(directory + "/log");
  plan.rounds = 12;
  Result<Verdict> verdict = RunVerification(plan, Seams(), {});
  ASSERT_TRUE(verdict.ok()) << verdict.status().ToString();
  EXPECT_EQ(*Fs::System().ReadFile(directory + "/log"),
            "2 off\n2 a default.pgo\n5 off\n3 off\n3 a default.pgo\n6 off\n"
            "4 off\n4 a default.pgo\n7 off\n");
  ASSERT_EQ(verdict->run.sessions.size(), 3u);
  EXPECT_EQ(verdict->run.sessions[2].layout_seed, 4);
  EXPECT_EQ(verdict->run.sessions[2].control_layout_seed, 7);
  EXPECT_THAT(verdict->run.arms[2].command, testing::HasSubstr("control-5"));
  EXPECT_EQ(verdict->analysis.blocks, 12);
}

TEST_F(VerifyTest, TheEnvironmentReachesWhateverRuns) {
  // Both ends of a pipe, too.
  const std::string set = "test \"$ANNEAL_X\" = 1 && ";
  struct Row {
    const char* name;
    VerifyMode mode;
    std::string arm, load, build;
  };
  for (const Row& row :
       {Row{"line", VerifyMode::kCommand,
            "{ " + set + Burner("command 1000") + " && echo; } | { read x; " + set + "true; }", "",
            ""},
        Row{"words", VerifyMode::kStdin, "sh -c '" + set + "exec " + Burner("stdin 50") + "'", "",
            ""},
        Row{"load", VerifyMode::kHttp, Burner("http 50"), set + "curl -fsS {url}/", ""},
        Row{"own", VerifyMode::kCommand,
            "ANNEAL_X=2 sh -c 'test \"$ANNEAL_X\" = 2 && " + Burner("command 1000") + "'", "", ""},
        Row{"build", VerifyMode::kStdin, "{out} stdin 50", "", set + "cp " + Burner("{out}")}}) {
    VerifyPlan plan = Plan(row.mode, "", "");
    plan.baseline.command = plan.candidate.command = row.arm;
    plan.load.command = row.load;
    plan.build = {.command = row.build, .layouts = 1, .work_dir = testing::TempDir(), .cwd = ""};
    plan.env = {{"ANNEAL_X", "1"}};
    plan.rounds = 6;
    plan.sessions = 1;
    Result<Verdict> verdict = RunVerification(plan, Seams(), {});
    ASSERT_TRUE(verdict.ok()) << row.name << ": " << verdict.status().ToString();
    EXPECT_EQ(verdict->run.env, plan.env);
    EXPECT_EQ(verdict->run.sessions[0].control_layout_seed, -1);  // of one layout
  }
}

TEST_F(VerifyTest, ValuesOfCredentialsAreNotRecorded) {
  VerifyPlan plan = Plan(VerifyMode::kCommand, "command 50", "command 50");
  plan.env = {{"GOMAXPROCS", "2"}, {"Pyroscope_Auth_Token", "hunter2"}};
  plan.rounds = 6;
  EXPECT_THAT(Run(plan).run.env,
              testing::ElementsAre(testing::Pair("GOMAXPROCS", "2"),
                                   testing::Pair("Pyroscope_Auth_Token", "(not recorded)")));
}

TEST_F(VerifyTest, ProgressNarrowsAndEnds) {
  VerifyPlan plan = Plan(VerifyMode::kStdin, "stdin 100", "stdin 120");
  std::vector<VerifyProgress> seen;
  Result<Verdict> verdict =
      RunVerification(plan, Seams(), [&seen](const VerifyProgress& p) { seen.push_back(p); });
  ASSERT_TRUE(verdict.ok());
  ASSERT_FALSE(seen.empty());
  for (size_t i = 1; i < seen.size(); ++i) EXPECT_GE(seen[i].rounds_done, seen[i - 1].rounds_done);
  EXPECT_EQ(seen.back().rounds_total, plan.rounds);
}

TEST_F(VerifyTest, ATimeBudgetEndsTheRun) {
  VerifyPlan plan = Plan(VerifyMode::kStdin, "stdin 20", "stdin 20");
  plan.rounds = 0;
  plan.budget_ns = 500'000'000;
  plan.sessions = 2;
  Result<Verdict> verdict = RunVerification(plan, Seams(), {});
  ASSERT_TRUE(verdict.ok()) << verdict.status().ToString();
  EXPECT_GE(verdict->analysis.blocks, 6);
  EXPECT_EQ(verdict->run.sessions.size(), 2u);
}

TEST_F(VerifyTest, OneStartTakesSixBlocksWhateverTheTime) {
  VerifyPlan plan = Plan(VerifyMode::kCommand, "command 50", "command 50");
  plan.rounds = 0;
  plan.budget_ns = 1;
  Result<Verdict> verdict = RunVerification(plan, Seams(), {});
  ASSERT_TRUE(verdict.ok()) << verdict.status().ToString();
  EXPECT_EQ(verdict->analysis.blocks, kLeastBlocks);
}

TEST_F(VerifyTest, RefusesRoundsThatProveNothing) {
  struct Row {
    int64_t rounds;
    int sessions;
    int layouts;  // 0: no builds
    const char* says;
  };
  for (const Row& row :
       {Row{1, 0, 0, "6 are needed"}, Row{5, 1, 0, "6 are needed"}, Row{5, 5, 0, "6 are needed"},
        Row{7, 8, 0, "8 are needed"}, Row{9, 1, 10, "10 are needed"}}) {
    VerifyPlan plan = Plan(VerifyMode::kStdin, "stdin 20", "stdin 20");
    plan.rounds = row.rounds;
    plan.sessions = row.sessions;
    if (row.layouts > 0) {
      plan.build = {.command = "false", .layouts = row.layouts, .work_dir = "/", .cwd = ""};
    }
    EXPECT_THAT(Failure(plan), testing::HasSubstr(row.says)) << row.rounds;
  }
}

TEST_F(VerifyTest, CancelingEndsTheRun) {
  VerifyPlan plan = Plan(VerifyMode::kStdin, "stdin 100", "stdin 100");
  int64_t rounds = 0;
  plan.canceled = [&rounds] { return rounds >= 3; };
  Result<Verdict> verdict = RunVerification(
      plan, Seams(), [&rounds](const VerifyProgress& p) { rounds = p.rounds_done; });
  EXPECT_EQ(verdict.status().code(), Code::kCanceled);
}

// Each makes a file and then neither ends nor answers; the interrupt comes with the file.
TEST_F(VerifyTest, CancelingEndsWhatIsWaitedFor) {
  std::string mark = testing::TempDir() + "/waits";
  std::string waits = "touch " + mark + "; sleep 20; false";
  struct Row {
    const char* name;
    VerifyMode mode;
    std::string arm, load, build;
  };
  for (const Row& row : {Row{"sample", VerifyMode::kCommand, waits, "", ""},
                         Row{"answer", VerifyMode::kStdin, "sh -c '" + waits + "'", "", ""},
                         Row{"load", VerifyMode::kHttp, Burner("http 1"), waits, ""},
                         Row{"build", VerifyMode::kCommand, "true", "", waits}}) {
    (void)Fs::System().Remove(mark);
    VerifyPlan plan;
    plan.mode = row.mode;
    plan.baseline.command = plan.candidate.command = row.arm;
    plan.load.command = row.load;
    plan.build = {.command = row.build, .layouts = 1, .work_dir = testing::TempDir(), .cwd = ""};
    plan.canceled = [&mark] { return Fs::System().Exists(mark); };
    Status status = RunVerification(plan, Seams(), {}).status();
    EXPECT_EQ(status.code(), Code::kCanceled) << row.name << ": " << status.ToString();
  }
}

TEST_F(VerifyTest, ASampleThatDoesNotEndIsAFailure) {
  for (VerifyMode mode : {VerifyMode::kCommand, VerifyMode::kStdin}) {
    VerifyPlan plan = Plan(mode, "", "");
    plan.baseline.command = plan.candidate.command = "sleep 100";
    plan.sample_timeout_ns = 100'000'000;
    Status status = RunVerification(plan, Seams(), {}).status();
    EXPECT_EQ(status.code(), Code::kFailedPrecondition) << status.ToString();
    EXPECT_THAT(status.message(), testing::HasSubstr("within 0.1 s"));
    plan.sample_timeout_ns = 0;
    EXPECT_EQ(RunVerification(plan, Seams(), {}).status().code(), Code::kInvalidArgument);
  }
}

struct FailureCase {
  const char* name;
  VerifyMode mode;
  const char* baseline;
  const char* candidate;
  std::vector<const char*> says;
};

class VerifyFailureTest : public VerifyTest, public testing::WithParamInterface<FailureCase> {};

TEST_P(VerifyFailureTest, NamesTheArmAndTheCause) {
  const FailureCase& c = GetParam();
  VerifyPlan plan = Plan(c.mode, c.baseline, c.candidate);
  plan.sample_timeout_ns = 2'000'000'000;
  plan.load.ready_timeout_ns = 2'000'000'000;
  if (std::string_view(c.candidate).starts_with("/")) plan.candidate.command = c.candidate;
  std::string failure = Failure(plan);
  for (const char* text : c.says) EXPECT_THAT(failure, testing::HasSubstr(text));
}

INSTANTIATE_TEST_SUITE_P(
    Faults, VerifyFailureTest,
    testing::Values(FailureCase{"StdinDies",
                                VerifyMode::kStdin,
                                "stdin 50",
                                "stdin 50 die",
                                {"candidate", "exit status 7", "out of luck"}},
                    FailureCase{"StdinGarbage",
                                VerifyMode::kStdin,
                                "stdin 50 garbage",
                                "stdin 50",
                                {"baseline", "nobody asked for"}},
                    FailureCase{"StdinErrors",
                                VerifyMode::kStdin,
                                "stdin 50",
                                "stdin 50 error",
                                {"candidate", "no such table"}},
                    FailureCase{"StdinSilent",
                                VerifyMode::kStdin,
                                "stdin 50",
                                "stdin 50 silent",
                                {"candidate", "gave no answer within 2.0 s"}},
                    FailureCase{"StdinMissing",
                                VerifyMode::kStdin,
                                "stdin 50",
                                "/no/such/program",
                                {"candidate", "/no/such/program"}},
                    FailureCase{"CommandFails",
                                VerifyMode::kCommand,
                                "command 50",
                                "command 50 die",
                                {"candidate", "exit status 7", "out of luck"}},
                    FailureCase{"CommandMissing",
                                VerifyMode::kCommand,
                                "command 50",
                                "/no/such/program",
                                {"candidate", "/no/such/program"}},
                    FailureCase{"HttpPortTaken",
                                VerifyMode::kHttp,
                                "http 50",
                                "http 50 exit",
                                {"candidate", "before it was ready", "address already in use"}},
                    FailureCase{"HttpNeverReady",
                                VerifyMode::kHttp,
                                "http 50",
                                "http 50 never-ready",
                                {"candidate", "not ready", "$PORT"}},
                    FailureCase{"HttpDies",
                                VerifyMode::kHttp,
                                "http 50",
                                "http 50 die",
                                {"candidate", "exit status 7", "out of luck"}},
                    FailureCase{"HttpAnswers500",
                                VerifyMode::kHttp,
                                "http 50",
                                "http 50 fail-request",
                                {"candidate", "answered 500"}},
                    FailureCase{"GoBenchGarbage",
                                VerifyMode::kGoBench,
                                "gobench 50",
                                "gobench 50 garbage",
                                {"candidate", "0 result lines"}},
                    FailureCase{"NoCommand", VerifyMode::kStdin, "stdin 50", "/", {"candidate"}}),
    [](const auto& param_info) { return param_info.param.name; });

}  // namespace
}  // namespace anneal
