// Query calls over a handful of profiles, in JSON unless bytes matter.
#include "api/querier.h"

#include <gtest/gtest.h>
#include <querier/v1/querier.pb.h>

#include "api/api_fixture.h"

namespace anneal {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr std::string_view kCpuType = "process_cpu:cpu:nanoseconds:cpu:nanoseconds";

class QuerierTest : public ApiFixture {
 protected:
  void SetUp() override {
    for (int i = 0; i < 4; ++i) {
      const std::string service = i < 3 ? "shop" : "bank";
      MadeProfile made{.sample_types = {{"cpu", "nanoseconds"}},
                       .time_ns = kNowNs - (3 - i) * 10 * kSecondNs,
                       .samples = {{{"main", "a:10", "b:20"}, {1 + i}}, {{"main", "a:10"}, {10}}}};
      std::vector<LabelPair> labels = {{"__name__", "process_cpu"},
                                       {"service_name", service},
                                       {"pod", fmt::format("pod-{}", i % 2)},
                                       {"otel.x", "y"}};
      ASSERT_TRUE(Push(labels, made).ok());
    }
  }

  // A request's common fields, over the last minute.
  static std::string Select(std::string_view rest, std::string_view selector = "{}") {
    return fmt::format(R"({{"profileTypeID":"{}","labelSelector":"{}","start":{},"end":{}{}}})",
                       kCpuType, selector, (kNowNs - 60 * kSecondNs) / 1'000'000,
                       kNowNs / 1'000'000, rest);
  }
  static std::string Window(std::string_view rest = "") {
    return fmt::format(R"({{"start":"{}","end":"{}"{}}})", (kNowNs - 60 * kSecondNs) / 1'000'000,
                       kNowNs / 1'000'000, rest);
  }

