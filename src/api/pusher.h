// Pusher: what both ways to push share, from a batch to the store's acknowledgement.
#pragma once

#include <functional>
#include <string_view>

#include "api/api.h"
#include "api/batch_append.h"
#include "api/push_batch.h"
#include "api/push_request.h"
#include "api/rate_limit.h"
#include "api/recent_pushes.h"

namespace anneal {

// Thread-safe.
class Pusher {
 public:
  // `store` and `clock` must outlive the Pusher and every push under way.
  Pusher(Store& store, Clock& clock, const ApiOptions& options);

  // Decodes within `memory`, which must outlive it; null: unbounded.
  PushBatch NewBatch(RequestMemory* memory = nullptr) const {
    return PushBatch(limits_, clock_.NowNs(), memory);
  }
  const Limits& limits() const { return limits_; }

  // The answer in protobuf, or why there is none.
  using Answer = std::function<void(Result<std::string>)>;

  // A body that is a push.v1.PushRequest. Valid profiles are stored even when others in it are
  // refused; `done` then gets the first refusal.
  void PushMessage(std::string_view tenant, const HttpRequest& request, Answer done);

  // A body that is an ExportProfilesServiceRequest of OpenTelemetry. Where only some profiles are
  // refused the answer says how many and why; where all are, the first refusal is the error.
  void PushOtlp(std::string_view tenant, const HttpRequest& request, Answer done);

  // Stores a batch, all that the store takes of it. `refused`: the first failure of filling it, or
  // ok. `done` gets it, or the first of the store's.
  void Commit(std::string_view tenant, const PushBatch& batch, Status refused, Api::PushDone done);

 private:
  struct Counters {
    Metrics::Counter* profiles = nullptr;
    Metrics::Counter* bytes = nullptr;
    Metrics::Counter* refused_pushes = nullptr;
    Metrics::Counter* failed_pushes = nullptr;
  };

  // Commit, but for its answer. `has_refused`: what was sent had more than the batch.
  void Keep(std::string_view tenant, const PushBatch& batch, bool has_refused,
            std::function<void(const AppendOutcome&)> done);
  // One profile of a message, under the time and bytes that it had when it came first.
  Status AddPushed(std::string_view tenant, const PushSeries& series, size_t index,
                   PushBatch& batch);

  Store& store_;
  Clock& clock_;
  const Limits limits_;
  RateLimit rate_;
  RecentPushes recent_;
  Counters counters_;
};

}  // namespace anneal
