#include "pgo/report.h"

#include <gtest/gtest.h>

#include "pgo/made_profile.h"

namespace anneal {
namespace {

const MadeLocation kLeaf{0x20, {{"main.Weigh[go.shape.int]", 30, 31}}};
const MadeLocation kCaller{0x10, {{"main.Round", 10, 12}}};
const MadeLocation kElided{0x30, {{"main.Tally[...]", 40, 41}}};
const MadeLocation kNoLine{0x40, {{"main.Digest", 50, 0}}};

bool HasWarning(const GoReport& report, std::string_view text) {
  for (const std::string& w : report.warnings) {
    if (w.find(text) != std::string::npos) return true;
  }
  return false;
}

TEST(GoReport, CountsSamplesEdgesAndFunctions) {
  Profile p = MadeProfile({{"cpu", "nanoseconds"}}, {{{kLeaf, kCaller}, {80'000'000}},
                                                     {{kElided, kCaller}, {10'000'000}},
                                                     {{kLeaf, kNoLine}, {10'000'000}}});
  p.period_type = {.type = p.strings.Append("cpu"), .unit = p.strings.Append("nanoseconds")};
  p.period = 10'000'000;
  p.duration_ns = 100'000'000;
  Result<GoReport> report = MakeGoReport(p, nullptr);
  ASSERT_TRUE(report.ok()) << report.status().ToString();
  EXPECT_EQ(report->value_type, "cpu/nanoseconds");
  EXPECT_EQ(report->samples, 10);
  EXPECT_EQ(report->total_value, 100'000'000);
  EXPECT_EQ(report->sample_weight, 10'000'000);
  EXPECT_EQ(report->stacks, 3u);
  EXPECT_EQ(report->edges.edges.size(), 3u);
  EXPECT_EQ(report->hot.count, 3u);
  EXPECT_DOUBLE_EQ(report->single_sample_share, 2.0 / 3);
  EXPECT_EQ(report->functions, 4u);
  EXPECT_EQ(report->generic_functions, 1u);
  EXPECT_EQ(report->elided_functions, 1u);
  EXPECT_DOUBLE_EQ(report->no_line_share, 0.1);
  EXPECT_EQ(report->grade, SampleGrade::kThin);
  EXPECT_TRUE(HasWarning(*report, "10 samples are few"));
  EXPECT_TRUE(HasWarning(*report, "[...]"));
  EXPECT_TRUE(HasWarning(*report, "10.0 % of the weight"));
  EXPECT_FALSE(report->symbols.has_value());
}

TEST(GoReport, MatchesTheBinary) {
  Profile p = MadeCounts({{{kLeaf, kCaller}, {60}}, {{kElided, kCaller}, {40}}});
  GoSymbols symbols{{"main.Round", "main.Weigh[go.shape.int]"}};
  Result<GoReport> report = MakeGoReport(p, &symbols);
  ASSERT_TRUE(report.ok());
  ASSERT_TRUE(report->symbols.has_value());
  EXPECT_EQ(report->symbols->functions, 3u);
  EXPECT_EQ(report->symbols->missing, 1u);
  EXPECT_EQ(report->symbols->missing_names, std::vector<std::string>{"main.Tally[...]"});
  EXPECT_DOUBLE_EQ(report->symbols->missing_weight_share, 0.4);
  EXPECT_TRUE(HasWarning(*report, "the binary does not have"));
}

TEST(GoReport, GradesBySamples) {
  const std::pair<int64_t, SampleGrade> rows[] = {{0, SampleGrade::kThin},
                                                  {4'999, SampleGrade::kThin},
                                                  {5'000, SampleGrade::kUsable},
                                                  {19'999, SampleGrade::kUsable},
                                                  {20'000, SampleGrade::kGood}};
  for (auto [samples, grade] : rows) EXPECT_EQ(GradeOf(samples), grade) << samples;
}

TEST(GoReport, OfAnEmptyProfileWarns) {
  Result<GoReport> report = MakeGoReport(MadeCounts({}), nullptr);
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->samples, 0);
  EXPECT_TRUE(HasWarning(*report, "ignore the profile"));
}

TEST(SampleWeight, IsThePeriodOrTheCommonDivisor) {
  Profile p = MadeProfile({{"samples", "count"}, {"cpu", "nanoseconds"}},
                          {{{kLeaf}, {4, 40}}, {{kCaller}, {6, 60}}, {{kCaller}, {-1, -7}}});
  EXPECT_EQ(SampleWeight(p, 0), 1);
  EXPECT_EQ(SampleWeight(p, 1), 20);
  p.period_type = {.type = p.strings.Append("cpu"), .unit = p.strings.Append("nanoseconds")};
  p.period = 10;
  EXPECT_EQ(SampleWeight(p, 1), 10);
  EXPECT_EQ(SampleWeight(MadeCounts({}), 0), 1);
}

TEST(SplitSamples, DealsEverySampleOnce) {
  std::vector<MadeSample> samples;
  for (int64_t i = 0; i < 500; ++i) {
    samples.push_back({{{0, {{fmt::format("f{}", i), 1, 2}}}, kCaller}, {i % 40 * i % 77}});
  }
  samples.push_back({{kLeaf, kCaller}, {1'000'000}});
  Profile p = MadeCounts(samples);
  ProfileHalves halves = SplitSamples(p);
  int64_t first = 0, second = 0;
  for (size_t i = 0; i < p.SampleCount(); ++i) {
    int64_t a = halves.first.Values(i)[0], b = halves.second.Values(i)[0];
    EXPECT_EQ(a + b, p.Values(i)[0]);
    EXPECT_GE(a, 0);
    EXPECT_GE(b, 0);
    first += a;
    second += b;
  }
  // A fair coin: within 6 standard deviations, so that no seed fails it by chance.
  auto deviation =
      static_cast<double>(first - second) / std::sqrt(static_cast<double>(first + second));
  EXPECT_LT(std::abs(deviation), 6);
  EXPECT_NE(first, second);
  EXPECT_EQ(SplitSamples(p).first.sample_values, halves.first.sample_values);
}

TEST(SplitSamples, IsStableForManySamplesAndNotForFew) {
  std::vector<MadeSample> many, few;
  for (int64_t i = 0; i < 300; ++i) {
    MadeLocation leaf{0, {{fmt::format("f{}", i), 1, 2}}};
    many.push_back({{leaf, kCaller}, {1'000 + i}});
    few.push_back({{leaf, kCaller}, {1}});
  }
  double stable = MakeGoReport(MadeCounts(many), nullptr)->split_half.Jaccard();
  double chance = MakeGoReport(MadeCounts(few), nullptr)->split_half.Jaccard();
  EXPECT_GT(stable, 0.95);
  EXPECT_LT(chance, 0.05);
}

}  // namespace
}  // namespace anneal
