// Listing: which series and labels there are.
#include <algorithm>

#include "store/engine.h"

namespace anneal {
namespace {

Result<std::vector<std::vector<CompiledMatcher>>> CompileSelectors(
    std::span<const std::vector<LabelMatcher>> selectors) {
  std::vector<std::vector<CompiledMatcher>> compiled;
  size_t patterns = 0;
  for (const std::vector<LabelMatcher>& selector : selectors) {
    patterns += static_cast<size_t>(std::ranges::count_if(selector, IsPattern));
    if (patterns > kMostPatterns) return TooManyPatterns();
    ASSIGN_OR_RETURN(std::vector<CompiledMatcher> matchers, CompileMatchers(selector));
    compiled.push_back(std::move(matchers));
  }
  return compiled;
}

}  // namespace

Result<bool> EmbeddedStore::HasProfile(const SeriesTarget& target, TimeRange range) {
  bool found = false;
  ASSIGN_OR_RETURN(KvCursor cursor, kv_->Cursor(Family::kProfiles, {}, {}));
  Status visited =
      VisitWindow(cursor, target, Window(range), [&](std::string_view, std::string_view) {
        found = true;
        return Error(Code::kCanceled, "enough");
      });
  if (!found && !visited.ok()) return visited;
  return found;
}

Result<std::vector<LabelSet>> EmbeddedStore::Series(
    std::string_view tenant, std::span<const std::vector<LabelMatcher>> selectors,
    std::span<const std::string> names, TimeRange range) {
  ASSIGN_OR_RETURN(auto compiled, CompileSelectors(selectors));
  ReaderLock ground(ground_);
  Status failed;
  auto probe = [&](const SeriesTarget& target, TimeRange window) {
    Result<bool> found = HasProfile(target, window);
    if (!found.ok()) failed = found.status();
    return found.ok() && *found;
  };
  std::vector<LabelSet> sets = index_.Project(tenant, compiled, names, range, probe);
  TRY(failed);
  return sets;
}

Result<std::vector<std::string>> EmbeddedStore::LabelNames(
    std::string_view tenant, std::span<const std::vector<LabelMatcher>> selectors,
    TimeRange range) {
  ASSIGN_OR_RETURN(auto compiled, CompileSelectors(selectors));
  ReaderLock ground(ground_);
  Status failed;
  auto probe = [&](const SeriesTarget& target, TimeRange window) {
    Result<bool> found = HasProfile(target, window);
    if (!found.ok()) failed = found.status();
    return found.ok() && *found;
  };
  std::vector<std::string> names = index_.Names(tenant, compiled, range, probe);
  TRY(failed);
  return names;
}

}  // namespace anneal
