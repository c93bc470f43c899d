// Scraper: pulls profiles from targets at their intervals until stopped.
//
// Threads: a target has one for its snapshots, which take milliseconds each, and one for each timed
// profile, which waits most of the interval. Targets start spread over the interval by a hash of
// their names, so that they are not all asked at once, and at the same offset after a restart.
#pragma once

#include <atomic>
#include <memory>
#include <span>
#include <string_view>
#include <thread>
#include <vector>

#include "base/status.h"
#include "collect/scrape_config.h"
#include "collect/scrape_target.h"

namespace anneal {

class Scraper {
 public:
  // Starts scraping. kResourceExhausted when that would take more than kMaxThreads threads.
  static Result<std::unique_ptr<Scraper>> Start(std::span<const ScrapeConfig> configs,
                                                ScrapeSeams seams);
  // Stops; waits for scrapes in flight. To cut those short, cancel the Http first (Http::Cancel).
  ~Scraper();
  Scraper(const Scraper&) = delete;
  Scraper& operator=(const Scraper&) = delete;

  // Asks all loops to end, without waiting.
  void RequestStop() { stop_ = true; }

  static constexpr size_t kMaxThreads = 2048;

 private:
  using Loop = std::vector<std::unique_ptr<ProfileScraper>>;

  explicit Scraper(ScrapeSeams seams) : seams_(std::move(seams)) {}
  void Run(const Loop& loop, int64_t interval_ns, int64_t offset_ns);
  bool SleepUntil(int64_t time_ns, int64_t interval_ns);

  const ScrapeSeams seams_;
  std::atomic<bool> stop_{false};
  std::vector<Loop> loops_;
  std::vector<std::thread> threads_;
};

// Where in its interval a target is scraped: [0, interval_ns), by a hash of job and address.
int64_t ScrapeOffset(std::string_view job, std::string_view address, int64_t interval_ns);

// The first time at or after `now_ns` that is a multiple of the interval plus the offset.
int64_t NextScrape(int64_t now_ns, int64_t interval_ns, int64_t offset_ns);

}  // namespace anneal
