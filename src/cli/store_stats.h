// What is stored, told to people and to programs.
#pragma once

#include <iosfwd>
#include <nlohmann/json_fwd.hpp>

#include "store/store.h"

namespace anneal {

// Tables by service, by tenant and by kind of document, and a line of totals.
void PrintStats(std::ostream& out, const StoreStats& stats);
nlohmann::ordered_json StatsJson(const StoreStats& stats);

}  // namespace anneal
