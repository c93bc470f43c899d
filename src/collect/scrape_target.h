// One profile of one target: asked for, checked, made a delta where it counts from the start, and
// handed on. Source of the rules: what Grafana Alloy's pyroscope.scrape does.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/status.h"
#include "collect/pprof_delta.h"
#include "collect/scrape_config.h"
#include "net/http.h"

namespace anneal {

// A profile that a scrape brought, ready to be stored or pushed.
struct ScrapedProfile {
  LabelList labels;     // sorted; __name__, service_name, job, instance and the configured ones
  std::string pprof;    // gzipped or not
  int64_t time_ns = 0;  // for a profile without a time of its own
};
// Takes a profile on; its failure counts as the scrape's. Called from many threads.
using ScrapeSink = std::function<Status(const ScrapedProfile&)>;

// What a scraper works with; all of it must outlive the scraper.
struct ScrapeSeams {
  Http& http;
  Clock& clock;
  Metrics& metrics;
  ScrapeSink sink;
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
  Result<std::string> Fetch();
  Status DeliverPending();
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
  // An interval of counters, until it is known to be stored or refused. It is sent again as it was:
  // equal bytes have one id, so that a server that stored it although its answer was lost counts it
  // once.
  std::optional<ScrapedProfile> pending_;
  enum class Health { kUnknown, kUp, kDown } health_ = Health::kUnknown;
};

}  // namespace anneal
