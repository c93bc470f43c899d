#include "api/builds.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <span>

namespace anneal {
namespace {

// What the SDKs, agents and anneal itself call the build of a program.
const std::vector<std::string>& BuildLabels() {
  static const auto* const kLabels = new std::vector<std::string>{
      "build_id", "pgo", "service_git_ref", "service_version", "version"};
  return *kLabels;
}

// A deployment costs about twice the logarithm of the profiles around it.
constexpr int kMaxMergesOfLabels = 64;

// A selection of those profiles alone whose build labels are `labels`.
Selection Narrow(Selection selection, const LabelSet& labels) {
  for (const std::string& name : BuildLabels()) {
    selection.matchers.push_back(
        {name, LabelMatcher::Op::kEqual, std::string(FindLabel(labels, name))});
  }
  return selection;
}

// Profiles of one label set that follow each other in time.
struct Stretch {
  const Selection* selection;
  const LabelSet* labels;
  std::span<const SeriesPoint> points;  // by time
};

Result<std::vector<std::string>> BuildIdsOf(Store& store, const Stretch& stretch) {
  Selection selection = Narrow(*stretch.selection, *stretch.labels);
  selection.range = {stretch.points.front().time_ns, stretch.points.back().time_ns};
  const QueryScope scope(selection.control.get());
  ASSIGN_OR_RETURN(Profile profile, store.Merge(selection));
  // The main binary is the one that profiles name first; the merge keeps one of them at the front
  // and the others under the same file.
  std::set<std::string> ids;
  for (const Mapping& mapping : profile.mappings) {
    bool is_main = mapping.file == profile.mappings[0].file;
    if (is_main && mapping.build_id != StringId::kEmpty) {
      ids.emplace(profile.Text(mapping.build_id));
    }
  }
  return std::vector<std::string>(ids.begin(), ids.end());
}

// Where one more half begins: the first profile of the middle's time, or the next time when that
// is the first of all. `points.size()` when all are of one time.
size_t HalfOf(std::span<const SeriesPoint> points) {
  auto middle = points.begin() + static_cast<ptrdiff_t>(points.size() / 2);
  auto before = [](const SeriesPoint& point, int64_t time) { return point.time_ns < time; };
  auto after = [](int64_t time, const SeriesPoint& point) { return time < point.time_ns; };
  auto half = std::lower_bound(points.begin(), points.end(), middle->time_ns, before);
  if (half == points.begin()) {
    half = std::upper_bound(points.begin(), points.end(), middle->time_ns, after);
  }
  return static_cast<size_t>(half - points.begin());
}

// Adds the stretch to the build of the same ids, or as a new one of `builds`, which are those of
// its label set.
void AddStretch(const Stretch& stretch, std::vector<std::string> ids,
                std::vector<SeenBuild>& builds) {
  auto build = std::find_if(builds.begin(), builds.end(),
                            [&](const SeenBuild& b) { return b.build_ids == ids; });
  if (build == builds.end()) {
    builds.push_back({.labels = *stretch.labels,
                      .build_ids = std::move(ids),
                      .first_ns = stretch.points.front().time_ns});
    build = builds.end() - 1;
  }
  build->last_ns = stretch.points.back().time_ns;
  build->profiles += stretch.points.size();
  for (const SeriesPoint& point : stretch.points) build->total += point.value;
}

// Labels often say nothing of the build; the mappings of the profiles do. A stretch with several
// build ids is halved until each part has one, earliest first, for as long as `merges` last: what
// ran side by side, or is not worth another merge, stays one build of several ids.
Status SplitByBuildId(Store& store, const Stretch& stretch, int& merges,
                      std::vector<SeenBuild>& builds) {
  ASSIGN_OR_RETURN(std::vector<std::string> ids, BuildIdsOf(store, stretch));
  --merges;
  size_t half = ids.size() < 2 ? stretch.points.size() : HalfOf(stretch.points);
  if (half == stretch.points.size() || merges < 2) {
    AddStretch(stretch, std::move(ids), builds);
    return {};
  }
  Stretch early = stretch, late = stretch;
  early.points = stretch.points.first(half);
  late.points = stretch.points.subspan(half);
  TRY(SplitByBuildId(store, early, merges, builds));
  return SplitByBuildId(store, late, merges, builds);
}

}  // namespace

Result<std::vector<SeenBuild>> FindBuilds(Store& store, const Selection& selection) {
  ASSIGN_OR_RETURN(auto totals, store.Totals(selection, BuildLabels()));
  std::vector<Stretch> stretches;
  for (const auto& [labels, points] : totals) {
    if (!points.empty()) stretches.push_back({&selection, &labels, points});
  }
  std::stable_sort(stretches.begin(), stretches.end(), [](const Stretch& a, const Stretch& b) {
    return a.points.back().time_ns > b.points.back().time_ns;
  });
  if (stretches.size() > kMaxBuilds) stretches.resize(kMaxBuilds);
  std::vector<SeenBuild> builds;
  for (const Stretch& stretch : stretches) {
    std::vector<SeenBuild> own;
    int merges = kMaxMergesOfLabels;
    TRY(SplitByBuildId(store, stretch, merges, own));
    std::move(own.begin(), own.end(), std::back_inserter(builds));
  }
  std::stable_sort(builds.begin(), builds.end(), [](const SeenBuild& a, const SeenBuild& b) {
    return std::tie(b.last_ns, a.labels) < std::tie(a.last_ns, b.labels);
  });
  if (builds.size() > kMaxBuilds) builds.resize(kMaxBuilds);
  std::stable_sort(builds.begin(), builds.end(), [](const SeenBuild& a, const SeenBuild& b) {
    return std::tie(a.first_ns, a.labels) < std::tie(b.first_ns, b.labels);
  });
  return builds;
}

std::string EncodeBuildsJson(const std::vector<SeenBuild>& builds) {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (const SeenBuild& build : builds) {
    nlohmann::ordered_json labels = nlohmann::ordered_json::object();
    for (const LabelPair& label : build.labels) labels[label.name] = label.value;
    rows.push_back({{"labels", std::move(labels)},
                    {"buildIds", build.build_ids},
                    {"first", build.first_ns / 1'000'000},
                    {"last", build.last_ns / 1'000'000},
                    {"profiles", build.profiles},
                    {"total", build.total}});
  }
  nlohmann::ordered_json out = {{"schema", 1}, {"builds", std::move(rows)}};
  return out.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace anneal
