// ResultCache: merges of windows that are over, kept until something in them changes.
//
// A late profile makes an answer wrong at the moment it is acknowledged, also one that is being
// made from a snapshot without it. So whoever makes an answer says so before taking the snapshot
// (Making), and Forget, called when a write is visible and before it is acknowledged, spoils what
// is kept and what is being made.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "base/metrics.h"
#include "base/mutex.h"
#include "profile/profile.h"
#include "store/store.h"

namespace anneal {

// A merge; nullopt when no profile was selected.
using Merged = std::optional<Profile>;

// The part of a query's window of which the answer is worth keeping, `closed_ns` being the time
// before which hardly anything comes any more: the whole window when it ends before; of a longer
// one that does not, its whole hours, if they are a good part of a day; else nullopt.
std::optional<TimeRange> LastingPart(TimeRange range, int64_t closed_ns);

// Memory that an answer, or a profile, holds.
size_t MergedBytes(const Merged& answer);
size_t ProfileBytes(const Profile& profile);

class ResultCache {
 public:
  ResultCache(size_t limit_bytes, Metrics* metrics);  // 0: keeps nothing
  ~ResultCache();

  // Whether answers to the selection are kept: those of whole profiles are.
  bool Takes(const Selection& selection) const;
  // Null when there is none.
  std::shared_ptr<const Merged> Find(const Selection& selection);

  // An answer that is being made, from before its snapshot is taken.
  class Making {
   public:
    Making(ResultCache& cache, const Selection& selection);
    ~Making();
    Making(const Making&) = delete;
    Making& operator=(const Making&) = delete;
    // Keeps the answer, unless it was spoilt meanwhile or is too large.
    void Keep(std::shared_ptr<const Merged> answer);

   private:
    ResultCache& cache_;
    const std::string key_, tenant_;
    const TimeRange range_;
    std::list<Making*>::iterator place_;
    bool spoilt_ = false;  // guarded by the cache's lock
    friend class ResultCache;
  };

  // Profiles of a tenant were written, the earliest and the latest as `times` says.
  void Forget(std::string_view tenant, TimeRange times);
  void Clear();
  size_t bytes();

 private:
  struct Entry {
    std::string tenant;
    TimeRange range;
    std::shared_ptr<const Merged> answer;
    size_t bytes = 0;
    std::list<std::string>::iterator recency;
  };
  using Entries = absl::flat_hash_map<std::string, Entry>;
  void Drop(Entries::iterator entry) REQUIRES_LOCK(mutex_);

  const size_t limit_bytes_;
  Metrics::Counter* hits_ = nullptr;
  Metrics::Counter* misses_ = nullptr;

  Mutex mutex_;
  Entries entries_ GUARDED_BY(mutex_);
  std::list<std::string> recent_ GUARDED_BY(mutex_);  // keys, most recent first
  std::list<Making*> makings_ GUARDED_BY(mutex_);
  size_t bytes_ GUARDED_BY(mutex_) = 0;
  // The latest end of all windows above: nearly every write is later.
  int64_t latest_end_ns_ GUARDED_BY(mutex_) = INT64_MIN;
};

}  // namespace anneal
