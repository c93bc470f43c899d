#include "store/result_cache.h"

#include <fmt/format.h>

#include <algorithm>

#include "store/rollup_plan.h"

namespace anneal {
namespace {

constexpr int64_t kHourNs = RollupPlan::kHourNs;
// Shorter stretches are made anew as quickly as they are found.
constexpr int64_t kShortestStretchNs = 6 * kHourNs;

std::string KeyOf(const Selection& selection) {
  std::vector<std::string> matchers;
  for (const LabelMatcher& m : selection.matchers) {
    matchers.push_back(fmt::format("{}:{}{}{}:{}", m.name.size(), m.name, static_cast<int>(m.op),
                                   m.value.size(), m.value));
  }
  std::ranges::sort(matchers);
  return fmt::format("{}:{}{}:{}{}..{}{}", selection.tenant.size(), selection.tenant,
                     selection.profile_type.size(), selection.profile_type,
                     selection.range.start_ns, selection.range.end_ns, fmt::join(matchers, ""));
}

template <typename T>
size_t BytesOf(const std::vector<T>& column) {
  return column.size() * sizeof(T);
}

bool Overlap(TimeRange a, TimeRange b) { return a.start_ns <= b.end_ns && b.start_ns <= a.end_ns; }

}  // namespace

size_t MergedBytes(const Merged& answer) {
  return sizeof(Merged) + (answer.has_value() ? ProfileBytes(*answer) : 0);
}

size_t ProfileBytes(const Profile& p) {
  return p.strings.bytes() + p.strings.size() * sizeof(uint32_t) + BytesOf(p.mappings) +
         BytesOf(p.functions) + BytesOf(p.lines) + BytesOf(p.locations) + BytesOf(p.stack_ends) +
         BytesOf(p.sample_locations) + BytesOf(p.sample_values) + BytesOf(p.label_ends) +
         BytesOf(p.labels);
}

std::optional<TimeRange> LastingPart(TimeRange range, int64_t closed_ns) {
  if (range.end_ns < closed_ns) return range;
  if (range.start_ns < 0 || closed_ns - range.start_ns < kShortestStretchNs) return std::nullopt;
  const TimeRange hours{(range.start_ns + kHourNs - 1) / kHourNs * kHourNs,
                        closed_ns / kHourNs * kHourNs - 1};
  if (hours.end_ns - hours.start_ns < kShortestStretchNs - 1) return std::nullopt;
  return hours;
}

ResultCache::ResultCache(size_t limit_bytes, Metrics* metrics) : limit_bytes_(limit_bytes) {
  if (metrics == nullptr) return;
  hits_ = &metrics->GetCounter("anneal_store_result_cache_hits_total",
                               "Merges of closed windows answered from memory");
  misses_ = &metrics->GetCounter("anneal_store_result_cache_misses_total",
                                 "Merges of closed windows that had to be made");
}

ResultCache::~ResultCache() = default;

bool ResultCache::Takes(const Selection& selection) const {
  return limit_bytes_ > 0 && selection.profile_ids.empty() && selection.span_ids.empty() &&
         selection.trace_ids.empty();
}

std::shared_ptr<const Merged> ResultCache::Find(const Selection& selection) {
  const std::string key = KeyOf(selection);
  MutexLock lock(mutex_);
  auto found = entries_.find(key);
  Metrics::Counter* counter = found == entries_.end() ? misses_ : hits_;
  if (counter != nullptr) counter->Add(1);
  if (found == entries_.end()) return nullptr;
  recent_.splice(recent_.begin(), recent_, found->second.recency);
  return found->second.answer;
}

ResultCache::Making::Making(ResultCache& cache, const Selection& selection)
    : cache_(cache), key_(KeyOf(selection)), tenant_(selection.tenant), range_(selection.range) {
  MutexLock lock(cache_.mutex_);
  place_ = cache_.makings_.insert(cache_.makings_.end(), this);
  cache_.latest_end_ns_ = std::max(cache_.latest_end_ns_, range_.end_ns);
}

ResultCache::Making::~Making() {
  MutexLock lock(cache_.mutex_);
  cache_.makings_.erase(place_);
}

void ResultCache::Making::Keep(std::shared_ptr<const Merged> answer) {
  const size_t bytes = MergedBytes(*answer) + 2 * key_.size() + sizeof(Entry);
  // One answer does not drive out all others.
  if (bytes > cache_.limit_bytes_ / 2) return;
  MutexLock lock(cache_.mutex_);
  if (spoilt_ || cache_.entries_.contains(key_)) return;
  cache_.recent_.push_front(key_);
  cache_.entries_.emplace(key_,
                          Entry{tenant_, range_, std::move(answer), bytes, cache_.recent_.begin()});
  cache_.bytes_ += bytes;
  while (cache_.bytes_ > cache_.limit_bytes_) {
    cache_.Drop(cache_.entries_.find(cache_.recent_.back()));
  }
}

void ResultCache::Drop(Entries::iterator entry) {
  bytes_ -= entry->second.bytes;
  recent_.erase(entry->second.recency);
  entries_.erase(entry);
}

void ResultCache::Forget(std::string_view tenant, TimeRange times) {
  MutexLock lock(mutex_);
  if (times.start_ns > latest_end_ns_) return;
  for (Making* making : makings_) {
    if (making->tenant_ == tenant && Overlap(making->range_, times)) making->spoilt_ = true;
  }
  for (auto it = entries_.begin(); it != entries_.end();) {
    auto entry = it++;
    if (entry->second.tenant == tenant && Overlap(entry->second.range, times)) Drop(entry);
  }
}

void ResultCache::Clear() {
  MutexLock lock(mutex_);
  for (Making* making : makings_) making->spoilt_ = true;
  entries_.clear();
  recent_.clear();
  bytes_ = 0;
}

size_t ResultCache::bytes() {
  MutexLock lock(mutex_);
  return bytes_;
}

}  // namespace anneal
