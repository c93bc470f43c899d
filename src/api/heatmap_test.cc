// What singles out profiles, spans and traces: selectors, exemplars, heat maps.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/api_fixture.h"
#include "api/profile_id.h"

namespace anneal {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr std::string_view kCpuType = "process_cpu:cpu:nanoseconds:cpu:nanoseconds";
constexpr std::string_view kSpanA = "00000000000000ab", kSpanB = "fedcba9876543210";
constexpr std::string_view kTrace = "0102030405060708090a0b0c0d0e0f10";

class HeatmapTest : public ApiFixture {
 protected:
  // Three profiles ten seconds apart: totals 101, 202 and 340.
  void SetUp() override {
    for (int i = 0; i < 3; ++i) {
      MadeProfile made{.sample_types = {{"cpu", "nanoseconds"}},
                       .time_ns = kNowNs - (20 - i * 10) * kSecondNs,
                       .samples = {{{"main", "plain"}, {i == 2 ? 340 : 100 * (i + 1)}}}};
      if (i < 2) {
        made.samples.push_back({{"main", "a"},
                                {i + 1},
                                {{"span_id", std::string(i == 0 ? kSpanA : kSpanB)},
                                 {"trace_id", std::string(kTrace)}}});
      }
      ASSERT_TRUE(Push({{"__name__", "process_cpu"},
                        {"service_name", i < 2 ? "shop" : "bank"},
                        {"pod", fmt::format("p{}", i)}},
                       made)
                      .ok());
    }
  }

