#include "api/federated_store.h"

#include <set>
#include <tuple>

#include "api/tenant.h"
#include "profile/merge.h"
#include "store/result_cache.h"

namespace anneal {
namespace {

// The selection once for each of its tenants. REQUIRES: names that ParseTenants took.
Result<std::vector<Selection>> Split(const Selection& selection) {
  ASSIGN_OR_RETURN(const std::vector<std::string> tenants, ParseTenants(selection.tenant));
  std::vector<Selection> parts(tenants.size(), selection);
  for (size_t i = 0; i < tenants.size(); ++i) parts[i].tenant = tenants[i];
  return parts;
}

auto OrderOf(const SeriesPoint& p) { return std::tuple(p.time_ns, p.value, p.id); }
auto OrderOf(const SpanPoint& p) { return std::tuple(p.time_ns, p.value, p.id, p.link); }

// Points of several tenants under the labels they share, in the order that Store promises.
template <typename Point, typename Ask>
Result<std::map<LabelSet, std::vector<Point>>> Join(const Selection& selection, const Ask& ask) {
  ASSIGN_OR_RETURN(const std::vector<Selection> parts, Split(selection));
  std::map<LabelSet, std::vector<Point>> all;
  for (const Selection& part : parts) {
    auto answer = ask(part);
    if (!answer.ok()) return answer.status();
    for (auto& [labels, points] : *answer) {
      std::vector<Point>& into = all[labels];
      into.insert(into.end(), points.begin(), points.end());
    }
  }
  for (auto& [labels, points] : all) {
    std::sort(points.begin(), points.end(),
              [](const Point& a, const Point& b) { return OrderOf(a) < OrderOf(b); });
  }
  return all;
}

}  // namespace

void FederatedStore::Append(std::string_view tenant, std::span<const ProfileWrite> writes,
                            AppendDone done) {
  if (IsFederated(tenant)) {
    return done(InvalidArgument("tenant `{}`: what is written is of one tenant", tenant));
  }
  store_.Append(tenant, writes, std::move(done));
}

Result<uint64_t> FederatedStore::Delete(const Selection& selection) {
  if (IsFederated(selection.tenant)) {
    return InvalidArgument("tenant `{}`: what is deleted is of one tenant", selection.tenant);
  }
  return store_.Delete(selection);
}

Result<uint64_t> FederatedStore::Count(const Selection& selection) {
  if (!IsFederated(selection.tenant)) return store_.Count(selection);
  ASSIGN_OR_RETURN(const std::vector<Selection> parts, Split(selection));
  uint64_t count = 0;
  for (const Selection& part : parts) {
    ASSIGN_OR_RETURN(const uint64_t some, store_.Count(part));
    count += some;
  }
  return count;
}

Result<Profile> FederatedStore::Merge(const Selection& selection) {
  if (!IsFederated(selection.tenant)) return store_.Merge(selection);
  ASSIGN_OR_RETURN(const std::vector<Selection> parts, Split(selection));
  Merger merger;
  for (const Selection& part : parts) {
    const QueryScope scope(selection.control.get());
    ASSIGN_OR_RETURN(const Profile profile, store_.Merge(part));
    TRY(merger.Add(profile));
  }
  Profile merged = merger.Finish();
  if (selection.control != nullptr) {
    TRY(selection.control->Take(kWithAnswer * ProfileBytes(merged)));
  }
  return merged;
}

Result<std::map<LabelSet, std::vector<SeriesPoint>>> FederatedStore::Totals(
    const Selection& selection, GroupBy group_by) {
  if (!IsFederated(selection.tenant)) return store_.Totals(selection, group_by);
  return Join<SeriesPoint>(selection,
                           [&](const Selection& part) { return store_.Totals(part, group_by); });
}

Result<std::map<LabelSet, std::vector<SpanPoint>>> FederatedStore::SpanTotals(
    const Selection& selection, GroupBy group_by) {
  if (!IsFederated(selection.tenant)) return store_.SpanTotals(selection, group_by);
  return Join<SpanPoint>(selection,
                         [&](const Selection& part) { return store_.SpanTotals(part, group_by); });
}

Result<std::vector<LabelSet>> FederatedStore::Series(
    std::string_view tenant, std::span<const std::vector<LabelMatcher>> selectors,
    std::span<const std::string> names, TimeRange range) {
  if (!IsFederated(tenant)) return store_.Series(tenant, selectors, names, range);
  ASSIGN_OR_RETURN(const std::vector<std::string> tenants, ParseTenants(tenant));
  std::vector<LabelSet> all;
  for (const std::string& one : tenants) {
    ASSIGN_OR_RETURN(std::vector<LabelSet> sets, store_.Series(one, selectors, names, range));
    all.insert(all.end(), sets.begin(), sets.end());
  }
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

Result<std::vector<std::string>> FederatedStore::LabelNames(
    std::string_view tenant, std::span<const std::vector<LabelMatcher>> selectors,
    TimeRange range) {
  if (!IsFederated(tenant)) return store_.LabelNames(tenant, selectors, range);
  ASSIGN_OR_RETURN(const std::vector<std::string> tenants, ParseTenants(tenant));
  std::set<std::string> all;
  for (const std::string& one : tenants) {
    ASSIGN_OR_RETURN(const std::vector<std::string> names,
                     store_.LabelNames(one, selectors, range));
    all.insert(names.begin(), names.end());
  }
  return std::vector<std::string>(all.begin(), all.end());
}

Status FederatedStore::Scan(const Selection& selection,
                            const std::function<Status(const StoredProfile&)>& visit) {
  if (!IsFederated(selection.tenant)) return store_.Scan(selection, visit);
  ASSIGN_OR_RETURN(const std::vector<Selection> parts, Split(selection));
  for (const Selection& part : parts) TRY(store_.Scan(part, visit));
  return {};
}

std::optional<TimeRange> FederatedStore::Bounds(std::string_view tenant) {
  if (!IsFederated(tenant)) return store_.Bounds(tenant);
  const Result<std::vector<std::string>> tenants = ParseTenants(tenant);
  std::optional<TimeRange> all;
  if (!tenants.ok()) return all;
  for (const std::string& one : *tenants) {
    const std::optional<TimeRange> bounds = store_.Bounds(one);
    if (!bounds) continue;
    if (!all) all = bounds;
    all->start_ns = std::min(all->start_ns, bounds->start_ns);
    all->end_ns = std::max(all->end_ns, bounds->end_ns);
  }
  return all;
}

}  // namespace anneal