  Result<Profile> MergeProfile(const std::string& json) {
    Result<std::string> bytes = JsonToProto("querier.v1.SelectMergeProfileRequest", json);
    HttpResponse response =
        Post("/querier.v1.QuerierService/SelectMergeProfile", "application/proto", *bytes);
    EXPECT_EQ(response.status, 200) << response.body;
    return DecodePprof(response.body);
  }
};

TEST_F(QuerierTest, ProfileTypes) {
  const std::string kExpected =
      R"(200 {"profileTypes":[{"ID":"process_cpu:cpu:nanoseconds:cpu:nanoseconds",)"
      R"("name":"process_cpu","sampleType":"cpu","sampleUnit":"nanoseconds","periodType":"cpu",)"
      R"("periodUnit":"nanoseconds"}]})";
  EXPECT_EQ(Query("ProfileTypes", Window()), kExpected);
  EXPECT_EQ(Query("ProfileTypes", "{}"), kExpected) << "without a window, the last hour";
  clock.Set(kNowNs + 7'200 * kSecondNs);
  EXPECT_EQ(Query("ProfileTypes", "{}"), "200 {}");
  EXPECT_THAT(Query("ProfileTypes", R"({"start":5})"), StartsWith("400 "));
}

TEST_F(QuerierTest, LabelNamesAndValues) {
  EXPECT_EQ(Query("LabelNames", Window()),
            R"(200 {"names":["__name__","__period_type__","__period_unit__","__profile_type__",)"
            R"("__service_name__","__type__","__unit__","pod","service_name"]})");
  EXPECT_EQ(Query("LabelNames", Window(R"(,"matchers":["{service_name=\"none\"}"])")), "200 {}");
  EXPECT_EQ(Query("LabelValues", Window(R"(,"name":"service_name")")),
            R"(200 {"names":["bank","shop"]})");
  EXPECT_EQ(Query("LabelValues", Window(R"(,"name":"pod","matchers":["{service_name=\"bank\"}"])")),
            R"(200 {"names":["pod-1"]})");
  EXPECT_EQ(
      Query("LabelValues",
            Window(R"(,"name":"pod","matchers":["{service_name=\"bank\"}","{pod=\"pod-0\"}"])")),
      "200 {}")
      << "every matcher must hold";
  EXPECT_EQ(Query("LabelValues", Window(R"(,"name":"otel.x")")), R"(200 {"names":["y"]})");
  EXPECT_THAT(Query("LabelValues", Window()), HasSubstr("name is missing"));
}

TEST_F(QuerierTest, NamesThatOldClientsCannotWriteAreHiddenUnlessAccepted) {
  HttpRequest request{
      .method = "POST", .target = "/querier.v1.QuerierService/LabelNames", .body = Window()};
  request.headers.Add("Content-Type", "application/json");
  EXPECT_THAT(Send(request).body, testing::Not(HasSubstr("otel.x")));
  request.headers.Add("Accept", "*/*;allow-utf8-labelnames=true");
  EXPECT_THAT(Send(request).body, HasSubstr("otel.x"));
  request.target = "/querier.v1.QuerierService/Series";
  EXPECT_THAT(Send(request).body, HasSubstr("otel.x"));
  request.headers.Set("Accept", "*/*");
  EXPECT_THAT(Send(request).body, testing::Not(HasSubstr("otel.x")));
  request.headers.Set("Accept", "nonsense");
  EXPECT_EQ(Send(request).status, 400);
}

TEST_F(QuerierTest, Series) {
  EXPECT_EQ(
      Query("Series", Window(R"(,"labelNames":["service_name","pod"])")),
      R"(200 {"labelsSet":[)"
      R"({"labels":[{"name":"pod","value":"pod-0"},{"name":"service_name","value":"shop"}]},)"
      R"({"labels":[{"name":"pod","value":"pod-1"},{"name":"service_name","value":"bank"}]},)"
      R"({"labels":[{"name":"pod","value":"pod-1"},{"name":"service_name","value":"shop"}]}]})");
  EXPECT_EQ(Query("Series", Window(R"(,"label_names":["pod"],"matchers":["{pod!~\".*-0\"}"])")),
            R"(200 {"labelsSet":[{"labels":[{"name":"pod","value":"pod-1"}]}]})");
}

TEST_F(QuerierTest, MergesToPprof) {
  Result<Profile> profile = MergeProfile(Select(""));
  ASSERT_TRUE(profile.ok());
  EXPECT_EQ(Show(*profile), "main;a:10 40\nmain;a:10;b:20 10\n");
  EXPECT_EQ(profile->functions[0].start_line, 1) << "the compiler needs it";
  profile = MergeProfile(Select("", R"({service_name=\"bank\"})"));
  EXPECT_EQ(Show(*profile), "main;a:10 10\nmain;a:10;b:20 4\n");
  profile = MergeProfile(Select("", R"({service_name=\"none\"})"));
  ASSERT_TRUE(profile.ok()) << "nothing there is an empty profile, no error";
  EXPECT_EQ(profile->SampleCount(), 0u);
}

TEST_F(QuerierTest, WindowsAreInclusive) {
  auto at = [&](int64_t start_ns, int64_t end_ns) {
    Result<Profile> profile = MergeProfile(
        fmt::format(R"({{"profileTypeID":"{}","labelSelector":"{{}}","start":{},"end":{}}})",
                    kCpuType, start_ns / 1'000'000, end_ns / 1'000'000));
    return Show(*profile);
  };
  EXPECT_EQ(at(kNowNs - 10 * kSecondNs, kNowNs - 10 * kSecondNs),
            "main;a:10 10\nmain;a:10;b:20 3\n");
  EXPECT_EQ(at(kNowNs - 20 * kSecondNs, kNowNs - 10 * kSecondNs),
            "main;a:10 20\nmain;a:10;b:20 5\n");
  EXPECT_EQ(at(kNowNs - 9 * kSecondNs, kNowNs - 1 * kSecondNs), "");
}

TEST_F(QuerierTest, ZeroesAreLeftOutOfJson) {
  const std::string nothing = Select("", R"({service_name=\"none\"})");
  EXPECT_EQ(Query("SelectMergeStacktraces", Select(R"(,"format":2)", R"({pod=\"none\"})")),
            "200 {}");
  EXPECT_EQ(Query("Diff", fmt::format(R"({{"left":{0},"right":{0}}})", nothing)),
            R"(200 {"flamegraph":{"names":["total"],"levels":[)"
            R"({"values":["0","0","0","0","0","0","0"]}]}})");
}

TEST_F(QuerierTest, MergesInEveryFormat) {
  EXPECT_EQ(Query("SelectMergeStacktraces", Select("")),
            R"(200 {"flamegraph":{"names":["total","main","a","b"],"levels":[)"
            R"({"values":["0","50","0","0"]},{"values":["0","50","0","1"]},)"
            R"({"values":["0","50","40","2"]},{"values":["40","10","10","3"]}],)"
            R"("total":"50","maxSelf":"40"}})");
  EXPECT_THAT(Query("SelectMergeStacktraces", Select(R"(,"maxNodes":2)")), HasSubstr("other"));
  EXPECT_THAT(Query("SelectMergeStacktraces", Select(R"(,"format":"PROFILE_FORMAT_TREE")")),
              StartsWith(R"(200 {"tree":")"));
  std::string pprof =
      Query("SelectMergeStacktraces", Select(R"(,"format":"PROFILE_FORMAT_PPROF")"));
  EXPECT_THAT(pprof, StartsWith(R"(200 {"pprof":{"profile":{"sampleType":[{"type":")"));
  EXPECT_THAT(pprof, HasSubstr(R"("startLine":"1")"));
  std::string dot = Query("SelectMergeStacktraces", Select(R"(,"format":"PROFILE_FORMAT_DOT")"));
  EXPECT_THAT(dot, StartsWith(R"(200 {"dot":"digraph \"process_cpu:cpu:)"));
  EXPECT_THAT(dot, HasSubstr(R"(N1 -\u003e N3 [label=\" 10ns\")"));
  dot = Query("SelectMergeStacktraces", Select(R"(,"format":3,"maxNodes":1)"));
  EXPECT_THAT(dot, HasSubstr("Showing 1 nodes out of 3"));
  EXPECT_THAT(Query("SelectMergeStacktraces", Select(R"(,"format":77)")), StartsWith("501 "));
}

TEST_F(QuerierTest, PprofFormatWrapsTheSameProfile) {
  Result<std::string> request = JsonToProto("querier.v1.SelectMergeStacktracesRequest",
                                            Select(R"(,"format":"PROFILE_FORMAT_PPROF")"));
  HttpResponse response =
      Post("/querier.v1.QuerierService/SelectMergeStacktraces", "application/proto", *request);
  querier::v1::SelectMergeStacktracesResponse message;
  ASSERT_TRUE(message.ParseFromString(response.body));
  EXPECT_FALSE(message.has_flamegraph());
  Result<Profile> profile = DecodePprof(message.pprof().profile().SerializeAsString());
  ASSERT_TRUE(profile.ok()) << profile.status().message();
  EXPECT_EQ(Show(*profile), "main;a:10 40\nmain;a:10;b:20 10\n");
}

TEST_F(QuerierTest, StackTraceSelectors) {
  Result<Profile> profile =
      MergeProfile(Select(R"(,"stackTraceSelector":{"goPgo":{"keepLocations":1}})"));
  EXPECT_EQ(Show(*profile), "a:10 40\nb:20 10\n");
  profile = MergeProfile(
      Select(R"(,"stackTraceSelector":{"goPgo":{"keepLocations":5,"aggregateCallees":true}})"));
  EXPECT_THAT(Show(*profile), HasSubstr("main;a:10;b:0 10\n")) << "the caller keeps its line";
  EXPECT_THAT(Show(*profile), HasSubstr("main;a:0 40\n"));
  profile = MergeProfile(
      Select(R"(,"stackTraceSelector":{"callSite":[{"name":"main"},{"name":"a"},{"name":"b"}]})"));
  EXPECT_EQ(Show(*profile), "main;a:10;b:20 10\n");
}

// Shapes are for the compiler; people see them shortened, and may select what they see.
TEST_F(QuerierTest, GoShapesAreShortenedForDisplayOnly) {
  ASSERT_TRUE(Push({{"__name__", "process_cpu"}, {"service_name", "generic"}},
                   {.sample_types = {{"cpu", "nanoseconds"}},
                    .time_ns = kNowNs,
                    .samples = {{{"main", "f[go.shape.int]"}, {3}},
                                {{"main", "f[go.shape.string]", "g"}, {4}}}})
                  .ok());
  const std::string_view kGeneric = R"({service_name=\"generic\"})";
  EXPECT_THAT(Query("SelectMergeStacktraces", Select("", kGeneric)),
              HasSubstr(R"("names":["total","main","f[...]","g"],"levels":[{"values":["0","7","0",)"
                        R"("0"]},{"values":["0","7","0","1"]},{"values":["0","7","3","2"]})"));
  EXPECT_THAT(
      Query("SelectMergeStacktraces", Select(R"(,"format":"PROFILE_FORMAT_DOT")", kGeneric)),
      HasSubstr(R"(\"f[...]\\n3ns)"));
  EXPECT_EQ(Show(*MergeProfile(Select("", kGeneric))),
            "main;f[go.shape.int] 3\nmain;f[go.shape.string];g 4\n");
  for (std::string_view name : {"f[...]", "f[go.shape.string]"}) {
    Result<Profile> profile = MergeProfile(Select(
        fmt::format(
            R"(,"stackTraceSelector":{{"callSite":[{{"name":"main"}},{{"name":"{}"}},{{"name":"g"}}]}})",
            name),
        kGeneric));
    EXPECT_EQ(Show(*profile), "main;f[go.shape.string];g 4\n") << name;
  }
}

TEST_F(QuerierTest, CutStacksAreRejoinedOnRequest) {
  MadeSample whole{{}, {1}}, cut{{}, {2}};
  for (int i = 0; i < 40; ++i) whole.frames.push_back(fmt::format("f{}", i));
  for (int i = 16; i < 80; ++i) cut.frames.push_back(fmt::format("f{}", i));
  ASSERT_TRUE(
      Push({{"__name__", "process_cpu"}, {"service_name", "deep"}},
           {.sample_types = {{"cpu", "nanoseconds"}}, .time_ns = kNowNs, .samples = {whole, cut}})
          .ok());
  const std::string_view kDeep = R"({service_name=\"deep\"})";
  EXPECT_THAT(Show(*MergeProfile(Select("", kDeep))), testing::Not(HasSubstr("f0;f1;f2 ")));
  EXPECT_THAT(Show(*MergeProfile(Select("", kDeep))), HasSubstr("\nf16;"));
  const std::string_view kRejoin = R"(,"stackTraceSelector":{"rejoinTruncated":true})";
  EXPECT_THAT(Show(*MergeProfile(Select(kRejoin, kDeep))), testing::Not(HasSubstr("\nf16;")));
  EXPECT_THAT(Query("SelectMergeStacktraces", Select(kRejoin, kDeep)),
              HasSubstr(R"({"values":["0","3","0","0"]},{"values":["0","3","0","1"]})"))
      << "one root";
}

TEST_F(QuerierTest, SelectSeries) {
  // Ten-second steps back from now: one profile each.
  EXPECT_EQ(Query("SelectSeries", Select(R"(,"step":10)")),
            fmt::format(R"(200 {{"series":[{{"points":[{{"value":11,"timestamp":"{}"}},)"
                        R"({{"value":12,"timestamp":"{}"}},{{"value":13,"timestamp":"{}"}},)"
                        R"({{"value":14,"timestamp":"{}"}}]}}]}})",
                        1763999970000, 1763999980000, 1763999990000, 1764000000000));
  EXPECT_EQ(Query("SelectSeries", Select(R"(,"step":60,"groupBy":["service_name"])")),
            R"(200 {"series":[{"labels":[{"name":"service_name","value":"shop"}],"points":)"
            R"([{"value":36,"timestamp":"1764000000000"}]},)"
            R"({"labels":[{"name":"service_name","value":"bank"}],"points":)"
            R"([{"value":14,"timestamp":"1764000000000"}]}]})");
  EXPECT_EQ(Query("SelectSeries", Select(R"(,"step":60,"groupBy":["service_name"],"limit":1)")),
            R"(200 {"series":[{"labels":[{"name":"service_name","value":"shop"}],"points":)"
            R"([{"value":36,"timestamp":"1764000000000"}]}]})");
  EXPECT_THAT(Query("SelectSeries",
                    Select(R"(,"step":60,"aggregation":"TIME_SERIES_AGGREGATION_TYPE_AVERAGE")")),
              HasSubstr(R"("value":12.5)"));
  EXPECT_THAT(
      Query(
          "SelectSeries",
          Select(
              R"(,"step":60,"stackTraceSelector":{"callSite":[{"name":"main"},{"name":"a"},{"name":"b"}]})")),
      HasSubstr(R"("value":10,)"));
  EXPECT_EQ(Query("SelectSeries", Select(R"(,"step":10)", R"({pod=\"none\"})")), "200 {}");
}

// (t − step, t]; the first point reaches back; what follows the last whole step is dropped.
TEST_F(QuerierTest, SeriesStepsHoldTheirEndOnly) {
  auto points = [&](int64_t start_ns, int64_t end_ns, double step) {
    return Query(
        "SelectSeries",
        fmt::format(
            R"({{"profileTypeID":"{}","labelSelector":"{{}}","start":{},"end":{},"step":{}}})",
            kCpuType, start_ns / 1'000'000, end_ns / 1'000'000, step));
  };
  // Profiles lie at −30, −20, −10 and 0 s and count 11 to 14.
  EXPECT_EQ(points(kNowNs - 25 * kSecondNs, kNowNs - 6 * kSecondNs, 10),
            R"(200 {"series":[{"points":[{"value":11,"timestamp":"1763999975000"},)"
            R"({"value":12,"timestamp":"1763999985000"}]}]})");
  EXPECT_EQ(points(kNowNs - 20 * kSecondNs, kNowNs - 20 * kSecondNs, 10),
            R"(200 {"series":[{"points":[{"value":12,"timestamp":"1763999980000"}]}]})");
  EXPECT_EQ(points(kNowNs - 25 * kSecondNs, kNowNs, 1000),
            R"(200 {"series":[{"points":[{"value":11,"timestamp":"1763999975000"}]}]})");
}

// A client that has just pushed looks for its profile at the millisecond that it began in.
TEST_F(QuerierTest, SeriesPointsAreOfMilliseconds) {
  ASSERT_TRUE(Push({{"__name__", "process_cpu"}, {"service_name", "canary"}},
                   {.sample_types = {{"cpu", "nanoseconds"}},
                    .time_ns = kNowNs - 5 * kSecondNs + 999'999,
                    .samples = {{{"main"}, {7}}}})
                  .ok());
  auto points = [&](int64_t start_ms, int64_t end_ms, double step) {
    return Query(
        "SelectSeries",
        fmt::format(R"({{"profileTypeID":"{}","labelSelector":"{{service_name=\"canary\"}}",)"
                    R"("start":{},"end":{},"step":{}}})",
                    kCpuType, start_ms, end_ms, step));
  };
  const int64_t began_ms = (kNowNs - 5 * kSecondNs) / 1'000'000;
  const std::string kAtItsBegin =
      R"(200 {"series":[{"points":[{"value":7,"timestamp":"1763999995000"}]}]})";
  EXPECT_EQ(points(began_ms, began_ms + 5'000, 1'000), kAtItsBegin);
  EXPECT_EQ(points(began_ms - 10, began_ms + 5'000, 0.01), kAtItsBegin);
  EXPECT_EQ(points(began_ms - 10, began_ms + 9, 0.01), kAtItsBegin) << "in the last point";
  EXPECT_EQ(points(began_ms - 10, began_ms, 0.01), "200 {}") << "after the window";
  EXPECT_EQ(points(began_ms + 10, began_ms + 20, 0.01), "200 {}") << "in the point before";
}

TEST_F(QuerierTest, DiffAndStats) {
  std::string both =
      fmt::format(R"({{"left":{},"right":{}}})", Select("", R"({service_name=\"shop\"})"),
                  Select("", R"({service_name=\"bank\"})"));
  EXPECT_THAT(Query("Diff", both),
              StartsWith(R"(200 {"flamegraph":{"names":["total","main","a","b"],"levels":)"
                         R"([{"values":["0","36","0","0","14","0","0"]})"));
  EXPECT_EQ(Query("GetProfileStats", "{}"),
            R"(200 {"dataIngested":true,"oldestProfileTime":"1763999970000",)"
            R"("newestProfileTime":"1764000000000"})");
  EXPECT_EQ(Query("AnalyzeQuery", R"({"query":"{}"})"), "200 {}");
  store.stored.clear();
  EXPECT_EQ(Query("GetProfileStats", "{}"), "200 {}");
  EXPECT_THAT(Query("SelectMergeStacktraces", Select("")), StartsWith("200 "));
}

TEST_F(QuerierTest, ProfileIdsSelect) {
  std::string id = "00000000-0000-0000-0000-000000000000";
  Result<Profile> profile = MergeProfile(Select(fmt::format(R"(,"profileIdSelector":["{}"])", id)));
  EXPECT_EQ(profile->SampleCount(), 0u);
  id.clear();
  for (uint8_t byte : store.stored[1].id) id += fmt::format("{:02x}", byte);
  profile = MergeProfile(Select(fmt::format(R"(,"profileIdSelector":["{}"])", id)));
  EXPECT_EQ(Show(*profile), "main;a:10 10\nmain;a:10;b:20 2\n");
  EXPECT_THAT(Query("SelectMergeProfile", Select(R"(,"profileIdSelector":["x"])")),
              HasSubstr("no UUID"));
}

TEST_F(QuerierTest, RefusesBadRequests) {
  struct Row {
    std::string_view method;
    std::string json;
    std::string_view answer;
  };
  const std::string kHead = fmt::format(R"("profileTypeID":"{}","labelSelector":"{{}}")", kCpuType);
  const Row kRows[] = {
      {"SelectMergeProfile", "{}", "profile type ``"},
      {"SelectMergeProfile", R"({"profileTypeID":"cpu"})", "profile type `cpu`"},
      {"SelectMergeProfile", Select("", ""), "empty"},
      {"SelectMergeProfile", Select("", "{a=b}"), "must be quoted"},
      {"SelectMergeProfile", "{" + kHead + "}", "start and end must be given"},
      {"SelectMergeProfile", "{" + kHead + R"(,"start":5})", "start and end must be given"},
      {"SelectMergeProfile", "{" + kHead + R"(,"start":-5,"end":5})",
       "start and end must be given"},
      {"SelectMergeProfile", "{" + kHead + R"(,"start":6,"end":5})", "is after end"},
      {"SelectMergeProfile", Select(R"(,"traceIdSelector":["x"])"), "`x` is no trace id"},
      {"SelectMergeStacktraces", Select(R"(,"maxNodes":-1)"), "must not be negative"},
      {"SelectMergeStacktraces", Select(R"(,"maxNodes":1048577)"), "limits.flame_nodes"},
      {"SelectMergeStacktraces", Select(R"(,"async":{"type":7})"), "async of type 7"},
      {"SelectMergeStacktraces", Select(R"(,"spanSelector":["x"])"), "`x` is no span id"},
      {"SelectMergeStacktraces",
       Select(
           R"(,"spanSelector":["00000000000000ab"],"trace_id_selector":["000000000000000000000000000000ab"])"),
       "cannot be combined"},
      {"SelectMergeSpanProfile", Select(R"(,"spanSelector":["ab"])"), "no span id"},
      {"SelectMergeSpanProfile", Select(R"(,"format":4)"), "format 4"},
      {"SelectSeries", Select(""), "step is 0"},
      {"SelectSeries", Select(R"(,"step":-1)"), "step is -1"},
      {"SelectSeries", Select(R"(,"step":"NaN")"), "step is nan"},
      {"SelectSeries", Select(R"(,"step":0.0001)"), "0.001 s or more"},
      {"SelectSeries", Select(R"(,"step":10,"limit":-1)"), "limit is -1"},
      {"SelectSeries", Select(R"(,"step":10,"exemplarType":"EXEMPLAR_TYPE_SPAN")"),
       "SelectHeatmap"},
      {"SelectSeries", Select(R"(,"step":10,"exemplarType":9)"), "exemplar_type 9"},
      {"SelectSeries", Select(R"(,"step":10,"aggregation":7)"), "aggregation 7"},
      {"SelectSeries", "{" + kHead + R"(,"start":1,"end":9223372036854775807,"step":0.001})",
       "limits.series_points"},
      {"LabelNames", "{}", "start and end must be given"},
      {"LabelNames", Window(R"(,"matchers":[""])"), "empty"},
      {"Series", Window(R"(,"matchers":["{a=~\"(\"}"])"), "bad pattern"},
      {"Diff", "{}", "profile type"},
  };
  for (const Row& row : kRows) {
    std::string answer = Query(row.method, row.json);
    EXPECT_THAT(answer, testing::AnyOf(StartsWith("400 {\"code\":\"invalid_argument\""),
                                       StartsWith("501 {\"code\":\"unimplemented\"")))
        << row.json;
    EXPECT_THAT(answer, HasSubstr(std::string(row.answer))) << row.json;
  }
}

TEST_F(QuerierTest, EndsOfTimeDoNotOverflow) {
  const std::string kForever = fmt::format(
      R"({{"profileTypeID":"{}","labelSelector":"{{}}","start":1,"end":9223372036854775807)",
      kCpuType);
  EXPECT_THAT(Query("SelectMergeProfile", kForever + "}"), StartsWith("200 "));
  EXPECT_THAT(Query("SelectSeries", kForever + R"(,"step":1e18})"), StartsWith("200 "));
  EXPECT_THAT(Query("SelectSeries", kForever + R"(,"step":"Infinity"})"), StartsWith("200 "));
  const std::string kEnd =
      fmt::format(R"({{"profileTypeID":"{}","labelSelector":"{{}}","start":9223372036854775807,)"
                  R"("end":9223372036854775807,"step":1}})",
                  kCpuType);
  EXPECT_EQ(Query("SelectSeries", kEnd), "200 {}");
}

// What lies further back is cut off silently; a window wholly there is empty, no error.
TEST_F(QuerierTest, LookbackCanBeLimited) {
  Use({.limits = {.max_query_lookback_ns = 15 * kSecondNs}});
  EXPECT_EQ(Show(*MergeProfile(Select(""))), "main;a:10 20\nmain;a:10;b:20 7\n");
  EXPECT_EQ(Query("SelectSeries", Select(R"(,"step":10)")),
            R"(200 {"series":[{"points":[{"value":12,"timestamp":"1763999985000"},)"
            R"({"value":13,"timestamp":"1763999995000"}]}]})")
      << "steps begin where the window does now; the first reaches back as ever";
  std::string old = fmt::format(R"("start":{},"end":{})", (kNowNs - 60 * kSecondNs) / 1'000'000,
                                (kNowNs - 20 * kSecondNs) / 1'000'000);
  std::string type = fmt::format(R"("profileTypeID":"{}","labelSelector":"{{}}",)", kCpuType);
  EXPECT_EQ(Query("LabelNames", "{" + old + "}"), "200 {}");
  EXPECT_EQ(Query("SelectSeries", "{" + type + R"("step":10,)" + old + "}"), "200 {}");
  EXPECT_EQ(Show(*MergeProfile("{" + type + old + "}")), "");
}

TEST_F(QuerierTest, QueryLengthCanBeLimited) {
  Use({.limits = {.max_query_length_ns = 30 * kSecondNs}});
  std::string answer = Query("SelectMergeProfile", Select(""));
  EXPECT_THAT(answer, StartsWith("400 "));
  EXPECT_THAT(answer, HasSubstr("max_query_length allows 30 s"));
}

}  // namespace
}  // namespace anneal
