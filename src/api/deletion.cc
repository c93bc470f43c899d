#include "api/deletion.h"

#include "api/attime.h"
#include "api/selector.h"

namespace anneal {

Result<Selection> ParseSelection(std::string_view query, std::string_view from, std::string_view to,
                                 int64_t now_ns) {
  ASSIGN_OR_RETURN(Selector selector, ParseSelector(query));
  Selection selection;
  selection.profile_type = std::move(selector.metric);
  selection.matchers = std::move(selector.matchers);
  if (from != "0") {
    ASSIGN_OR_RETURN(selection.range.start_ns, ParseTime(from, now_ns));
  }
  ASSIGN_OR_RETURN(selection.range.end_ns, ParseTime(to, now_ns));
  return selection;
}

Result<uint64_t> DeleteAll(Store& store, std::span<const Selection> selections, Deleting how) {
  uint64_t profiles = 0;
  for (const Selection& selection : selections) {
    ASSIGN_OR_RETURN(const uint64_t count,
                     how == Deleting::kDryRun ? store.Count(selection) : store.Delete(selection));
    profiles += count;
  }
  return profiles;
}

}  // namespace anneal