  static std::string Select(std::string_view rest) {
    return fmt::format(R"({{"profileTypeID":"{}","labelSelector":"{{}}","start":{},"end":{}{}}})",
                       kCpuType, (kNowNs - 60 * kSecondNs) / 1'000'000, kNowNs / 1'000'000, rest);
  }
  std::string IdOf(size_t stored) const { return ToString(store.stored[stored].id); }
};

TEST_F(HeatmapTest, SpansAndTracesSelectSamples) {
  struct Row {
    std::string_view method, rest, answer;
  };
  const Row kRows[] = {
      {"SelectMergeStacktraces", R"(,"spanSelector":["00000000000000ab"])", R"("total":"1")"},
      {"SelectMergeStacktraces", R"(,"span_selector":["00000000000000AB","fedcba9876543210"])",
       R"("total":"3")"},
      {"SelectMergeStacktraces", R"(,"traceIdSelector":["0102030405060708090a0b0c0d0e0f10"])",
       R"("total":"3")"},
      {"SelectMergeSpanProfile", R"(,"spanSelector":["fedcba9876543210"])", R"("total":"2")"},
      {"SelectMergeSpanProfile", "", R"("total":"643")"},
      {"SelectMergeSpanProfile", R"(,"spanSelector":["fedcba9876543210"],"format":2)", "tree"},
      {"SelectMergeProfile", R"(,"traceIdSelector":["0102030405060708090a0b0c0d0e0f10"])",
       R"("value":["3"])"},
  };
  for (const Row& row : kRows) {
    std::string answer = Query(row.method, Select(row.rest));
    EXPECT_THAT(answer, StartsWith("200 ")) << row.rest;
    EXPECT_THAT(answer, HasSubstr(row.answer)) << row.rest;
  }
  EXPECT_THAT(Query("SelectMergeStacktraces", Select(R"(,"spanSelector":["00000000000000cd"])")),
              Not(HasSubstr("total\":\"")));
}

// The SDKs' older name; where both are there, the newer one counts.
TEST_F(HeatmapTest, AProfileIdOfASampleIsItsSpan) {
  ASSERT_TRUE(
      Push({{"__name__", "process_cpu"}, {"service_name", "old"}},
           {.sample_types = {{"cpu", "nanoseconds"}},
            .time_ns = kNowNs,
            .samples = {{{"main", "x"}, {7}, {{"profile_id", "00000000000000cd"}}},
                        {{"main", "y"},
                         {8},
                         {{"profile_id", "00000000000000ef"}, {"span_id", "00000000000000dd"}}},
                        {{"main", "z"}, {9}, {{"profile_id", "no span"}}}}})
          .ok());
  const auto total = [&](std::string_view span) {
    return Query("SelectMergeStacktraces", Select(fmt::format(R"(,"spanSelector":["{}"])", span)));
  };
  EXPECT_THAT(total("00000000000000cd"), HasSubstr(R"("total":"7")"));
  EXPECT_THAT(total("00000000000000dd"), HasSubstr(R"("total":"8")"));
  EXPECT_THAT(total("00000000000000ef"), Not(HasSubstr(R"("total":")")));
  EXPECT_THAT(store.stored.back().profile.SampleCount(), 3u);
}

TEST_F(HeatmapTest, SeriesPointsCarryTheLargestProfile) {
  // One point of two profiles: 202 is the larger.
  std::string answer = Query(
      "SelectSeries",
      Select(R"(,"step":50,"groupBy":["service_name"],"exemplarType":"EXEMPLAR_TYPE_INDIVIDUAL")"));
  EXPECT_THAT(answer, HasSubstr(R"({"value":303,"timestamp":"1763999990000","exemplars":[)"
                                R"({"timestamp":"1763999990000","profileId":")" +
                                IdOf(1) + R"(","value":"202","labels":[)"));
  EXPECT_THAT(answer, HasSubstr(R"({"name":"pod","value":"p1"})"));
  EXPECT_THAT(answer, Not(HasSubstr(R"({"name":"pod","value":"p0"})")));
  EXPECT_THAT(answer, Not(HasSubstr("p2"))) << "after the last whole step";
  size_t exemplar = answer.find("exemplars");
  EXPECT_EQ(answer.find(R"("name":"service_name")", exemplar), std::string::npos)
      << "what the series is grouped by is not repeated";
  EXPECT_THAT(Query("SelectSeries", Select(R"(,"step":50,"exemplarType":1)")),
              Not(HasSubstr("exemplars")));
  // Of a call site the exemplars' values are, too.
  EXPECT_THAT(
      Query(
          "SelectSeries",
          Select(
              R"(,"step":50,"exemplarType":2,"stackTraceSelector":{"callSite":[{"name":"main"},{"name":"a"}]})")),
      HasSubstr(R"("value":"2")"));
}

TEST_F(HeatmapTest, ProfilesBySlotAndValue) {
  std::string answer =
      Query("SelectHeatmap", Select(R"(,"step":20,"queryType":1,"exemplarType":2)"));
  // 101 to 340 in twenty buckets; slots end at -60, -40, -20 and 0 s.
  std::string begins =
      R"("yMin":[101,112,124,136,148,160,172,184,196,208,220,232,244,256,268,280,292,304,316,328])";
  EXPECT_THAT(answer,
              StartsWith(R"(200 {"series":[{"slots":[{"timestamp":"1763999980000",)" + begins +
                         R"(,"counts":[1,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0],"exemplars":[)" +
                         R"({"timestamp":"1763999980000","profileId":")" + IdOf(0) +
                         R"(","value":"101","labels":[)"));
  EXPECT_THAT(answer, HasSubstr(R"({"timestamp":"1764000000000",)" + begins +
                                R"(,"counts":[0,0,0,0,0,0,0,0,1,0,0,0,0,0,0,0,0,0,0,1],)"));
  answer = Query("SelectHeatmap", Select(R"(,"step":20,"queryType":1)"));
  EXPECT_THAT(answer, Not(HasSubstr("exemplars")));
}

// A window that ends within a step: no profile stands left of where it began.
TEST_F(HeatmapTest, TheLastSlotMayEndAfterTheWindow) {
  const std::string answer = Query("SelectHeatmap", Select(R"(,"step":50,"queryType":1)"));
  EXPECT_THAT(answer, HasSubstr(R"("slots":[{"timestamp":"1763999990000",)"));
  EXPECT_THAT(answer, HasSubstr(R"({"timestamp":"1764000040000",)"));
}

TEST_F(HeatmapTest, SpansHaveHeatmapsOfTheirOwn) {
  std::string answer = Query(
      "SelectHeatmap",
      Select(
          R"(,"step":60,"queryType":"HEATMAP_QUERY_TYPE_SPAN","exemplarType":"EXEMPLAR_TYPE_SPAN")"));
  EXPECT_THAT(answer, HasSubstr(R"("counts":[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,2])"));
  EXPECT_THAT(answer, HasSubstr(R"("exemplars":[{"timestamp":"1763999990000","spanId":)"
                                R"("fedcba9876543210","value":"2","labels":[)"));
  EXPECT_THAT(answer, HasSubstr(R"("traceId":"0102030405060708090a0b0c0d0e0f10")"));
  EXPECT_THAT(answer, Not(HasSubstr("340")));
}

TEST_F(HeatmapTest, GroupsShareTheAxisAndAreLimited) {
  std::string both =
      Query("SelectHeatmap", Select(R"(,"step":60,"queryType":1,"groupBy":["service_name"])"));
  EXPECT_THAT(both, HasSubstr(R"({"labels":[{"name":"service_name","value":"bank"}],"slots":)"));
  EXPECT_THAT(both, HasSubstr(R"({"labels":[{"name":"service_name","value":"shop"}],"slots":)"));
  std::string one = Query(
      "SelectHeatmap", Select(R"(,"step":60,"queryType":1,"groupBy":["service_name"],"limit":1)"));
  EXPECT_THAT(one, HasSubstr(R"("value":"bank")"));
  EXPECT_THAT(one, Not(HasSubstr(R"("value":"shop")")));
  EXPECT_THAT(one, HasSubstr(R"("yMin":[101,)"));
  // Equal values all lie in one bucket.
  std::string equal = Query("SelectHeatmap", Select(R"(,"step":60,"queryType":2,"limit":0)"));
  EXPECT_THAT(equal, HasSubstr("series"));
  store.stored.resize(1);
  EXPECT_THAT(Query("SelectHeatmap", Select(R"(,"step":60,"queryType":1)")),
              HasSubstr(R"("counts":[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,1])"));
  store.stored.clear();
  EXPECT_EQ(Query("SelectHeatmap", Select(R"(,"step":60,"queryType":1)")), "200 {}");
}

TEST_F(HeatmapTest, RefusesBadRequests) {
  struct Row {
    std::string rest, answer;
  };
  const Row kRows[] = {
      {R"(,"step":60)", "400 query_type is missing"},
      {R"(,"step":60,"queryType":7)", "501 query_type 7"},
      {R"(,"step":60,"queryType":1,"exemplarType":3)", "400 exemplars of spans go"},
      {R"(,"step":60,"queryType":2,"exemplarType":2)", "400 exemplars of profiles go"},
      {R"(,"step":60,"queryType":2,"exemplarType":9)", "501 exemplar_type 9"},
      {R"(,"step":0,"queryType":1)", "400 step is 0"},
      {R"(,"step":60,"queryType":1,"limit":-1)", "400 limit is -1"},
  };
  for (const Row& row : kRows) {
    std::string answer = Query("SelectHeatmap", Select(row.rest));
    EXPECT_THAT(answer, StartsWith(row.answer.substr(0, 3))) << row.rest;
    EXPECT_THAT(answer, HasSubstr(row.answer.substr(4))) << row.rest;
  }
}

}  // namespace
}  // namespace anneal
