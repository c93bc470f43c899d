#include "api/flamebearer.h"

#include <nlohmann/json.hpp>

namespace anneal {
namespace {

using Json = nlohmann::ordered_json;

template <typename Graph>
Json FlamebearerOf(const Graph& graph) {
  Json levels = Json::array();
  for (const querier::v1::Level& level : graph.levels()) {
    levels.emplace_back(std::vector<int64_t>(level.values().begin(), level.values().end()));
  }
  return {{"names", std::vector<std::string>(graph.names().begin(), graph.names().end())},
          {"levels", std::move(levels)},
          {"numTicks", graph.total()},
          {"maxSelf", graph.max_self()}};
}

// How readers turn ticks into something: objects are counted, CPU time comes in samples of 1 ns.
Json MetadataOf(std::string_view format, const ProfileType& type) {
  std::string units = type.sample_unit;
  int64_t sample_rate = 100;
  if (type.sample_type == "inuse_objects" || type.sample_type == "alloc_objects" ||
      type.sample_type == "goroutine" || type.sample_type == "samples") {
    units = "objects";
  } else if (type.sample_type == "cpu") {
    units = "samples";
    sample_rate = 1'000'000'000;
  }
  return {{"format", format},
          {"spyName", ""},
          {"sampleRate", sample_rate},
          {"units", units},
          {"name", type.sample_type}};
}

Json ToJson(const Timeline& timeline) {
  return {{"startTime", timeline.start_s},
          {"samples", timeline.samples},
          {"durationDelta", timeline.step_s},
          {"watermarks", nullptr}};
}

// Names may hold what is no UTF-8.
std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

std::string FlamebearerJson(const querier::v1::FlameGraph& graph, const ProfileType& type,
                            const Timelines& timelines) {
  Json groups;
  if (timelines.groups) {
    groups = Json::object();
    for (const auto& [name, timeline] : *timelines.groups) groups[name] = ToJson(timeline);
  }
  return Dump({{"version", 1},
               {"flamebearer", FlamebearerOf(graph)},
               {"metadata", MetadataOf("single", type)},
               {"timeline", timelines.all ? ToJson(*timelines.all) : Json()},
               {"groups", std::move(groups)},
               {"heatmap", nullptr}});
}

std::string FlamebearerDiffJson(const querier::v1::FlameGraphDiff& graph, const ProfileType& type) {
  return Dump({{"version", 1},
               {"flamebearer", FlamebearerOf(graph)},
               {"metadata", MetadataOf("double", type)},
               {"timeline", nullptr},
               {"groups", nullptr},
               {"heatmap", nullptr},
               {"leftTicks", graph.leftticks()},
               {"rightTicks", graph.rightticks()}});
}

}  // namespace anneal
