#include "collect/scrape.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/mutex.h"
#include "collect/testing/small_profile.h"
#include "net/fake_http.h"
#include "profile/pprof.h"

namespace anneal {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

TEST(NextScrape, IsOnTheGridAtOrAfterNow) {
  struct Row {
    int64_t now, interval, offset, next;
  };
  for (const Row& row : std::vector<Row>{{0, 15, 0, 0},
                                         {1, 15, 0, 15},
                                         {15, 15, 0, 15},
                                         {16, 15, 3, 18},
                                         {18, 15, 3, 18},
                                         {19, 15, 3, 33},
                                         {2, 15, 14, 14}}) {
    EXPECT_EQ(NextScrape(row.now, row.interval, row.offset), row.next) << row.now;
  }
}

TEST(ScrapeOffset, SpreadsTargetsOverTheInterval) {
  constexpr int kTargets = 1000, kBuckets = 10;
  std::vector<int> buckets(kBuckets);
  for (int i = 0; i < kTargets; ++i) {
    int64_t offset = ScrapeOffset("job", fmt::format("host-{}:6060", i), 15 * kSecond);
    ASSERT_GE(offset, 0);
    ASSERT_LT(offset, 15 * kSecond);
    ++buckets[static_cast<size_t>(offset * kBuckets / (15 * kSecond))];
  }
  for (int count : buckets) {
    EXPECT_GT(count, kTargets / kBuckets / 2);
    EXPECT_LT(count, kTargets / kBuckets * 2);
  }
  EXPECT_EQ(ScrapeOffset("a", "h:1", kSecond), ScrapeOffset("a", "h:1", kSecond));
  EXPECT_NE(ScrapeOffset("a", "h:1", kSecond), ScrapeOffset("b", "h:1", kSecond));
}

// Time for several threads: each sleep moves it on by itself.
class SharedClock : public Clock {
 public:
  int64_t NowNs() const override { return now_ns_; }
  int64_t MonotonicNs() const override { return now_ns_; }
  void SleepNs(int64_t duration_ns) override {
    now_ns_ += duration_ns;
    std::this_thread::yield();
  }
  void SetBack(int64_t by_ns) { now_ns_ -= by_ns; }

 private:
  std::atomic<int64_t> now_ns_{1'700'000'000 * kSecond};
};

TEST(Scraper, ScrapesEveryTargetUntilStopped) {
  FakeHttp http([](const HttpRequest&, int64_t) {
    HttpResponse response;
    response.body = EncodePprof(SmallProfile{{{"goroutine", "count"}}, {{"f", {1}}}}.Build());
    return response;
  });
  SharedClock clock;
  Metrics metrics;
  Mutex mutex;
  CondVar changed;
  std::map<std::string, int> scrapes;
  ScrapeSpool spool;
  ScrapeSeams seams{http, clock, metrics,
                    [&](const ScrapedProfile& profile) {
                      MutexLock lock(mutex);
                      for (const auto& [name, value] : profile.labels) {
                        if (name == "instance") ++scrapes[value];
                      }
                      changed.NotifyAll();
                      return Status();
                    },
                    spool};
  ScrapeConfig config{.job = "j",
                      .service = "s",
                      .targets = {{.address = "a:1"}, {.address = "b:1"}},
                      .profiles = {{.name = "goroutine", .path = "/g"},
                                   {.name = "cpu", .path = "/c", .kind = ScrapeKind::kTimed}}};
  {
    auto scraper = Scraper::Start(std::span(&config, 1), seams);
    ASSERT_TRUE(scraper.ok()) << scraper.status().ToString();
    MutexLock lock(mutex);
    while (scrapes["a:1"] < 6 || scrapes["b:1"] < 6) changed.Wait(mutex);
    // A clock set back stops nothing: the turn it was waiting for is years ahead now.
    constexpr int64_t kYear = 365 * 24 * 3600 * kSecond;
    clock.SetBack(20 * kYear);
    const int64_t set_back_ns = clock.NowNs();
    const int before = scrapes["a:1"];
    while (scrapes["a:1"] < before + 6) changed.Wait(mutex);
    EXPECT_LT(clock.NowNs() - set_back_ns, kYear);
  }
  size_t asked = http.requests().size();
  std::this_thread::yield();
  EXPECT_EQ(http.requests().size(), asked);  // all threads have ended
}

TEST(Scraper, RefusesMoreThreadsThanItsLimit) {
  ScrapeConfig config{.job = "j", .service = "s", .profiles = {{.name = "g", .path = "/g"}}};
  for (size_t i = 0; i <= Scraper::kMaxThreads; ++i) {
    config.targets.push_back({.address = fmt::format("h{}:1", i)});
  }
  FakeHttp http;
  SharedClock clock;
  Metrics metrics;
  ScrapeSpool spool;
  auto scraper = Scraper::Start(
      std::span(&config, 1), {http, clock, metrics, [](const auto&) { return Status(); }, spool});
  ASSERT_FALSE(scraper.ok());
  EXPECT_EQ(scraper.status().code(), Code::kResourceExhausted);
}

}  // namespace
}  // namespace anneal
