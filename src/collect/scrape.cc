#include "collect/scrape.h"

#include "base/log.h"

namespace anneal {
namespace {

// How long a stop may go unnoticed.
constexpr int64_t kSliceNs = 50'000'000;

// FNV-1a with a finalizer (that of MurmurHash3): equal on every machine and in every run.
uint64_t Hash(std::string_view text, uint64_t hash) {
  for (char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccdu;
  return hash ^ (hash >> 33);
}

}  // namespace

int64_t ScrapeOffset(std::string_view job, std::string_view address, int64_t interval_ns) {
  uint64_t hash = Hash(address, Hash(job, 0xcbf29ce484222325u));
  return static_cast<int64_t>(hash % static_cast<uint64_t>(interval_ns));
}

int64_t NextScrape(int64_t now_ns, int64_t interval_ns, int64_t offset_ns) {
  int64_t since = (now_ns - offset_ns) % interval_ns;
  if (since < 0) since += interval_ns;
  return since == 0 ? now_ns : now_ns + interval_ns - since;
}

Result<std::unique_ptr<Scraper>> Scraper::Start(std::span<const ScrapeConfig> configs,
                                                ScrapeSeams seams) {
  std::unique_ptr<Scraper> scraper(new Scraper(std::move(seams)));
  struct Schedule {
    int64_t interval_ns, offset_ns;
  };
  std::vector<Schedule> schedules;
  for (const ScrapeConfig& config : configs) {
    for (const ScrapeTarget& target : config.targets) {
      Schedule schedule{config.interval_ns,
                        ScrapeOffset(config.job, target.address, config.interval_ns)};
      Loop snapshots;
      for (const ScrapeProfile& profile : config.profiles) {
        auto one = std::make_unique<ProfileScraper>(config, target, profile, scraper->seams_);
        if (profile.kind == ScrapeKind::kTimed) {
          scraper->loops_.emplace_back().push_back(std::move(one));
          schedules.push_back(schedule);
        } else {
          snapshots.push_back(std::move(one));
        }
      }
      if (snapshots.empty()) continue;
      scraper->loops_.push_back(std::move(snapshots));
      schedules.push_back(schedule);
    }
  }
  if (scraper->loops_.size() > kMaxThreads) {
    return Error(Code::kResourceExhausted,
                 "scraping these targets takes {} threads, above the limit of {}: spread them over "
                 "several anneal scrape processes",
                 scraper->loops_.size(), kMaxThreads);
  }
  for (size_t i = 0; i < schedules.size(); ++i) {
    scraper->threads_.emplace_back([s = scraper.get(), i, schedule = schedules[i]] {
      s->Run(s->loops_[i], schedule.interval_ns, schedule.offset_ns);
    });
  }
  return scraper;
}

Scraper::~Scraper() {
  RequestStop();
  for (std::thread& thread : threads_) thread.join();
}

bool Scraper::SleepUntil(int64_t time_ns, int64_t interval_ns) {
  while (!stop_) {
    int64_t left_ns = time_ns - seams_.clock.NowNs();
    // Never so long by itself: the clock was set back.
    if (left_ns <= 0 || left_ns > interval_ns) return true;
    seams_.clock.SleepNs(std::min(left_ns, kSliceNs));
  }
  return false;
}

void Scraper::Run(const Loop& loop, int64_t interval_ns, int64_t offset_ns) {
  int64_t next_ns = NextScrape(seams_.clock.NowNs(), interval_ns, offset_ns);
  while (SleepUntil(next_ns, interval_ns)) {
    for (const std::unique_ptr<ProfileScraper>& profile : loop) {
      if (stop_) return;
      // Observed in the metrics and in the log; here it only means: again at the next interval.
      [[maybe_unused]] Status status = profile->Scrape();
    }
    // Turns that a slow target missed are left out, not made up for. After now, for a scrape may
    // take no time.
    next_ns = NextScrape(seams_.clock.NowNs() + 1, interval_ns, offset_ns);
  }
}

}  // namespace anneal
