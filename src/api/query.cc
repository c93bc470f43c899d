#include "api/query.h"

#include <limits>

#include "api/selector.h"

namespace anneal {
namespace {

constexpr int64_t kNsPerMs = 1'000'000;

// Saturates: a client's "end of time" stays one.
int64_t MsToNs(int64_t ms) {
  int64_t ns = 0;
  if (!__builtin_mul_overflow(ms, kNsPerMs, &ns)) return ns;
  return std::numeric_limits<int64_t>::max();
}

}  // namespace

Result<TimeRange> CheckRange(const QueryContext& context, int64_t start_ms, int64_t end_ms) {
  const Limits& limits = context.limits;
  if (start_ms <= 0 || end_ms <= 0) {
    return InvalidArgument("start and end must be given, in milliseconds since 1970");
  }
  if (start_ms > end_ms) {
    return InvalidArgument("start ({} ms) is after end ({} ms)", start_ms, end_ms);
  }
  TimeRange range{MsToNs(start_ms), MsToNs(end_ms)};
  if (limits.max_query_lookback_ns > 0) {
    // To the millisecond, which is how far apart clients can tell times.
    int64_t horizon_ns =
        (context.now_ns - limits.max_query_lookback_ns + kNsPerMs - 1) / kNsPerMs * kNsPerMs;
    range.start_ns = std::max(range.start_ns, horizon_ns);
    if (range.end_ns < horizon_ns) range.end_ns = horizon_ns - 1;
  }
  int64_t length_ns = range.end_ns - range.start_ns;
  if (limits.max_query_length_ns > 0 && length_ns > limits.max_query_length_ns) {
    return InvalidArgument(
        "the query covers {} s; max_query_length allows {} s (setting limits.query_length)",
        length_ns / 1'000'000'000, limits.max_query_length_ns / 1'000'000'000);
  }
  return range;
}

Result<Selection> CheckSelection(const QueryContext& context, std::string_view profile_type,
                                 std::string_view label_selector, int64_t start_ms,
                                 int64_t end_ms) {
  Selection selection;
  selection.tenant = context.tenant;
  selection.control = context.control;
  ASSIGN_OR_RETURN(ProfileType type, ParseProfileType(profile_type));
  selection.profile_type = ToString(type);
  ASSIGN_OR_RETURN(selection.matchers, ParseMatchers(label_selector));
  ASSIGN_OR_RETURN(selection.range, CheckRange(context, start_ms, end_ms));
  return selection;
}

Result<std::vector<LabelMatcher>> ParseAll(const std::vector<std::string>& selectors) {
  std::vector<LabelMatcher> all;
  for (const std::string& selector : selectors) {
    ASSIGN_OR_RETURN(std::vector<LabelMatcher> matchers, ParseMatchers(selector));
    all.insert(all.end(), matchers.begin(), matchers.end());
  }
  return all;
}

}  // namespace anneal
