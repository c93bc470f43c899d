// AsyncQueries: queries that outlive the request that asked for them. They run one after the other
// on a thread of their own, and who asked fetches the answer by its id. Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/status.h"
#include "net/worker_pool.h"
#include "store/query_control.h"

namespace anneal {

// Of one query: under way (nothing), answered, or failed. Shared, so that an answer of many bytes
// is handed out without a copy.
using AsyncResult = Result<std::shared_ptr<const std::string>>;
using AsyncAnswer = std::optional<AsyncResult>;

class AsyncQueries {
 public:
  using Work = std::function<Result<std::string>(std::shared_ptr<QueryControl> control)>;

  static constexpr size_t kMaxUnfinished = 16;
  // How long answers and errors are kept, how many bytes of them, and how many; the oldest go
  // first.
  static constexpr int64_t kKeptNs = int64_t{600} * 1'000'000'000;
  static constexpr size_t kKeptBytes = size_t{32} << 20;
  static constexpr size_t kMaxKept = 256;

  // `bounds` are each query's own, from its begin. `clock` must outlive the object.
  AsyncQueries(Clock& clock, QueryBounds bounds);
  // Stops.
  ~AsyncQueries();
  AsyncQueries(const AsyncQueries&) = delete;
  AsyncQueries& operator=(const AsyncQueries&) = delete;

  // Begins `work`, which must heed its control, and names it by a UUID that cannot be guessed.
  // kResourceExhausted when kMaxUnfinished are under way, kUnavailable after Stop.
  Result<std::string> Submit(std::string_view tenant, Work work) EXCLUDES_LOCK(mutex_);
  // kNotFound for what is not of this tenant, too old, or was never there.
  Result<AsyncAnswer> Poll(std::string_view tenant, std::string_view id) EXCLUDES_LOCK(mutex_);
  // Cancels what has not ended and waits for what runs: then nothing uses what the works use.
  // What has ended can still be fetched.
  void Stop() EXCLUDES_LOCK(mutex_);

 private:
  struct Query {
    std::string tenant;
    AsyncAnswer answer;
    int64_t finished_ns = 0;  // monotonic
  };

  AsyncResult ResultOf(const Work& work) const;
  void Run(const std::string& id, const Work& work) EXCLUDES_LOCK(mutex_);
  void Finish(Query& query, AsyncResult result) REQUIRES_LOCK(mutex_);
  void DropOld() REQUIRES_LOCK(mutex_);

  Clock& clock_;
  const QueryBounds bounds_;
  std::atomic<bool> stopped_ = false;
  Mutex mutex_;
  std::map<std::string, Query, std::less<>> queries_ GUARDED_BY(mutex_);  // by id
  std::unique_ptr<WorkerPool> worker_ GUARDED_BY(mutex_);                 // from the first query on
};

}  // namespace anneal
