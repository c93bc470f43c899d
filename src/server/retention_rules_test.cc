#include "server/retention_rules.h"

#include <gmock/gmock.h>

#include "net/http.h"
#include "server/config_text.h"
#include "server/server.h"
#include "store/embedded.h"
#include "store/temp_dir_for_test.h"

namespace anneal {
namespace {

using ::testing::HasSubstr;

constexpr int64_t kSecondNs = 1'000'000'000;
constexpr int64_t kDayNs = 24 * 3600 * kSecondNs;

TEST(RetentionRules, AreReadFromTheConfigFile) {
  const Result<std::vector<RetentionRule>> rules = ParseRetentionRules(R"(retention: 31d
retention_rules:
  - {service: checkout, max_age: 7d}
  - tenant: web
    service: search
    max_age: 0s
    max_size: 10GiB
  - {tenant: trial, max_size: 500MiB}
)");
  ASSERT_TRUE(rules.ok()) << rules.status().ToString();
  ASSERT_EQ(rules->size(), 3u);
  EXPECT_EQ(ShowRetentionRule((*rules)[0]), "service checkout: 7d");
  EXPECT_EQ(ShowRetentionRule((*rules)[1]), "tenant web, service search: for ever, 10GiB");
  EXPECT_EQ(ShowRetentionRule((*rules)[2]), "tenant trial: 500MiB");
  for (std::string_view none :
       {"", "listen: ':4040'\n", "retention_rules:\n", "retention_rules: []", "[]"}) {
    EXPECT_EQ(ParseRetentionRules(none).value().size(), 0u) << none;
  }
}

TEST(RetentionRules, SayWhatIsWrongAndWhere) {
  struct Row {
    std::string_view yaml, message;
  };
  for (const Row& row : {
           Row{"retention_rules: 7d", "line 1: retention_rules: must be a list"},
           Row{"retention_rules:\n- 7d", "line 2: retention_rules: write each rule as"},
           Row{"retention_rules:\n- {servise: a, max_age: 7d}",
               "no key \"servise\"; known: tenant"},
           Row{"retention_rules:\n- {max_age: 7d}", "needs a tenant or a service"},
           Row{"retention_rules:\n- {service: a}", "needs max_age, max_size, or both"},
           Row{"retention_rules:\n- {service: [a], max_age: 7d}", "service must have one value"},
           Row{"retention_rules:\n- {service: '', max_age: 7d}", "service must have one value"},
           Row{"retention_rules:\n- {service: a, max_age: }", "max_age must have one value"},
           Row{"retention_rules:\n- {service: a, max_age: soon}", "\"soon\" is not a duration"},
           Row{"retention_rules:\n- {service: a, max_age: 40000d}", "at most 36500d"},
           Row{"retention_rules:\n- {service: a, max_size: big}", "\"big\" is not a size"},
           Row{"retention_rules:\n- {service: a, max_size: 0}", "\"0\" is not a size"},
           Row{"retention_rules:\n- {service: a, service: b, max_age: 7d}", "given twice"},
           Row{"retention_rules:\n- {service: a, max_age: 7d}\n- {service: a, max_size: 1GiB}",
               "line 3: retention_rules: there are two rules of service a"},
           Row{"retention_rules: [", "line "},
       }) {
    const Status status = ParseRetentionRules(row.yaml).status();
    EXPECT_EQ(status.code(), Code::kInvalidArgument) << row.yaml;
    EXPECT_THAT(std::string(status.message()), HasSubstr(std::string(row.message)));
  }
}

TEST(RetentionRules, OfATenantNeedTenancy) {
  ServerConfig config;
  config.retention_rules = {{.tenant = "web", .max_age_ns = kDayNs}};
  const Status refused = CheckRetentionRules(config);
  EXPECT_EQ(refused.code(), Code::kInvalidArgument);
  EXPECT_THAT(std::string(refused.message()), HasSubstr("set tenancy to header"));
  config.tenancy = "header";
  EXPECT_TRUE(CheckRetentionRules(config).ok());
  config.tenancy = "single";
  config.retention_rules[0].tenant = "anonymous";
  EXPECT_TRUE(CheckRetentionRules(config).ok());
}

TEST(RetentionRules, AreShownAsTheyAreWritten) {
  ServerConfig config;
  config.tenancy = "header";
  config.retention_rules = {
      {.tenant = "a b", .service = "x", .max_age_ns = 0, .max_bytes = uint64_t{3} << 30},
      {.service = "y", .max_age_ns = kDayNs}};
  const std::string text = ConfigTextOf(config).diff;
  EXPECT_THAT(text, HasSubstr("retention_rules:\n"
                              "  - {tenant: \"a b\", service: x, max_age: 0s, max_size: 3GiB}\n"
                              "  - {service: y, max_age: 1d}\n"));
  EXPECT_EQ(ParseRetentionRules(text).value().size(), 2u);
}

// A server whose clock stands still while it runs.
class RetentionServerTest : public testing::Test {
 protected:
  RetentionServerTest() : clock_(int64_t{20'000} * kDayNs + kDayNs / 2) {
    config_.listen = "127.0.0.1:0";
    config_.data = dir_.path() + "/store";
  }
  void Start() {
    Result<std::unique_ptr<Server>> server = Server::Start({.config = config_, .clock = &clock_});
    ASSERT_TRUE(server.ok()) << server.status().ToString();
    server_ = std::move(server).value();
  }
  // A profile of many names, as of now less `age_ns`.
  HttpResponse Push(std::string_view service, int64_t age_ns = 0) {
    const int64_t time_s = (clock_.NowNs() - age_ns) / kSecondNs;
    HttpRequest request{.method = "POST",
                        .target = fmt::format("{}/ingest?name={}&from={}&until={}", server_->url(),
                                              service, time_s, time_s + 10)};
    uint64_t state = 88172645463325252;
    for (int line = 0; line < 2000; ++line) {
      for (int word = 0; word < 4; ++word) {
        state = state * 6364136223846793005 + 1442695040888963407;
        fmt::format_to(std::back_inserter(request.body), "{:016x}", state);
      }
      request.body += " 1\n";
    }
    Result<HttpResponse> response = http_->Fetch(request, 60 * kSecondNs, 1 << 20);
    EXPECT_TRUE(response.ok()) << response.status().ToString();
    return response.ok() ? *response : HttpResponse{.status = 0};
  }
  std::string Services() {
    HttpRequest request{.method = "GET",
                        .target = server_->url() + "/pyroscope/label-values?label=service_name"};
    Result<HttpResponse> response = http_->Fetch(request, 60 * kSecondNs, 1 << 20);
    EXPECT_TRUE(response.ok()) << response.status().ToString();
    return response.ok() ? response->body : "";
  }
  // Of the store, closed meanwhile.
  StoreStats Stats() {
    EmbeddedOptions options;
    options.directory = config_.data;
    options.create = false;
    return OpenEmbedded(options).value()->Stats().value();
  }

  TempDir dir_;
  FakeClock clock_;
  ServerConfig config_;
  std::unique_ptr<Http> http_ = Http::Create();
  std::unique_ptr<Server> server_;
};

TEST_F(RetentionServerTest, ARuleDropsAServicesOldEpochsAndTheirSpaceComesBack) {
  config_.retention_rules = {{.service = "checkout", .max_age_ns = 7 * kDayNs}};
  Start();
  for (std::string_view service : {"checkout", "search"}) {
    ASSERT_EQ(Push(service).status, 200) << service;
  }
  server_->Shutdown();
  server_.reset();
  const StoreStats before = Stats();
  EXPECT_EQ(before.services.size(), 2u);
  clock_.Set(clock_.NowNs() + 9 * kDayNs);
  Start();
  for (int i = 0; i < 600 && Services().find("checkout") != std::string::npos; ++i) {
    Clock::System().SleepNs(kSecondNs / 20);
  }
  EXPECT_THAT(Services(), HasSubstr("search"));
  server_->Shutdown();  // waits for what retention does
  server_.reset();
  const StoreStats after = Stats();
  ASSERT_EQ(after.services.size(), 1u);
  EXPECT_EQ(after.services[0].service, "search");
  EXPECT_EQ(after.services[0].profiles, 1u);
  EXPECT_LT(after.disk_bytes, before.disk_bytes * 3 / 4);
}

TEST_F(RetentionServerTest, ARuleMayKeepLongerThanTheRest) {
  config_.retention_ns = 7 * kDayNs;
  config_.retention_rules = {{.service = "checkout", .max_age_ns = 30 * kDayNs}};
  Start();
  EXPECT_EQ(Push("checkout", 20 * kDayNs).status, 200);
  const HttpResponse refused = Push("search", 20 * kDayNs);
  EXPECT_EQ(refused.status / 100, 4);
  EXPECT_THAT(refused.body, HasSubstr("retention"));
  EXPECT_EQ(Push("checkout", 40 * kDayNs).status / 100, 4);
  server_->Shutdown();
  server_.reset();
  Start();  // and looks for what is old
  server_->Shutdown();
  server_.reset();
  EXPECT_EQ(Stats().services.size(), 1u);
}

TEST_F(RetentionServerTest, OfSizeTheOldestGo) {
  config_.retention_bytes = 1;
  Start();
  ASSERT_EQ(Push("checkout", 3 * kDayNs).status, 200);
  ASSERT_EQ(Push("search").status, 200);
  server_->Shutdown();
  server_.reset();
  Start();
  for (int i = 0; i < 600 && Services().find("checkout") != std::string::npos; ++i) {
    Clock::System().SleepNs(kSecondNs / 20);
  }
  EXPECT_EQ(Services().find("checkout"), std::string::npos);
  EXPECT_THAT(Services(), HasSubstr("search")) << "the current epoch stays";
}

}  // namespace
}  // namespace anneal
