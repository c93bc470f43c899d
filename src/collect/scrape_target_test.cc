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

std::string Contentions(int64_t contentions) {
  return EncodePprof(SmallProfile{{{"contentions", "count"}}, {{"f", {contentions}}}}.Build());
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
  ScrapeSpool spool_;
  ScrapeSeams seams_{http_, clock_, metrics_,
                     [this](const ScrapedProfile& profile) {
                       sunk_.push_back(profile);
                       return sink_status_;
                     },
                     spool_};
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
  Answer(200, Contentions(5));
  ASSERT_TRUE(scraper.Scrape().ok());
  EXPECT_TRUE(sunk_.empty());  // the first is only a baseline
  Answer(200, Contentions(9));
  ASSERT_TRUE(scraper.Scrape().ok());
  ASSERT_EQ(sunk_.size(), 1u);
  Result<Profile> profile = DecodePprof(sunk_[0].pprof);
  ASSERT_TRUE(profile.ok());
  EXPECT_THAT(ValuesByFunction(*profile), ElementsAre(Pair("f", ElementsAre(4))));
  Answer(200, Contentions(1));  // restarted
  ASSERT_TRUE(scraper.Scrape().ok());
  EXPECT_EQ(sunk_.size(), 1u);
  EXPECT_THAT(MetricsText(), HasSubstr("anneal_scrape_resets_total{instance=\"h:6060\",job=\"web\","
                                       "profile=\"mutex\"} 1"));
}

// A server may have stored what the client thinks failed: only equal bytes count once.
TEST_F(ScrapeTargetTest, AnIntervalThatFailedIsSentAgainAsItWas) {
  ProfileScraper scraper = Scraper("mutex");
  Answer(200, Contentions(5));
  ASSERT_TRUE(scraper.Scrape().ok());
  auto scrape = [&](const Status& answer, int64_t contentions) {
    sink_status_ = answer;
    Answer(200, Contentions(contentions));
    EXPECT_EQ(scraper.Scrape().code(), answer.code());
  };
  scrape(Error(Code::kDeadlineExceeded, "slow"), 9);
  scrape(Error(Code::kUnavailable, "away"), 12);
  EXPECT_EQ(http_.requests().size(), 2u);  // nothing new while the old is there
  clock_.SleepNs(config_.interval_ns);     // after a second failure a turn is left out
  scrape({}, 14);
  ASSERT_EQ(sunk_.size(), 4u);
  for (size_t again : {1u, 2u}) {
    EXPECT_EQ(sunk_[again].pprof, sunk_[0].pprof);
    EXPECT_EQ(sunk_[again].labels, sunk_[0].labels);
    EXPECT_EQ(sunk_[again].time_ns, sunk_[0].time_ns);
  }
  const Result<Profile> failed = DecodePprof(sunk_[0].pprof), next = DecodePprof(sunk_[3].pprof);
  ASSERT_TRUE(failed.ok() && next.ok());
  EXPECT_THAT(ValuesByFunction(*failed), ElementsAre(Pair("f", ElementsAre(4))));
  EXPECT_THAT(ValuesByFunction(*next), ElementsAre(Pair("f", ElementsAre(5))));
  EXPECT_EQ(next->time_ns, failed->time_ns + failed->duration_ns);
}

TEST_F(ScrapeTargetTest, AnIntervalThatIsRefusedIsNotSentAgain) {
  ProfileScraper scraper = Scraper("mutex");
  Answer(200, Contentions(5));
  ASSERT_TRUE(scraper.Scrape().ok());
  auto contentions_after = [&](const Status& answer, int64_t contentions) {
    sunk_.clear();
    sink_status_ = answer;
    Answer(200, Contentions(contentions));
    EXPECT_EQ(scraper.Scrape().code(), answer.code());
    EXPECT_EQ(sunk_.size(), 1u);
    return DecodePprof(sunk_.at(0).pprof).value().Values(0)[0];
  };
  EXPECT_EQ(contentions_after(Error(Code::kInvalidArgument, "refused"), 7), 2);
  EXPECT_EQ(contentions_after({}, 10), 3);
  EXPECT_EQ(contentions_after(Error(Code::kUnavailable, "away"), 11), 1);
  EXPECT_EQ(contentions_after(Error(Code::kInvalidArgument, "too old"), 13), 1);  // the same
  EXPECT_EQ(contentions_after({}, 20), 9);
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
