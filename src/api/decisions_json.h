// Compilers' decisions as JSON, as every command prints and publishes them.
#pragma once

#include <nlohmann/json.hpp>
#include <span>

#include "pgo/decisions.h"

namespace anneal {

// An array of {kind, package, position, caller, callee, cost}.
nlohmann::ordered_json DecisionsJson(std::span<const Decision> decisions);

}  // namespace anneal
