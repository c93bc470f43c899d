// What is stored, as JSON: the answer of the admin call `stats`, and what `anneal store stats`
// reads.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>

#include "base/status.h"
#include "store/store.h"

namespace anneal {

struct TenantStats {
  uint64_t services = 0, documents = 0, documents_bytes = 0;
  StoreStats::Service sum;  // of its services
  uint64_t bytes() const { return sum.bytes() + documents_bytes; }
};

std::map<std::string, TenantStats> StatsByTenant(const StoreStats& stats);

// Without the services and documents of other tenants than these, sorted. What is of the store as a
// whole (index, disk, damage) stays.
StoreStats OnlyTenants(StoreStats stats, std::span<const std::string> tenants);

// docs/guide/operate.md describes the fields.
nlohmann::ordered_json StatsJson(const StoreStats& stats);
// The inverse, tables by tenant aside. kInvalidArgument for anything else; fields that are missing
// are zero.
Result<StoreStats> ParseStatsJson(std::string_view json);

}  // namespace anneal
