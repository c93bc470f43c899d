// The plain HTTP pages, through the whole Api.
#include "api/render.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "api/api_fixture.h"

namespace anneal {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

// process_cpu:cpu:nanoseconds:cpu:nanoseconds{} and a selector, percent-encoded.
std::string CpuQuery(std::string_view selector = "{}") {
  return PercentEncode(fmt::format("process_cpu:cpu:nanoseconds:cpu:nanoseconds{}", selector));
}

class RenderTest : public ApiFixture {
 protected:
  void SetUp() override {
    for (int i = 0; i < 3; ++i) {
      ASSERT_TRUE(Push({{"__name__", "process_cpu"},
                        {"service_name", i < 2 ? "shop" : "bank"},
                        {"pod", fmt::format("p{}", i)}},
                       {.sample_types = {{"cpu", "nanoseconds"}},
                        .time_ns = kNowNs - (60 - i * 15) * kSecondNs,
                        .samples = {{{"main", "a", "b"}, {1 + i}}, {{"main", "a"}, {10}}}})
                      .ok());
    }
  }

  std::string Get(const std::string& target) {
    HttpResponse response = Send({.method = "GET", .target = target});
    return fmt::format("{} {}", response.status, response.body);
  }
  nlohmann::json GetJson(const std::string& target) {
    HttpResponse response = Send({.method = "GET", .target = target});
    EXPECT_EQ(response.status, 200) << response.body;
    EXPECT_EQ(response.headers.Get("Content-Type"), "application/json");
    return nlohmann::json::parse(response.body, nullptr, false);
  }
};

TEST_F(RenderTest, FlameGraphWithTimeline) {
  EXPECT_EQ(Get("/pyroscope/render?from=now-1m&until=now&query=" + CpuQuery()),
            R"(200 {"version":1,"flamebearer":{"names":["total","main","a","b"],)"
            R"("levels":[[0,36,0,0],[0,36,0,1],[0,36,30,2],[30,6,6,3]],)"
            R"("numTicks":36,"maxSelf":30},"metadata":{"format":"single","spyName":"",)"
            R"("sampleRate":1000000000,"units":"samples","name":"cpu"},)"
            R"("timeline":{"startTime":1763999940,"samples":[11,12,13,0],"durationDelta":15,)"
            R"("watermarks":null},"groups":null,"heatmap":null})");
}

TEST_F(RenderTest, GroupsAndAggregation) {
  nlohmann::json json =
      GetJson("/pyroscope/render?from=now-1m&groupBy=service_name&query=" + CpuQuery());
  EXPECT_EQ(json["groups"]["shop"]["samples"].dump(), "[11,12,0,0]");
  EXPECT_EQ(json["groups"]["bank"]["samples"].dump(), "[0,0,13,0]");
  EXPECT_EQ(json["timeline"]["samples"].dump(), "[11,12,13,0]");
  json = GetJson("/pyroscope/render?from=now-25h&aggregation=avg&query=" + CpuQuery());
  EXPECT_EQ(json["timeline"]["durationDelta"], 60);
  EXPECT_EQ(json["timeline"]["samples"].size(), 25u * 60);
  EXPECT_EQ(json["timeline"]["samples"].back(), 11) << "and the last two in the point at the end";
  json = GetJson("/pyroscope/render?from=now-1m&aggregation=nonsense&query=" + CpuQuery());
  EXPECT_EQ(json["timeline"]["samples"].dump(), "[11,12,13,0]");
}

TEST_F(RenderTest, SelectorsTypesAndNodes) {
  nlohmann::json json = GetJson("/pyroscope/render?from=now-1m&query=" +
                                CpuQuery(R"({service_name="shop",pod!~"p[1-9]","x\"y"!="z"})"));
  EXPECT_EQ(json["flamebearer"]["numTicks"], 11);
  json = GetJson(
      "/pyroscope/render?query=" +
      PercentEncode(R"({__name__="process_cpu:cpu:nanoseconds:cpu:nanoseconds",pod="p2"})"));
  EXPECT_EQ(json["flamebearer"]["numTicks"], 13) << "the last hour, without a window";
  for (std::string_view field : {"maxNodes", "max-nodes"}) {
    json = GetJson(fmt::format("/pyroscope/render?{}=1&query={}", field, CpuQuery()));
    EXPECT_THAT(json["flamebearer"]["names"].dump(), HasSubstr("other")) << field;
  }
  json = GetJson("/pyroscope/render?maxNodes=many&query=" + CpuQuery());
  EXPECT_EQ(json["flamebearer"]["names"].size(), 4u);
  json = GetJson("/pyroscope/render?query=" + CpuQuery(R"({service_name="none"})"));
  EXPECT_EQ(json["flamebearer"]["levels"].dump(), "[[0,0,0,0]]");
}

TEST_F(RenderTest, WhatIsNoTimeIsNow) {
  nlohmann::json json =
      GetJson("/pyroscope/render?from=now-30s&until=tomorrow&query=" + CpuQuery());
  EXPECT_EQ(json["flamebearer"]["numTicks"], 13);
  json = GetJson("/pyroscope/render?from=yesterday&query=" + CpuQuery());
  EXPECT_EQ(json["flamebearer"]["numTicks"], 0);
}

TEST_F(RenderTest, Dot) {
  HttpResponse response =
      Send({.method = "GET", .target = "/pyroscope/render?format=dot&query=" + CpuQuery()});
  EXPECT_EQ(response.status, 200);
  EXPECT_THAT(response.headers.Get("Content-Type"), StartsWith("text/plain"));
  EXPECT_THAT(response.body, StartsWith("digraph "));
}

TEST_F(RenderTest, Diff) {
  std::string window = "&leftFrom=now-1m&leftUntil=now&rightFrom=now-1m&rightUntil=now";
  EXPECT_EQ(Get("/pyroscope/render-diff?leftQuery=" + CpuQuery(R"({service_name="shop"})") +
                "&rightQuery=" + CpuQuery(R"({service_name="bank"})") + window),
            R"(200 {"version":1,"flamebearer":{"names":["total","main","a","b"],)"
            R"("levels":[[0,23,0,0,13,0,0],[0,23,0,0,13,0,1],[0,23,20,0,13,10,2],)"
            R"([20,3,3,10,3,3,3]],"numTicks":36,"maxSelf":20},"metadata":{"format":"double",)"
            R"("spyName":"","sampleRate":1000000000,"units":"samples","name":"cpu"},)"
            R"("timeline":null,"groups":null,"heatmap":null,"leftTicks":23,"rightTicks":13})");
  EXPECT_THAT(Get("/pyroscope/render-diff?leftQuery=" + CpuQuery() +
                  "&rightQuery=" + PercentEncode("memory:inuse_space:bytes:space:bytes{}")),
              testing::AllOf(StartsWith("400 "), HasSubstr("must be of one")));
  EXPECT_THAT(Get("/pyroscope/render-diff?leftQuery=" + CpuQuery()), HasSubstr("rightQuery is"));
}

TEST_F(RenderTest, LabelValues) {
  EXPECT_EQ(Get("/pyroscope/label-values?label=service_name"), R"(200 ["bank","shop"])");
  EXPECT_EQ(Get("/pyroscope/label-values?label=__name__"),
            R"(200 ["process_cpu:cpu:nanoseconds:cpu:nanoseconds"])");
  EXPECT_EQ(Get("/pyroscope/label-values?label=none"), "200 []");
  EXPECT_THAT(Get("/pyroscope/label-values"), StartsWith("400 "));
  store.stored.clear();
  EXPECT_EQ(Get("/pyroscope/label-values?label=service_name"), "200 []");
}

TEST_F(RenderTest, RefusesBadRequests) {
  struct Row {
    std::string target, answer;
  };
  const Row kRows[] = {
      {"", "query is missing"},
      {"?query=", "query is missing"},
      {"?query=%7B%7D", "profile type"},
      {"?query=cpu%7B%7D", "profile type `cpu`"},
      {"?query=" + CpuQuery("{a=b}"), "must be quoted"},
      {"?from=0&query=" + CpuQuery(), "start and end must be given"},
      {"?from=now&until=now-1h&query=" + CpuQuery(), "is after end"},
      {"?maxNodes=-4&query=" + CpuQuery(), "must not be negative"},
      {"?maxNodes=1048577&query=" + CpuQuery(), "limits.flame_nodes"},
  };
  for (const Row& row : kRows) {
    EXPECT_THAT(
        Get("/pyroscope/render" + row.target),
        testing::AllOf(StartsWith(R"(400 {"code":"invalid_argument",)"), HasSubstr(row.answer)))
        << row.target;
  }
  EXPECT_EQ(Post("/pyroscope/render", "", "").status, 405);
  Use({.tenancy = Tenancy::kHeader});
  EXPECT_EQ(Send({.method = "GET", .target = "/pyroscope/render?query=" + CpuQuery()}).status, 401);
  EXPECT_EQ(Send({.method = "GET", .target = "/api/v1/status/buildinfo"}).status, 200);
}

TEST_F(RenderTest, StatusPages) {
  Use({.limits = {.max_series_points = 7},
       .config = {.effective = "a: 1\n", .defaults = "a: 2\n", .diff = "a: 3\n"}});
  EXPECT_EQ(Get("/api/v1/status/config"), "200 a: 1\n");
  EXPECT_EQ(Get("/api/v1/status/config/default"), "200 a: 2\n");
  EXPECT_EQ(Get("/api/v1/status/config/diff"), "200 a: 3\n");
  EXPECT_THAT(Get("/api/v1/tenant_limits"), HasSubstr(R"("series_points":7)"));
  EXPECT_EQ(Get("/runtime_config"), "200 overrides: {}\n");
  HttpResponse response = Send({.method = "GET", .target = "/comparison?query=x"});
  EXPECT_EQ(response.status, 302);
  EXPECT_EQ(response.headers.Get("Location"), "/");
}

}  // namespace
}  // namespace anneal
