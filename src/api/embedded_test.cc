// The embedded engine answers every call as the store in memory does, byte for byte.
#include "store/embedded.h"

#include <gtest/gtest.h>
#include <push/v1/push.pb.h>

#include <filesystem>
#include <future>

#include "api/api_fixture.h"

namespace anneal {
namespace {

class EmbeddedTest : public ApiFixture {
 protected:
  void SetUp() override {
    directory_ = testing::TempDir() + "anneal_api_" +
                 testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(directory_);
    Result<std::unique_ptr<Store>> opened =
        OpenEmbedded({.directory = directory_, .clock = &clock});
    ASSERT_TRUE(opened.ok()) << opened.status().message();
    embedded_ = *std::move(opened);
    embedded_api_ = std::make_unique<Api>(*embedded_, clock, ApiOptions());
  }
  void TearDown() override {
    embedded_api_.reset();
    embedded_.reset();
    std::filesystem::remove_all(directory_);
  }

  void PushToBoth(const std::vector<LabelPair>& labels, const MadeProfile& made) {
    ASSERT_TRUE(Push(labels, made).ok());
    std::promise<Status> pushed;
    embedded_api_->Push("anonymous", labels, EncodePprof(Make(made)), {},
                        [&](Status status) { pushed.set_value(std::move(status)); });
    Status status = pushed.get_future().get();
    ASSERT_TRUE(status.ok()) << status.message();
  }

  static std::string Answer(Api& api, std::string_view method, std::string_view json) {
    HttpRequest request{.method = "POST",
                        .target = fmt::format("/querier.v1.QuerierService/{}", method),
                        .body = std::string(json)};
    request.headers.Add("Content-Type", "application/json");
    request.headers.Add("Accept", "*/*;allow-utf8-labelnames=true");
    std::string answer;
    api.Handle(std::move(request), [&](HttpResponse response) {
      answer = fmt::format("{} {}", response.status, response.body);
    });
    return answer;
  }

