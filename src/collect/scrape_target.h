// One profile of one target: asked for, checked, made a delta where it counts from the start, and
// handed on. Source of the rules: what Grafana Alloy's pyroscope.scrape does.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/status.h"
#include "collect/pprof_delta.h"
#include "collect/scrape_config.h"
#include "collect/scrape_spool.h"
#include "net/http.h"

namespace anneal {

// What a scraper works with; all of it must outlive the scraper.
struct ScrapeSeams {
  Http& http;
  Clock& clock;
  Metrics& metrics;
  ScrapeSink sink;
  ScrapeSpool& spool;
};

// Not thread-safe: one loop uses it. `config` and `target` are copied.
class ProfileScraper {
 public:
  ProfileScraper(const ScrapeConfig& config, const ScrapeTarget& target,
                 const ScrapeProfile& profile, const ScrapeSeams& seams);

  // Scrapes once, which for a timed profile takes the interval less a second. Sets the target's
  // health metrics, and logs when the target's health changes.
  Status Scrape();

  // "http://localhost:6060/debug/pprof/profile?seconds=14".
  const std::string& url() const { return url_; }
  const ScrapeProfile& profile() const { return profile_; }

 private:
  Status ScrapeUnobserved();
  Status ScrapeCounters();
  Result<std::string> Fetch();
  void Observe(const Status& status, int64_t duration_ns);

  const ScrapeProfile profile_;
  const ScrapeSeams& seams_;
  const LabelList labels_;
  const std::string url_;
  const int64_t timeout_ns_;
  Metrics::Gauge& up_;
  Metrics::Gauge& duration_;
  Metrics::Counter& errors_;
  Metrics::Counter& resets_;
  PprofDelta delta_;
  DeliveryQueue queue_;
  enum class Health { kUnknown, kUp, kDown } health_ = Health::kUnknown;
};

}  // namespace anneal
