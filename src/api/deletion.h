// Which profiles to export or delete, as people write it, and deleting them.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/status.h"
#include "store/store.h"

namespace anneal {

// Of no tenant yet. `query` is a selector (api/selector.h), a metric being the profile type; `from`
// and `to` are times (api/attime.h), "0" as `from` being the beginning.
Result<Selection> ParseSelection(std::string_view query, std::string_view from, std::string_view to,
                                 int64_t now_ns);

enum class Deleting : uint8_t { kForReal, kDryRun };

// The number of profiles that were deleted, or would be.
Result<uint64_t> DeleteAll(Store& store, std::span<const Selection> selections, Deleting how);

}  // namespace anneal