  std::string directory_;
  std::unique_ptr<Store> embedded_;
  std::unique_ptr<Api> embedded_api_;
};

// Two services, two types, labels of samples, repeats, zeros, and a day's change.
std::vector<std::pair<std::vector<LabelPair>, MadeProfile>> Pushes() {
  std::vector<std::pair<std::vector<LabelPair>, MadeProfile>> pushes;
  constexpr int64_t kDayNs = 86'400 * kSecondNs;
  for (int i = 0; i < 12; ++i) {
    std::vector<LabelPair> labels = {{"__name__", "process_cpu"},
                                     {"service_name", i % 3 == 0 ? "bank" : "shop"},
                                     {"pod.name", fmt::format("p{}", i % 2)}};
    MadeProfile made{
        .time_ns = kNowNs - i % 10 * kDayNs / 4,
        .samples = {
            {{"main", "a:10", "b:20"}, {1, 10 + i}},
            {{"main", "a:10"}, {0, 3}},
            {{"main", "a:10"}, {1, 4}, {{"tier", "gold"}}},
            {{"main", "b:20", "a:10"}, {0, 0}},
            {{"main", fmt::format("f{}", i % 5)}, {2, 5}, {{"span_id", "00000000000000ab"}}},
            {{"main", "neg"}, {-1, 5}}}};
    pushes.emplace_back(labels, made);
  }
  pushes.push_back(pushes[3]);
  return pushes;
}

TEST_F(EmbeddedTest, AnswersAsTheStoreInMemory) {
  for (const auto& [labels, made] : Pushes()) PushToBoth(labels, made);
  const std::pair<int64_t, int64_t> kWindows[] = {{kNowNs - 864'000 * kSecondNs, kNowNs},
                                                  {kNowNs, kNowNs},
                                                  {kNowNs - 90'000 * kSecondNs, kNowNs - kSecondNs},
                                                  {kSecondNs, 2 * kSecondNs}};
  const std::string_view kSelectors[] = {"{}",
                                         R"({service_name=\"shop\"})",
                                         R"({service_name!=\"shop\",\"pod.name\"=~\"p[0-1]\"})",
                                         R"({tier=\"gold\"})",
                                         R"({tier=\"\"})",
                                         R"({tier!~\".+\"})",
                                         R"({none=\"x\"})"};
  const std::pair<std::string_view, std::string_view> kCalls[] = {
      {"ProfileTypes", ""},
      {"LabelNames", ""},
      {"LabelValues", R"(,"name":"pod.name")"},
      {"LabelValues", R"(,"name":"tier")"},
      {"Series", ""},
      {"Series", R"(,"labelNames":["tier","service_name"])"},
      {"SelectMergeProfile", ""},
      {"SelectMergeStacktraces", ""},
      {"SelectMergeStacktraces", R"(,"format":"PROFILE_FORMAT_TREE","maxNodes":3)"},
      {"SelectMergeStacktraces",
       R"(,"format":4,"stackTraceSelector":{"goPgo":{"keepLocations":2,"aggregateCallees":true}})"},
      {"SelectSeries", R"(,"step":21600)"},
      {"SelectSeries", R"(,"step":3600,"groupBy":["service_name","tier"])"},
      {"SelectSeries",
       R"(,"step":86400,"stackTraceSelector":{"callSite":[{"name":"main"},{"name":"a"}]})"},
      {"SelectSeries", R"(,"step":43200,"groupBy":["tier"],"exemplarType":2)"},
      {"SelectHeatmap", R"(,"step":43200,"queryType":1,"exemplarType":2)"},
      {"SelectHeatmap",
       R"(,"step":86400,"queryType":2,"exemplarType":3,"groupBy":["service_name"])"},
      {"SelectMergeStacktraces", R"(,"spanSelector":["00000000000000ab"])"},
      {"SelectMergeSpanProfile", R"(,"spanSelector":["00000000000000ab","00000000000000cd"])"},
      {"SelectMergeStacktraces", R"(,"traceIdSelector":["000000000000000000000000000000ab"])"},
      {"GetProfileStats", ""},
  };
  size_t with_data = 0;
  for (const auto& [start_ns, end_ns] : kWindows) {
    for (std::string_view selector : kSelectors) {
      for (const auto& [method, rest] : kCalls) {
        std::string json = fmt::format(
            R"({{"profileTypeID":"process_cpu:cpu:nanoseconds:cpu:nanoseconds","labelSelector":"{0}",)"
            R"("matchers":["{0}"],"start":{1},"end":{2}{3}}})",
            selector, start_ns / 1'000'000, end_ns / 1'000'000, rest);
        std::string expected = Answer(*api, method, json);
        EXPECT_THAT(expected, testing::StartsWith("200 ")) << json;
        EXPECT_EQ(Answer(*embedded_api_, method, json), expected) << method << " " << json;
        with_data += expected.size() > 40 ? 1 : 0;
      }
    }
  }
  EXPECT_GT(with_data, 100u) << "the comparison must not be of empty answers";
}

// A rule of retention, or the room for series, keeps out what it is about and nothing else.
TEST_F(EmbeddedTest, StoresWhatIsValidBesideWhatTheStoreRefuses) {
  embedded_api_.reset();
  embedded_.reset();
  embedded_ =
      OpenEmbedded({.directory = directory_, .max_series_per_tenant = 2, .clock = &clock}).value();
  embedded_->SetRetention(
      RetentionPolicy({{.service = "checkout", .max_age_ns = 3600 * kSecondNs}}));
  embedded_api_ = std::make_unique<Api>(*embedded_, clock, ApiOptions());
  auto push = [&](const std::vector<std::pair<std::string, int64_t>>& services_and_ages) {
    push::v1::PushRequest request;
    for (const auto& [service, age_ns] : services_and_ages) {
      auto* series = request.add_series();
      for (auto [name, value] :
           {std::pair("__name__", std::string("cpu")), std::pair("service_name", service)}) {
        series->add_labels()->set_name(name);
        series->mutable_labels()->rbegin()->set_value(value);
      }
      series->add_samples()->set_raw_profile(EncodePprof(Make({.sample_types = {{"cpu", "ns"}},
                                                               .time_ns = kNowNs - age_ns,
                                                               .samples = {{{"main"}, {1}}}})));
    }
    HttpRequest http{.method = "POST",
                     .target = "/push.v1.PusherService/Push",
                     .body = request.SerializeAsString()};
    http.headers.Add("Content-Type", "application/proto");
    std::promise<HttpResponse> answered;
    embedded_api_->Handle(std::move(http),
                          [&](HttpResponse r) { answered.set_value(std::move(r)); });
    return answered.get_future().get();
  };
  auto count = [&](std::string_view service) {
    return embedded_
        ->Count({.matchers = {{.name = "service_name", .value = std::string(service)}},
                 .range = {0, INT64_MAX}})
        .value();
  };
  HttpResponse aged = push({{"b", 0}, {"checkout", 7200 * kSecondNs}});
  EXPECT_EQ(aged.status, 400);
  EXPECT_THAT(aged.body, testing::HasSubstr("retention keeps 3600 s"));
  EXPECT_EQ(count("b"), 1u);
  EXPECT_EQ(count("checkout"), 0u);
  HttpResponse full = push({{"new1", 0}, {"new2", 0}, {"b", kSecondNs}});
  EXPECT_EQ(full.status, 429);
  EXPECT_THAT(full.body, testing::HasSubstr("limits.series_per_tenant"));
  EXPECT_EQ(count("b"), 2u) << "known";
  EXPECT_EQ(count("new1"), 1u) << "there was room for it";
  EXPECT_EQ(count("new2"), 0u);
}

}  // namespace
}  // namespace anneal
