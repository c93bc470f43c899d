#include <gtest/gtest.h>

#include "verify/phrases.h"
#include "verify/record_for_test.h"
#include "verify/verdict.h"

namespace anneal {
namespace {

Analysis MustAnalyze(const RunRecord& run) {
  Result<Analysis> analysis = Analyze(run);
  EXPECT_TRUE(analysis.ok()) << analysis.status().ToString();
  return analysis.ok() ? *analysis : Analysis();
}

TEST(AnalyzeTest, FindsThreePercentInOneSessionAndInMany) {
  for (size_t sessions : {size_t{1}, size_t{4}, size_t{8}}) {
    Analysis gain = MustAnalyze(MakeRecord(sessions, 240 / sessions, 0.97, 1, 0.02));
    EXPECT_EQ(gain.outcome, Outcome::kGain) << sessions << ": " << gain.sentence;
    EXPECT_NEAR(gain.gain(), 0.03, 0.008);
    EXPECT_LT(gain.candidate.low, 0.97);
    EXPECT_GT(gain.candidate.high, 0.97);
    Analysis loss = MustAnalyze(MakeRecord(sessions, 240 / sessions, 1.03, 1, 0.02));
    EXPECT_EQ(loss.outcome, Outcome::kRegression) << sessions << ": " << loss.sentence;
  }
}

TEST(AnalyzeTest, SwappingTheArmsGivesTheReciprocal) {
  RunRecord run = MakeRecord(1, 60, 0.9, 1, 0.02);
  RunRecord swapped = run;
  for (Block& block : swapped.sessions[0].blocks) {
    std::swap(block.samples[0][0], block.samples[0][1]);
  }
  Analysis a = MustAnalyze(run), b = MustAnalyze(swapped);
  EXPECT_NEAR(a.candidate.ratio * b.candidate.ratio, 1, 1e-9);
  EXPECT_NEAR(a.candidate.low * b.candidate.high, 1, 2e-3);
  EXPECT_NEAR(a.median_ratio * b.median_ratio, 1, 1e-9);
}

TEST(AnalyzeTest, UnitsAndScaleDoNotMatter) {
  RunRecord run = MakeRecord(8, 10, 0.9, 1, 0.02);
  RunRecord scaled = run;
  for (Session& session : scaled.sessions) {
    for (Block& block : session.blocks) {
      for (Sample& sample : block.samples[0]) {
        sample.cpu_ns *= 3;
        sample.units *= 6;
      }
    }
  }
  EXPECT_NEAR(MustAnalyze(run).candidate.ratio, MustAnalyze(scaled).candidate.ratio, 1e-9);
}

TEST(AnalyzeTest, DriftThatHitsAllArmsIsHarmless) {
  // The machine slows down threefold during the run; each block feels it alike.
  RunRecord run = MakeRecord(1, 60, 0.95, 1, 0.01);
  double slowness = 1;
  for (Block& block : run.sessions[0].blocks) {
    slowness += 2.0 / 60;
    for (Sample& s : block.samples[0]) {
      s.cpu_ns = static_cast<int64_t>(static_cast<double>(s.cpu_ns) * slowness);
    }
  }
  Analysis a = MustAnalyze(run);
  EXPECT_EQ(a.outcome, Outcome::kGain);
  EXPECT_NEAR(a.candidate.ratio, 0.95, 0.01);
}

TEST(AnalyzeTest, AControlThatDiffersMakesTheRunInvalid) {
  Analysis a = MustAnalyze(MakeRecord(1, 60, 0.9, 1.05, 0.01));
  EXPECT_EQ(a.outcome, Outcome::kInvalid);
  EXPECT_EQ(a.ruling, Ruling::kInvalid);
  EXPECT_THAT(a.sentence, testing::HasSubstr("too noisy"));
}

TEST(AnalyzeTest, FewerThanSixBlocksProveNothing) {
  for (size_t blocks = 1; blocks <= 7; ++blocks) {
    for (double control : {1.0, 1.3}) {  // nor that the machine is noisy
      Analysis a = MustAnalyze(MakeRecord(1, blocks, 2, control, 0.01));
      if (blocks >= 6) {
        EXPECT_EQ(a.outcome, control > 1 ? Outcome::kInvalid : Outcome::kRegression) << a.sentence;
        continue;
      }
      EXPECT_EQ(a.outcome, Outcome::kInconclusive) << blocks;
      EXPECT_EQ(a.ruling, Ruling::kInconclusive) << blocks;
      EXPECT_THAT(a.sentence, testing::HasSubstr("6 or more may"));
      EXPECT_THAT(a.sentence, testing::HasSubstr("% more CPU per repetition"));
    }
  }
}

TEST(AnalyzeTest, IntervalAndTestMustAgree) {
  // Five blocks say 10 %, one says a little less than nothing: p = 0.0625.
  RunRecord run = MakeRecord(1, 6, 1.1, 1, 0.0005);
  run.sessions[0].blocks[2].samples[0][1].cpu_ns =
      run.sessions[0].blocks[2].samples[0][0].cpu_ns - 9;
  Analysis a = MustAnalyze(run);
  EXPECT_GT(a.candidate.low, 1);
  EXPECT_EQ(a.outcome, Outcome::kInconclusive);
  EXPECT_THAT(a.sentence, testing::HasSubstr("the signed-rank test does not agree (p = 0.062"));
}

TEST(AnalyzeTest, WhatLayoutsDoCountsForWhatWouldBeFound) {
  // Each layout moves the candidate by 3 % one way or the other; the control runs the baseline's
  // binary.
  struct Row {
    int64_t layout_seed;
    const char* unit;
  };
  for (const Row& row : {Row{5, "layouts"}, Row{-1, "starts"}}) {
    RunRecord run = MakeRecord(8, 30, 1, 1, 0.004);
    for (size_t s = 0; s < run.sessions.size(); ++s) {
      run.sessions[s].layout_seed =
          row.layout_seed < 0 ? -1 : row.layout_seed + static_cast<int64_t>(s);
      for (Block& block : run.sessions[s].blocks) {
        for (Sample& sample : block.samples[0]) sample.units *= 10;
        block.samples[0][1].units = s % 2 == 0 ? 103 : 97;
      }
    }
    Analysis a = MustAnalyze(run);
    EXPECT_EQ(a.outcome, Outcome::kNoDifference);
    EXPECT_GT(a.mde, 0.025);
    EXPECT_THAT(a.notes, testing::Contains(testing::ContainsRegex(
                             fmt::format("to find 1.0 % .* takes about [78]. {}", row.unit))));
  }
}

TEST(AnalyzeTest, ControlsInOtherLayoutsRaiseTheFloorAndNotTheNoise) {
  // The candidate is 1 % faster in each layout, as far as blocks can tell; layouts alone do 3 %.
  RunRecord run = MakeRecord(8, 30, 0.99, 1, 0.004);
  const Analysis machine = MustAnalyze(run);
  EXPECT_EQ(machine.outcome, Outcome::kGain);
  EXPECT_LT(machine.floor, 0.005);
  for (size_t s = 0; s < run.sessions.size(); ++s) {
    run.sessions[s].control_layout_seed = 20 + static_cast<int64_t>(s);
    for (Block& block : run.sessions[s].blocks) {
      for (Sample& sample : block.samples[0]) sample.units *= 10;
      block.samples[0][2].units = s % 2 == 0 ? 103 : 97;
    }
  }
  const Analysis layouts = MustAnalyze(run);
  EXPECT_GT(layouts.floor, 0.01);
  EXPECT_EQ(layouts.outcome, Outcome::kNoDifference);
  EXPECT_NEAR(layouts.block_noise, machine.block_noise, 1e-9);
}

TEST(AnalyzeTest, FalseAlarmsAreRare) {
  constexpr int kRuns = 100;
  int differences = 0, invalid = 0;
  for (uint64_t seed = 0; seed < kRuns; ++seed) {
    Analysis a = MustAnalyze(MakeRecord(8, 4, 1, 1, 0.03, seed + 1000));
    differences += a.outcome == Outcome::kGain || a.outcome == Outcome::kRegression;
    invalid += a.outcome == Outcome::kInvalid;
  }
  EXPECT_LE(differences, kRuns * 8 / 100);
  EXPECT_LE(invalid, kRuns * 10 / 100);
}

TEST(AnalyzeTest, BenchmarksAreCombinedByGeometricMean) {
  RunRecord run = MakeRecord(1, 30, 0.8, 1, 0);
  run.benchmarks = {"BenchmarkA", "BenchmarkB"};
  for (Block& block : run.sessions[0].blocks) {
    block.samples.push_back({{5000, 1, 1}, {5000 * 5 / 4, 1, 1}, {5000, 1, 1}});
  }
  Analysis a = MustAnalyze(run);
  EXPECT_NEAR(a.candidate.ratio, 1, 1e-6);  // 0.8 × 1.25
  ASSERT_EQ(a.benchmarks.size(), 2u);
  EXPECT_NEAR(a.benchmarks[0].candidate.ratio, 0.8, 1e-6);
  EXPECT_NEAR(a.benchmarks[1].candidate.ratio, 1.25, 1e-6);
  EXPECT_THAT(a.notes, testing::Contains(testing::HasSubstr("BenchmarkB got slower")));
}

TEST(AnalyzeTest, IdenticalBytesAreNoTreatmentOnlyWithTheSameArguments) {
  RunRecord run = MakeRecord(1, 30, 1, 1, 0.01);
  struct Row {
    ArmFacts baseline, candidate;
    bool identical;
  };
  const Row rows[] = {
      {{"./old -n 1", "./old", "aa", 1}, {"./new -n 1", "./new", "aa", 1}, true},
      {{"./old -n 1", "./old", "aa", 1}, {"./new -n 2", "./new", "aa", 1}, false},
      {{"./old -n 1", "./old", "aa", 1}, {"./new -n 1", "./new", "bb", 1}, false},
      // Looked up where the arms run, or in PATH.
      {{"./old -n 1", "/srv/./old", "aa", 1}, {"bin/new -n 1", "/srv/bin/new", "aa", 1}, true},
      {{"true", "/bin/true", "aa", 1}, {"/bin/true", "/bin/true", "aa", 1}, true},
      {{"python3 a.py", "/bin/python3", "aa", 1}, {"python3 b.py", "/bin/python3", "aa", 1}, false},
      {{"A=1 ./x", "./x", "aa", 1}, {"A=2 ./x", "./x", "aa", 1}, false},
      {{"./x  'a b'", "./x", "aa", 1}, {"./x \"a b\"", "./x", "aa", 1}, true},
      {{"sh -c '/b/old -v'", "/b/old", "aa", 1}, {"sh -c '/b/new -v'", "/b/new", "aa", 1}, true},
      {{"a | b", "", "", 0}, {"a | b", "", "", 0}, false},
  };
  for (const Row& row : rows) {
    run.arms = {row.baseline, row.candidate, row.baseline};
    EXPECT_EQ(MustAnalyze(run).identical_binaries, row.identical)
        << row.baseline.command << " / " << row.candidate.command;
  }
}

TEST(AnalyzeTest, StealAndOtherLoadAreSaid) {
  RunRecord run = MakeRecord(1, 30, 1, 1, 0.01);
  run.sessions[0].blocks[3].steal_ppm = 10'001;
  run.sessions[0].blocks[4].steal_ppm = 10'000;
  run.other_load_cpus = 1.26;
  Analysis a = MustAnalyze(run);
  EXPECT_EQ(a.marked_blocks, 1);
  EXPECT_THAT(a.notes, testing::Contains(testing::HasSubstr("in 1 of 30 blocks")));
  EXPECT_THAT(a.notes, testing::Contains(testing::HasSubstr("1.3 processors")));
}

TEST(AnalyzeTest, RefusesRecordsThatLackSomething) {
  RunRecord good = MakeRecord(1, 2, 1, 1, 0.01);
  std::vector<std::function<void(RunRecord&)>> damages = {
      [](RunRecord& r) { r.sessions.clear(); },
      [](RunRecord& r) { r.sessions[0].blocks.clear(); },
      [](RunRecord& r) { r.benchmarks.clear(); },
      [](RunRecord& r) { r.arms.pop_back(); },
      [](RunRecord& r) { r.sessions[0].blocks[1].samples.clear(); },
      [](RunRecord& r) { r.sessions[0].blocks[1].samples[0].pop_back(); },
      [](RunRecord& r) { r.sessions[0].blocks[0].samples[0][1].cpu_ns = 0; },
      [](RunRecord& r) { r.sessions[0].blocks[0].samples[0][2].units = -1; },
  };
  for (size_t i = 0; i < damages.size(); ++i) {
    RunRecord run = good;
    damages[i](run);
    EXPECT_EQ(Analyze(run).status().code(), Code::kInvalidArgument) << i;
  }
}

TEST(PhrasesTest, NumbersAsPeopleSayThem) {
  EXPECT_EQ(PercentText(0.0312), "3.1 %");
  EXPECT_EQ(PercentText(-0.0031), "0.31 %");
  EXPECT_EQ(PercentText(0.00999), "1.0 %");
  EXPECT_EQ(DifferenceText(0.969), "3.1 % less");
  EXPECT_EQ(DifferenceText(1.0042), "0.42 % more");
  EXPECT_EQ(DescribeRatio({0.9, 0.88, 0.92}),
            "10.0 % less CPU (95 % interval 8.0 % to 12.0 % less)");
  EXPECT_EQ(DescribeRatio({1.01, 0.99, 1.03}),
            "1.0 % more CPU (95 % interval 1.0 % less to 3.0 % more)");
  EXPECT_EQ(CpuTimeText(3'210'000), "3.21 ms");
}

}  // namespace
}  // namespace anneal
