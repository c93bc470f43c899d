#include "api/decisions_json.h"

namespace anneal {

nlohmann::ordered_json DecisionsJson(std::span<const Decision> decisions) {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (const Decision& d : decisions) {
    rows.push_back({{"kind", DecisionKindName(d.kind)},
                    {"package", d.package},
                    {"position", d.position},
                    {"caller", d.caller},
                    {"callee", d.callee},
                    {"cost", d.cost}});
  }
  return rows;
}

}  // namespace anneal
