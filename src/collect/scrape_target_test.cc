#include "collect/scrape_target.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "collect/testing/small_profile.h"
#include "net/fake_http.h"
#include "profile/compress.h"
#include "profile/pprof.h"

namespace anneal {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

std::string Cpu() {
  return Gzip(EncodePprof(SmallProfile{{{"samples", "count"}, {"cpu", "nanoseconds"}},
                                       {{"main.f", {1, 10'000'000}}},
                                       1'700'000'000'000'000'000}
                              .Build()));
}

class ScrapeTargetTest : public testing::Test {
 protected:
  ProfileScraper Scraper(const std::string& name) {
    for (const KnownProfile& known : KnownProfiles()) {
      if (known.name != name) continue;
      return ProfileScraper(config_, target_,
                            {.name = name, .path = std::string(known.path), .kind = known.kind},
                            seams_);
    }
    ADD_FAILURE() << name;
    return ProfileScraper(config_, target_, {}, seams_);
  }
  void Answer(int status, std::string body, std::string type = "application/octet-stream") {
    HttpResponse response{.status = status, .body = std::move(body)};
    response.headers.Set("Content-Type", std::move(type));
    http_.SetAnswer([this, response](const HttpRequest&, int64_t timeout_ns) {
      timeout_ns_ = timeout_ns;
      clock_.SleepNs(2'500'000'000);
      return response;
    });
  }
  std::string MetricsText() const { return metrics_.Render(); }

  FakeHttp http_;
  FakeClock clock_;
  Metrics metrics_;
  std::vector<ScrapedProfile> sunk_;
  Status sink_status_;
  int64_t timeout_ns_ = 0;
  ScrapeSeams seams_{http_, clock_, metrics_, [this](const ScrapedProfile& profile) {
                       sunk_.push_back(profile);
                       return sink_status_;
                     }};
  ScrapeConfig config_{.job = "web", .service = "shop", .labels = {{"env", "prod"}, {"zone", "a"}}};
  ScrapeTarget target_{.address = "h:6060", .labels = {{"zone", "b"}, {"__address__", "x"}}};
};

TEST_F(ScrapeTargetTest, ATimedProfileAsksForTheIntervalLessASecond) {
  std::string cpu = Cpu();
  Answer(200, cpu);
  ProfileScraper scraper = Scraper("process_cpu");
  Status status = scraper.Scrape();
  ASSERT_TRUE(status.ok()) << status.ToString();
  EXPECT_EQ(http_.requests().at(0).target, "http://h:6060/debug/pprof/profile?seconds=14");
  EXPECT_EQ(timeout_ns_, 24'000'000'000);  // 10 s besides the 14
  ASSERT_EQ(sunk_.size(), 1u);
  EXPECT_EQ(sunk_[0].pprof, cpu);
  EXPECT_THAT(sunk_[0].labels,
              ElementsAre(Pair("__delta__", "false"), Pair("__name__", "process_cpu"),
                          Pair("env", "prod"), Pair("instance", "h:6060"), Pair("job", "web"),
                          Pair("service_name", "shop"), Pair("zone", "b")));
}

TEST_F(ScrapeTargetTest, UrlsJoinPrefixSchemeAndQuery) {
  config_.scheme = "https";
  config_.path_prefix = "/internal";
  config_.interval_ns = 1'000'000'000;
  EXPECT_EQ(Scraper("goroutine").url(), "https://h:6060/internal/debug/pprof/goroutine");
  ProfileScraper timed(config_, target_,
                       {.name = "x", .path = "/p?a=b", .kind = ScrapeKind::kTimed}, seams_);
  EXPECT_EQ(timed.url(), "https://h:6060/internal/p?a=b&seconds=1");
}

TEST_F(ScrapeTargetTest, CumulativeProfilesBecomeDeltas) {
  ProfileScraper scraper = Scraper("mutex");
  auto mutex = [](int64_t contentions) {
    return EncodePprof(SmallProfile{{{"contentions", "count"}}, {{"f", {contentions}}}}.Build());
  };
  Answer(200, mutex(5));
  ASSERT_TRUE(scraper.Scrape().ok());
  EXPECT_TRUE(sunk_.empty());  // the first is only a baseline
  Answer(200, mutex(9));
  ASSERT_TRUE(scraper.Scrape().ok());
  ASSERT_EQ(sunk_.size(), 1u);
  Result<Profile> profile = DecodePprof(sunk_[0].pprof);
  ASSERT_TRUE(profile.ok());
  EXPECT_THAT(ValuesByFunction(*profile), ElementsAre(Pair("f", ElementsAre(4))));
  // What a server that is away did not take is in the next; what it refuses is not sent again.
  auto contentions_after = [&](const Status& answer, int64_t count) {
    sink_status_ = answer;
    Answer(200, mutex(count));
    EXPECT_EQ(scraper.Scrape().code(), answer.code());
    return DecodePprof(sunk_.back().pprof).value().Values(0)[0];
  };
  EXPECT_EQ(contentions_after(Error(Code::kUnavailable, "away"), 10), 1);
  EXPECT_EQ(contentions_after(Error(Code::kInvalidArgument, "refused"), 12), 3);
  EXPECT_EQ(contentions_after({}, 19), 7);
  Answer(200, mutex(1));  // restarted
  const size_t sunk = sunk_.size();
  ASSERT_TRUE(scraper.Scrape().ok());
  EXPECT_EQ(sunk_.size(), sunk);
  EXPECT_THAT(MetricsText(), HasSubstr("anneal_scrape_resets_total{instance=\"h:6060\",job=\"web\","
                                       "profile=\"mutex\"} 1"));
}

TEST_F(ScrapeTargetTest, WrongAnswersAreErrors) {
  struct Row {
    int status;
    std::string body, type, message;
  };
  for (const Row& row : std::vector<Row>{
           {404, "404 page not found\nx", "text/plain", "HTTP status 404: 404 page not found"},
           {500, "Could not enable CPU profiling: in use\n", "text/plain", "in use"},
           {200, "", "", "empty answer"},
           {200, "<html>login</html>", "text/plain", "an HTML page"},
           {200, "login", "text/html; charset=utf-8", "an HTML page"},
           {200, "\x1f\x8bnot gzip", "", "h:6060/debug/pprof/goroutine"},
           {200, Cpu().substr(0, 40), "", "h:6060/debug/pprof/goroutine"}}) {
    ProfileScraper scraper = Scraper("goroutine");
    Answer(row.status, row.body, row.type);
    Status status = scraper.Scrape();
    EXPECT_FALSE(status.ok()) << row.body;
    EXPECT_THAT(status.message(), HasSubstr(row.message));
    EXPECT_TRUE(sunk_.empty());
  }
}

TEST_F(ScrapeTargetTest, HealthIsInTheMetrics) {
  const std::string labels = "{instance=\"h:6060\",job=\"web\",profile=\"goroutine\"} ";
  ProfileScraper scraper = Scraper("goroutine");
  Answer(200, Cpu());
  ASSERT_TRUE(scraper.Scrape().ok());
  EXPECT_THAT(MetricsText(), HasSubstr("anneal_scrape_up" + labels + "1"));
  EXPECT_THAT(MetricsText(), HasSubstr("anneal_scrape_duration_seconds" + labels + "2.5"));
  http_.SetAnswer([](const HttpRequest&, int64_t) -> Result<HttpResponse> {
    return Error(Code::kDeadlineExceeded, "too slow");
  });
  EXPECT_EQ(scraper.Scrape().code(), Code::kDeadlineExceeded);
  EXPECT_THAT(MetricsText(), HasSubstr("anneal_scrape_up" + labels + "0"));
  EXPECT_THAT(MetricsText(), HasSubstr("anneal_scrape_errors_total" + labels + "1"));
}

TEST_F(ScrapeTargetTest, AScrapeCutShortSaysNothingAboutTheTarget) {
  ProfileScraper scraper = Scraper("goroutine");
  Answer(200, Cpu());
  ASSERT_TRUE(scraper.Scrape().ok());
  http_.SetAnswer([](const HttpRequest&, int64_t) -> Result<HttpResponse> {
    return Error(Code::kCanceled, "stopping");
  });
  EXPECT_EQ(scraper.Scrape().code(), Code::kCanceled);
  EXPECT_THAT(
      MetricsText(),
      HasSubstr("anneal_scrape_up{instance=\"h:6060\",job=\"web\",profile=\"goroutine\"} 1"));
}

TEST_F(ScrapeTargetTest, ASinkThatFailsIsAFailedScrape) {
  ProfileScraper scraper = Scraper("goroutine");
  Answer(200, Cpu());
  sink_status_ = Error(Code::kUnavailable, "disk full");
  EXPECT_EQ(scraper.Scrape().message(), "disk full");
  EXPECT_THAT(MetricsText(), HasSubstr("anneal_scrape_errors_total"));
}

}  // namespace
}  // namespace anneal
