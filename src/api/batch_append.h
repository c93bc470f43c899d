// A batch on its way into the store, without the profiles that the store does not take.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

#include "api/push_batch.h"
#include "base/status.h"
#include "store/store.h"

namespace anneal {

// What became of a batch.
struct AppendOutcome {
  // Durable.
  size_t profiles = 0;
  uint64_t bytes = 0;  // as PushBatch counts them
  // Profiles that the store does not take: past its retention, or of series it has no room for.
  size_t refused = 0;
  Status refusal;  // of the first of them
  // Why others were not kept, if any: not for what they are.
  Status failure;
};

// Appends the batch, whole; where the store refuses it, by halves, so that what is refused keeps
// nothing else out. A profile is stored with all its writes or none. `batch`, which is not empty,
// is borrowed until this returns; `done` is called once, perhaps before that or on another thread.
void AppendBatch(Store& store, std::string_view tenant, const PushBatch& batch,
                 std::function<void(const AppendOutcome&)> done);

}  // namespace anneal
