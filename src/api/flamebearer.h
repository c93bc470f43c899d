// Flamebearer: the JSON of /pyroscope/render and /pyroscope/render-diff.
#pragma once

#include <querier/v1/querier.pb.h>

#include <map>
#include <optional>
#include <string>

#include "api/profile_type.h"
#include "api/timeline.h"

namespace anneal {

struct Timelines {
  std::optional<Timeline> all;
  std::optional<std::map<std::string, Timeline>> groups;  // when the client asked for groups
};

std::string FlamebearerJson(const querier::v1::FlameGraph& graph, const ProfileType& type,
                            const Timelines& timelines);
std::string FlamebearerDiffJson(const querier::v1::FlameGraphDiff& graph, const ProfileType& type);

}  // namespace anneal
