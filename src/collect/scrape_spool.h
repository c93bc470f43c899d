// Profiles that were taken but not yet delivered, in memory, within a bound; and the count of those
// that never will be.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/status.h"
#include "collect/client.h"

namespace anneal {

// A profile that a scrape brought, ready to be stored or pushed.
struct ScrapedProfile {
  LabelList labels;     // sorted; __name__, service_name, job, instance and the configured ones
  std::string pprof;    // gzipped or not
  int64_t time_ns = 0;  // for a profile without a time of its own
};
// Takes a profile on; its failure counts as the scrape's. Called from many threads.
// kInvalidArgument and kOutOfRange: refused for what it is, and would be again.
using ScrapeSink = std::function<Status(const ScrapedProfile&)>;

// What all queues of a scraper share. Thread-safe.
class ScrapeSpool {
 public:
  // Enough for every profile of ten targets for an hour; a bound on memory when thousands wait.
  static constexpr int64_t kDefaultBytes = int64_t{64} << 20;

  explicit ScrapeSpool(int64_t max_bytes = kDefaultBytes) : left_bytes_(max_bytes) {}

  // Whether there was room.
  bool Take(int64_t bytes);
  void GiveBack(int64_t bytes) { left_bytes_ += bytes; }
  void CountLost() { ++lost_; }
  // Profiles that were taken and will not be delivered.
  int64_t lost() const { return lost_; }

 private:
  std::atomic<int64_t> left_bytes_;
  std::atomic<int64_t> lost_{0};
};

// One scraper's profiles on their way, oldest first. What failed for the time being is sent again
// as it was, later and later while failures go on: equal bytes have one id, so that a server that
// stored a profile although its answer was lost counts it once. What is refused for good, finds no
// room, or waits still at the end is logged and counted (anneal_scrape_lost_total). Not
// thread-safe; all references must outlive it.
class DeliveryQueue {
 public:
  // `url`, `labels`: how the log and the metrics call what was scraped; `interval_ns`: between two
  // calls of Deliver.
  DeliveryQueue(const ScrapeSink& sink, ScrapeSpool& spool, const Clock& clock, Metrics& metrics,
                std::string url, Metrics::LabelSet labels, int64_t interval_ns);
  ~DeliveryQueue();
  DeliveryQueue(const DeliveryQueue&) = delete;
  DeliveryQueue& operator=(const DeliveryQueue&) = delete;

  // Delivers what waits, then this one, or keeps it for later.
  Status Add(ScrapedProfile profile);
  // Delivers what waits, if it is time to. Not ok: something waits on, or was refused.
  Status Deliver();
  bool empty() const { return waiting_.empty(); }

 private:
  enum class Fate { kDelivered, kLost, kWaits };
  // Sends once.
  Fate Send(const ScrapedProfile& profile, Status* status);
  void Keep(ScrapedProfile profile, const Status& why);
  enum class Loss { kRefused, kNoRoom, kStopped };
  void DropOldest(Loss loss, const Status& why);
  void CountLost(Loss loss, const Status& why);

  const ScrapeSink& sink_;
  ScrapeSpool& spool_;
  const Clock& clock_;
  const std::string url_;
  const int64_t interval_ns_;
  Metrics::Gauge& waiting_gauge_;
  std::vector<Metrics::Counter*> lost_;  // by Loss
  std::deque<ScrapedProfile> waiting_;
  Status last_failure_;
  int64_t delay_ns_ = 0;
  int64_t next_try_ns_ = 0;   // on the monotonic clock
  std::optional<Loss> told_;  // the last one logged, until a delivery works
};

}  // namespace anneal
