#include "api/builds.h"

#include <nlohmann/json.hpp>
#include <set>

namespace anneal {
namespace {

// What the SDKs, agents and anneal itself call the build of a program.
const std::vector<std::string>& BuildLabels() {
  static const auto* const kLabels = new std::vector<std::string>{
      "build_id", "pgo", "service_git_ref", "service_version", "version"};
  return *kLabels;
}

// A selection of those profiles alone whose build labels are `labels`.
Selection Narrow(Selection selection, const LabelSet& labels) {
  for (const std::string& name : BuildLabels()) {
    selection.matchers.push_back(
        {name, LabelMatcher::Op::kEqual, std::string(FindLabel(labels, name))});
  }
  return selection;
}

Result<std::vector<std::string>> BuildIdsOf(Store& store, const Selection& selection) {
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

}  // namespace

Result<std::vector<SeenBuild>> FindBuilds(Store& store, const Selection& selection) {
  ASSIGN_OR_RETURN(auto totals, store.Totals(selection, BuildLabels()));
  std::vector<SeenBuild> builds;
  for (const auto& [labels, points] : totals) {
    if (points.empty()) continue;
    SeenBuild build{.labels = labels,
                    .first_ns = points.front().time_ns,
                    .last_ns = points.back().time_ns,
                    .profiles = points.size()};
    for (const SeriesPoint& point : points) build.total += point.value;
    builds.push_back(std::move(build));
  }
  std::sort(builds.begin(), builds.end(), [](const SeenBuild& a, const SeenBuild& b) {
    return std::tie(b.last_ns, a.labels) < std::tie(a.last_ns, b.labels);
  });
  if (builds.size() > kMaxBuilds) builds.resize(kMaxBuilds);
  for (SeenBuild& build : builds) {
    ASSIGN_OR_RETURN(build.build_ids, BuildIdsOf(store, Narrow(selection, build.labels)));
  }
  std::sort(builds.begin(), builds.end(), [](const SeenBuild& a, const SeenBuild& b) {
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
