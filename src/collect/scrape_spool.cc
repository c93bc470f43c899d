#include "collect/scrape_spool.h"

#include <algorithm>

#include "base/log.h"

namespace anneal {
namespace {

constexpr int64_t kLongestDelayNs = 300'000'000'000;
constexpr std::string_view kLossNames[] = {"refused", "no_room", "stopped"};

int64_t SizeOf(const ScrapedProfile& profile) {
  return static_cast<int64_t>(sizeof(profile) + profile.pprof.size());
}

bool IsRefusal(const Status& status) {
  return status.code() == Code::kInvalidArgument || status.code() == Code::kOutOfRange;
}

}  // namespace

bool ScrapeSpool::Take(int64_t bytes) {
  int64_t left = left_bytes_;
  while (left >= bytes) {
    if (left_bytes_.compare_exchange_weak(left, left - bytes)) return true;
  }
  return false;
}

DeliveryQueue::DeliveryQueue(const ScrapeSink& sink, ScrapeSpool& spool, const Clock& clock,
                             Metrics& metrics, std::string url, Metrics::LabelSet labels,
                             int64_t interval_ns)
    : sink_(sink),
      spool_(spool),
      clock_(clock),
      url_(std::move(url)),
      interval_ns_(interval_ns),
      waiting_gauge_(metrics.GetGauge("anneal_scrape_waiting",
                                      "Profiles that were taken and wait for delivery.", labels)) {
  for (std::string_view name : kLossNames) {
    labels["reason"] = name;
    lost_.push_back(&metrics.GetCounter(
        "anneal_scrape_lost_total",
        "Profiles that were taken and not delivered: refused for good, no room to keep them until "
        "they can be, or the scraper was stopped.",
        labels));
  }
}

DeliveryQueue::~DeliveryQueue() {
  while (!waiting_.empty()) DropOldest(Loss::kStopped, last_failure_);
}

void DeliveryQueue::CountLost(Loss loss, const Status& why) {
  const auto index = static_cast<size_t>(loss);
  spool_.CountLost();
  lost_[index]->Add(1);
  if (told_ == loss) return;  // the metric has the rest
  told_ = loss;
  log::Warn("a scraped profile is lost",
            {{"url", url_}, {"reason", kLossNames[index]}, {"error", why.message()}});
}

void DeliveryQueue::DropOldest(Loss loss, const Status& why) {
  spool_.GiveBack(SizeOf(waiting_.front()));
  waiting_.pop_front();
  waiting_gauge_.Set(static_cast<double>(waiting_.size()));
  CountLost(loss, why);
}

DeliveryQueue::Fate DeliveryQueue::Send(const ScrapedProfile& profile, Status* status) {
  *status = sink_(profile);
  if (status->ok() || IsRefusal(*status)) {
    delay_ns_ = next_try_ns_ = 0;
    if (!status->ok()) return Fate::kLost;
    told_.reset();
    return Fate::kDelivered;
  }
  last_failure_ = *status;
  // The next call comes an interval later anyhow.
  next_try_ns_ = clock_.MonotonicNs() + delay_ns_;
  delay_ns_ = std::min(std::max(2 * delay_ns_, interval_ns_), kLongestDelayNs);
  return Fate::kWaits;
}

void DeliveryQueue::Keep(ScrapedProfile profile, const Status& why) {
  const int64_t bytes = SizeOf(profile);
  bool room = spool_.Take(bytes);
  // The newest are worth the most: those before are perhaps too old for the server by now.
  while (!room && !waiting_.empty()) {
    DropOldest(Loss::kNoRoom, why);
    room = spool_.Take(bytes);
  }
  if (!room) return CountLost(Loss::kNoRoom, why);
  waiting_.push_back(std::move(profile));
  waiting_gauge_.Set(static_cast<double>(waiting_.size()));
}

Status DeliveryQueue::Deliver() {
  Status refusal;
  while (!waiting_.empty()) {
    if (clock_.MonotonicNs() < next_try_ns_) return last_failure_;
    Status status;
    const Fate fate = Send(waiting_.front(), &status);
    if (fate == Fate::kWaits) return status;
    if (fate == Fate::kLost) {
      refusal = status;
      DropOldest(Loss::kRefused, status);
      continue;
    }
    spool_.GiveBack(SizeOf(waiting_.front()));
    waiting_.pop_front();
    waiting_gauge_.Set(static_cast<double>(waiting_.size()));
  }
  return refusal;
}

Status DeliveryQueue::Add(ScrapedProfile profile) {
  Status before = Deliver();
  if (!empty()) {
    Keep(std::move(profile), before);
    return before;
  }
  Status status;
  const Fate fate = Send(profile, &status);
  if (fate == Fate::kLost) CountLost(Loss::kRefused, status);
  if (fate == Fate::kWaits) Keep(std::move(profile), status);
  return status.ok() ? before : status;
}

}  // namespace anneal
