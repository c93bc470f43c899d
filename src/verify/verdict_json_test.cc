#include "verify/verdict_json.h"

#include <gtest/gtest.h>

#include "base/fs.h"
#include "verify/plot.h"
#include "verify/record_for_test.h"
#include "verify/report.h"

namespace anneal {
namespace {

std::string Conclude(const RunRecord& run) {
  Result<Analysis> analysis = Analyze(run);
  EXPECT_TRUE(analysis.ok()) << analysis.status().ToString();
  return analysis.ok() ? EncodeVerdict({run, *analysis}) : "";
}

TEST(VerdictJsonTest, AnalysingAgainGivesTheSameBytes) {
  for (size_t sessions : {size_t{1}, size_t{3}, size_t{7}}) {
    RunRecord run = MakeRecord(sessions, 12, 0.96, 1, 0.02);
    run.limits = {0.01, true, 0.0075};
    run.notes = {"the control has child processes", "quotes \" and \xff bytes"};
    run.other_load_cpus = 0.123457;
    run.sessions[0].layout_seed = 5;
    run.sessions[0].control_layout_seed = 8;
    run.env = {{"B", "2"}, {"A", "\xff"}};
    run.sessions[0].blocks[0].steal_ppm = 20'000;
    std::string first = Conclude(run);
    Result<RunRecord> decoded = DecodeRunRecord(first);
    ASSERT_TRUE(decoded.ok()) << decoded.status().ToString();
    EXPECT_EQ(decoded->sessions[0].control_layout_seed, 8);
    ASSERT_EQ(decoded->env.size(), 2u);
    EXPECT_EQ(decoded->env[0].first, "B");
    EXPECT_EQ(Conclude(*decoded), first);
  }
}

// The example in the format's description is a verdict, to the byte.
TEST(VerdictJsonTest, TheDocumentsExampleIsTrue) {
  std::string page =
      *Fs::System().ReadFile(std::string(ANNEAL_SOURCE_DIR) + "/docs/format/verdict.md");
  size_t begin = page.find("```json\n");
  ASSERT_NE(begin, std::string::npos);
  begin += 8;
  std::string example = page.substr(begin, page.find("```", begin) - begin);
  Result<RunRecord> decoded = DecodeRunRecord(example);
  ASSERT_TRUE(decoded.ok()) << decoded.status().ToString();
  EXPECT_EQ(Conclude(*decoded), example);
}

TEST(VerdictJsonTest, EveryPrefixIsRefused) {
  std::string json = Conclude(MakeRecord(1, 2, 0.9, 1, 0.01));
  for (size_t size = 0; size + 2 < json.size(); ++size) {
    EXPECT_FALSE(DecodeRunRecord(std::string_view(json).substr(0, size)).ok()) << size;
  }
}

TEST(VerdictJsonTest, SaysWhatIsWrong) {
  std::string good = Conclude(MakeRecord(1, 2, 0.9, 1, 0.01));
  auto with = [&good](std::string_view from, std::string_view to) {
    std::string changed = good;
    size_t at = changed.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return changed.replace(at, from.size(), to);
  };
  struct Case {
    std::string json;
    Code code;
    const char* says;
  };
  const Case cases[] = {
      {"[]", Code::kInvalidArgument, "not a verdict"},
      {"{}", Code::kInvalidArgument, "not a verdict"},
      {with("\"version\": 1", "\"version\": 2"), Code::kUnimplemented, "version 2"},
      {with("\"mode\": \"stdin\"", "\"mode\": \"guess\""), Code::kInvalidArgument, "guess"},
      {with("\"seed\": 7", "\"seed\": \"x\""), Code::kInvalidArgument, "number"},
      {with("\"order\":[", "\"order\":[9,"), Code::kInvalidArgument, "no arm"},
  };
  for (const Case& c : cases) {
    Result<RunRecord> decoded = DecodeRunRecord(c.json);
    EXPECT_EQ(decoded.status().code(), c.code);
    EXPECT_THAT(decoded.status().message(), testing::HasSubstr(c.says));
  }
}

TEST(PlotTest, IsDeterministicEscapedAndWhole) {
  RunRecord run = MakeRecord(3, 12, 0.96, 1, 0.02);
  run.notes = {"<script>alert(1)</script>"};
  run.arms[0].command = "./old --filter 'a<b&c'";
  Verdict verdict{run, *Analyze(run)};
  std::string svg = PlotSvg(verdict);
  EXPECT_EQ(svg, PlotSvg(verdict));
  EXPECT_THAT(svg, testing::StartsWith("<svg xmlns="));
  EXPECT_THAT(svg, testing::EndsWith("</svg>\n"));
  EXPECT_THAT(svg, testing::HasSubstr("prefers-color-scheme:dark"));
  EXPECT_THAT(svg, testing::Not(testing::HasSubstr("nan")));
  EXPECT_THAT(svg, testing::HasSubstr("By start of the processes"));
  std::string html = PlotHtml(verdict);
  EXPECT_THAT(html, testing::Not(testing::HasSubstr("<script")));
  EXPECT_THAT(html, testing::HasSubstr("a&lt;b&amp;c"));
}

TEST(PlotTest, OneBlockWithoutAnySpreadIsDrawn) {
  RunRecord run = MakeRecord(1, 1, 1, 1, 0);
  std::string svg = PlotSvg({run, *Analyze(run)});
  EXPECT_THAT(svg, testing::Not(testing::HasSubstr("nan")));
  EXPECT_THAT(svg, testing::Not(testing::HasSubstr("inf")));
}

TEST(ReportTest, BeginsWithTheSentence) {
  RunRecord run = MakeRecord(8, 12, 0.9, 1, 0.01);
  Verdict verdict{run, *Analyze(run)};
  std::string text = FormatVerdict(verdict);
  EXPECT_THAT(text, testing::StartsWith(verdict.analysis.sentence + "\n"));
  EXPECT_THAT(text, testing::HasSubstr("outcome               gain"));
  EXPECT_THAT(text, testing::HasSubstr("start 8"));
}

}  // namespace
}  // namespace anneal
