// What the query calls share: who asks, and the checks of a request's window and selector.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "api/limits.h"
#include "api/profile_type.h"
#include "base/status.h"
#include "store/store.h"

namespace anneal {

class AsyncQueries;

// One call's surroundings.
struct QueryContext {
  Store& store;
  const Limits& limits;
  std::string tenant;
  int64_t now_ns = 0;
  bool utf8_label_names = false;          // else names that old clients cannot write are left out
  std::shared_ptr<QueryControl> control;  // goes into every selection of the call
  AsyncQueries* async = nullptr;          // null: every query is answered at once
};

// A window in milliseconds, both ends inclusive, as nanoseconds. What lies further back than
// max_query_lookback is cut off; of a window that lies there as a whole nothing is left, and it
// begins after its end. kInvalidArgument when an end is 0 or missing, the start is after the end,
// or the range exceeds max_query_length.
Result<TimeRange> CheckRange(const QueryContext& context, int64_t start_ms, int64_t end_ms);

// A selection of one profile type.
Result<Selection> CheckSelection(const QueryContext& context, std::string_view profile_type,
                                 std::string_view label_selector, int64_t start_ms, int64_t end_ms);

// All of the selectors' matchers; every selector must hold.
Result<std::vector<LabelMatcher>> ParseAll(const std::vector<std::string>& selectors);

}  // namespace anneal
