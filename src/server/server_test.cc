#include "server/server.h"

#include <fstream>
#include <thread>

#include "collect/client.h"
#include "collect/profile_uuid.h"
#include "net/http.h"
#include "profile/pprof.h"
#include "store/temp_dir_for_test.h"

namespace anneal {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr int64_t kSecondNs = 1'000'000'000;
constexpr int64_t kPatienceNs = 60 * kSecondNs;

std::string OneSample(std::string_view function, int64_t value) {
  Profile profile;
  const StringId cpu = profile.strings.Append("cpu");
  const StringId nanoseconds = profile.strings.Append("nanoseconds");
  const StringId name = profile.strings.Append(function);
  profile.sample_types = {{cpu, nanoseconds}};
  profile.period_type = {cpu, nanoseconds};
  profile.period = 10'000'000;
  profile.time_ns = Clock::System().NowNs();
  profile.functions = {{.name = name, .system_name = name, .file = name, .start_line = 1}};
  profile.lines = {{.function = FunctionId{0}, .line = 2}};
  profile.locations = {{.lines_begin = 0, .lines_end = 1}};
  profile.sample_locations = {LocationId{0}};
  profile.stack_ends = {1};
  profile.sample_values = {value};
  return EncodePprof(profile);
}

class ServerTest : public testing::Test {
 protected:
  void SetUp() override {
    config_.listen = "127.0.0.1:0";
    config_.data = dir_.path() + "/store";
  }
  void Start() {
    Result<std::unique_ptr<Server>> server =
        Server::Start({.config = config_, .version = "1.2.3", .revision = "abc"});
    ASSERT_TRUE(server.ok()) << server.status().ToString();
    server_ = std::move(server).value();
  }
  std::string Url(std::string_view path = "") {
    return fmt::format("http://{}{}", server_->address(), path);
  }
  HttpResponse Fetch(std::string_view path, std::string_view method = "GET") {
    HttpRequest request{.method = std::string(method), .target = Url(path)};
    Result<HttpResponse> response = http_->Fetch(request, kPatienceNs, size_t{64} << 20);
    EXPECT_TRUE(response.ok()) << response.status().ToString();
    return response.ok() ? *response : HttpResponse{.status = 0};
  }
  Status Push(std::string_view function, int64_t value, std::string_view service = "app") {
    const std::string pprof = OneSample(function, value);
    const PushProfile profile{
        .labels = {{"__name__", "process_cpu"}, {"service_name", std::string(service)}},
        .pprof = pprof,
        .id = ContentUuid(pprof)};
    return ProfileClient(*http_, {.url = Url()}).Push(std::span(&profile, 1));
  }
  // The total of each function, by a merge of the last hour.
  std::map<std::string, int64_t> Totals() {
    const int64_t now_ms = Clock::System().NowNs() / 1'000'000;
    const Result<std::string> merged =
        ProfileClient(*http_, {.url = Url()})
            .Merge({.profile_type = "process_cpu:cpu:nanoseconds:cpu:nanoseconds",
                    .selector = "{service_name=\"app\"}",
                    .window = {.start_ms = now_ms - 3'600'000, .end_ms = now_ms + 60'000}});
    EXPECT_TRUE(merged.ok()) << merged.status().ToString();
    std::map<std::string, int64_t> totals;
    if (!merged.ok() || merged->empty()) return totals;
    const Result<Profile> profile = DecodePprof(*merged);
    EXPECT_TRUE(profile.ok()) << profile.status().ToString();
    for (size_t i = 0; profile.ok() && i < profile->SampleCount(); ++i) {
      const Line& leaf = profile->Lines(profile->Stack(i)[0])[0];
      totals[std::string(profile->FunctionName(leaf))] += profile->Values(i)[0];
    }
    return totals;
  }

  TempDir dir_;
  ServerConfig config_;
  std::unique_ptr<Http> http_ = Http::Create();
  std::unique_ptr<Server> server_;
};

TEST_F(ServerTest, ServesItsPages) {
  Start();
  struct Row {
    std::string_view method, path;
    int status;
    std::string_view text;
  };
  for (const Row& row :
       {Row{"GET", "/", 200, "anneal 1.2.3"}, Row{"GET", "/ready", 200, "ready"},
        Row{"GET", "/ui", 302, "/"}, Row{"GET", "/healthz", 200, "ok"},
        Row{"GET", "/metrics", 200, "anneal_build_info{revision=\"abc\",version=\"1.2.3\"} 1"},
        Row{"GET", "/metrics", 200, "process_resident_memory_bytes"},
        Row{"GET", "/metrics?x=y", 200, "anneal_store_series 0"},
        Row{"GET", "/nothing/here", 404, "/nothing/here"}, Row{"POST", "/ready", 405, "GET, HEAD"},
        Row{"DELETE", "/", 405, "GET, HEAD"}}) {
    const HttpResponse response = Fetch(row.path, row.method);
    EXPECT_EQ(response.status, row.status) << row.path;
    EXPECT_THAT(response.body, HasSubstr(row.text)) << row.path;
  }
  EXPECT_EQ(Fetch("/ready", "POST").headers.Get("Allow"), "GET, HEAD");
  EXPECT_EQ(Fetch("/", "HEAD").body, "");
}

TEST_F(ServerTest, ShowsThePageToBrowsers) {
  Start();
  for (std::string_view path : {"/", "/explore", "/pgo/my-service?v=1"}) {
    HttpRequest request{.target = Url(path)};
    request.headers.Add("Accept", "text/html,*/*;q=0.8");
    Result<HttpResponse> page = http_->Fetch(request, kPatienceNs, size_t{64} << 20);
    ASSERT_TRUE(page.ok()) << page.status().ToString();
    EXPECT_EQ(page->status, 200) << path;
    EXPECT_EQ(page->headers.Get("Content-Type"), "text/html; charset=utf-8") << path;
    EXPECT_THAT(std::string(page->headers.Get("Content-Security-Policy")),
                HasSubstr("default-src 'none'"));
  }
  EXPECT_EQ(Fetch("/ui").headers.Get("Location"), "/");
}

TEST_F(ServerTest, KeepsWhatIsPushedOverARestart) {
  Start();
  ASSERT_TRUE(Push("main.f", 5).ok());
  ASSERT_TRUE(Push("main.g", 7).ok());
  const std::map<std::string, int64_t> expected = {{"main.f", 5}, {"main.g", 7}};
  EXPECT_EQ(Totals(), expected);
  server_->Shutdown();
  server_.reset();
  Start();
  EXPECT_EQ(Totals(), expected);
  EXPECT_THAT(Fetch("/metrics").body, HasSubstr("anneal_store_profiles 2"));
  EXPECT_THAT(Fetch("/metrics").body, HasSubstr("anneal_store_record_bytes{kind=\"symbols\"} "));
}

TEST_F(ServerTest, LimitsComeFromTheConfig) {
  config_.limits.max_samples = 0;
  config_.limits.max_profile_bytes = 20;
  Start();
  const Status refused = Push("main.f", 5);
  EXPECT_FALSE(refused.ok());
  EXPECT_THAT(refused.message(), HasSubstr("20"));
}

TEST_F(ServerTest, RefusesMoreSeriesThanTheConfigAllows) {
  config_.store_max_series = 1;
  Start();
  EXPECT_TRUE(Push("main.f", 5).ok());
  EXPECT_TRUE(Push("main.g", 7).ok()) << "the same series";
  const Status refused = Push("main.f", 5, "another-service");
  EXPECT_EQ(refused.code(), Code::kResourceExhausted);
  EXPECT_THAT(refused.message(), HasSubstr("limits.series_per_tenant"));
}

TEST_F(ServerTest, SaysWhyItCannotListen) {
  config_.listen = "192.0.2.1:0";  // of nobody, by RFC 5737
  const Status status = Server::Start({.config = config_}).status();
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(status.message(), HasSubstr("192.0.2.1"));
  EXPECT_THAT(status.message(), Not(HasSubstr("nother program")));
}

TEST_F(ServerTest, SaysWhyTheStoreDoesNotOpen) {
  std::ofstream(dir_.path() + "/file") << "not a directory";
  config_.data = dir_.path() + "/file/data";
  const Status status = Server::Start({.config = config_}).status();
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(status.message(), HasSubstr(config_.data));
  EXPECT_THAT(status.message(), Not(HasSubstr("another anneal")));
}

TEST_F(ServerTest, TenancyByHeader) {
  config_.tenancy = "header";
  Start();
  EXPECT_EQ(Push("main.f", 5).code(), Code::kUnauthenticated);
}

TEST_F(ServerTest, SaysThatThePortIsTaken) {
  Start();
  ServerConfig second = config_;
  second.listen = server_->address();
  second.data = dir_.path() + "/other";
  const Status status = Server::Start({.config = second}).status();
  EXPECT_EQ(status.code(), Code::kUnavailable);
  EXPECT_THAT(status.message(), HasSubstr(server_->address()));
  EXPECT_THAT(status.message(), HasSubstr("--listen"));
}

TEST_F(ServerTest, SaysThatTheStoreIsOpenElsewhere) {
  Start();
  ServerConfig second = config_;
  const Status status = Server::Start({.config = second}).status();
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(status.message(), HasSubstr(config_.data));
  EXPECT_THAT(status.message(), HasSubstr("--data"));
}

TEST_F(ServerTest, ScrapesWhatTheConfigNames) {
  HttpServerOptions options;
  auto target = HttpServer::Start(options, [](HttpRequest, HttpRespond respond) {
    respond({.body = OneSample("main.scraped", 3)});
  });
  ASSERT_TRUE(target.ok());
  Result<std::vector<ScrapeConfig>> scrape = ParseScrapeConfig(
      fmt::format("scrape:\n  - job: app\n    interval: 2s\n    targets: ['127.0.0.1:{}']\n"
                  "    profiles: {{process_cpu: true, memory: false, goroutine: false, "
                  "mutex: false, block: false}}\n",
                  (*target)->port()));
  ASSERT_TRUE(scrape.ok()) << scrape.status().ToString();
  config_.scrape = *scrape;
  Start();
  for (int i = 0; i < 600 && Totals().empty(); ++i) Clock::System().SleepNs(kSecondNs / 10);
  EXPECT_GE(Totals()["main.scraped"], 3);
  server_->Shutdown();  // before the target goes
}

TEST_F(ServerTest, RunsRetention) {
  config_.retention_interval_ns = kSecondNs / 100;
  Start();
  ASSERT_TRUE(Push("main.f", 5).ok());
  const std::string_view ran = "anneal_retention_runs_total{result=\"ok\"}";
  for (int i = 0; i < 600 && Fetch("/metrics").body.find(ran) == std::string::npos; ++i) {
    Clock::System().SleepNs(kSecondNs / 10);
  }
  EXPECT_THAT(Fetch("/metrics").body, HasSubstr(ran));
  EXPECT_THAT(Fetch("/metrics").body, Not(HasSubstr("result=\"failed\"")));
  EXPECT_EQ(Totals()["main.f"], 5);  // younger than its retention
}

TEST_F(ServerTest, ProfilesItself) {
  config_.self_profiling_ns = kSecondNs / 5;
  Start();
  const HttpResponse profile = Fetch("/debug/pprof/profile?seconds=1");
  EXPECT_EQ(profile.status, 200);
  EXPECT_TRUE(DecodePprof(profile.body).ok());
  const auto services = [&] {
    const int64_t now_ms = Clock::System().NowNs() / 1'000'000;
    return ProfileClient(*http_, {.url = Url()})
        .LabelValues("service_name", {.start_ms = now_ms - 3'600'000, .end_ms = now_ms + 60'000},
                     {});
  };
  // An idle server's profiles may be empty, and are then not kept: keep it busy.
  for (int i = 0; i < 600; ++i) {
    const Result<std::vector<std::string>> names = services();
    ASSERT_TRUE(names.ok()) << names.status().ToString();
    if (!names->empty()) {
      EXPECT_EQ(names->front(), "anneal");
      return;
    }
    for (int n = 0; n < 50; ++n) Fetch("/metrics");
  }
  FAIL() << "no profile of itself";
}

TEST_F(ServerTest, ProfilingCanBeOff) {
  config_.auth_debug = "off";
  Start();
  EXPECT_EQ(Fetch("/debug/pprof/profile?seconds=1").status, 404);
}

TEST_F(ServerTest, ShutdownIsOnceAndForAll) {
  Start();
  ASSERT_TRUE(Push("main.f", 5).ok());
  const std::string url = Url("/ready");
  server_->Shutdown();
  server_->Shutdown();
  EXPECT_FALSE(http_->Fetch({.target = url}, kPatienceNs, 1024).ok());
}

}  // namespace
}  // namespace anneal
