#include "server/store_stats.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace anneal {
namespace {

// nlohmann's own conversions throw.
uint64_t Number(const nlohmann::json& row, const char* key) {
  const auto it = row.find(key);
  return it != row.end() && it->is_number_unsigned() ? it->get<uint64_t>() : 0;
}
int64_t Time(const nlohmann::json& row, const char* key) {
  const auto it = row.find(key);
  return it != row.end() && it->is_number_integer() ? it->get<int64_t>() : 0;
}
std::string Text(const nlohmann::json& row, const char* key) {
  const auto it = row.find(key);
  return it != row.end() && it->is_string() ? it->get<std::string>() : std::string();
}

bool IsTable(const nlohmann::json& json, const char* key) {
  const auto it = json.find(key);
  return it != json.end() && it->is_array() &&
         std::ranges::all_of(*it, [](const nlohmann::json& row) { return row.is_object(); });
}

}  // namespace

std::map<std::string, TenantStats> StatsByTenant(const StoreStats& stats) {
  std::map<std::string, TenantStats> tenants;
  for (const StoreStats::Service& service : stats.services) {
    TenantStats& tenant = tenants[service.tenant];
    ++tenant.services;
    tenant.sum += service;
  }
  for (const StoreStats::Documents& kind : stats.document_kinds) {
    TenantStats& tenant = tenants[kind.tenant];
    tenant.documents += kind.count;
    tenant.documents_bytes += kind.bytes;
  }
  return tenants;
}

StoreStats OnlyTenants(StoreStats stats, std::span<const std::string> tenants) {
  const auto is_other = [&](const auto& row) {
    return !std::ranges::binary_search(tenants, row.tenant);
  };
  std::erase_if(stats.services, is_other);
  std::erase_if(stats.document_kinds, is_other);
  stats.documents = stats.documents_bytes = 0;
  for (const StoreStats::Documents& kind : stats.document_kinds) {
    stats.documents += kind.count;
    stats.documents_bytes += kind.bytes;
  }
  return stats;
}

nlohmann::ordered_json StatsJson(const StoreStats& stats) {
  nlohmann::ordered_json services = nlohmann::ordered_json::array(), tenants = services,
                         kinds = services;
  for (const StoreStats::Service& s : stats.services) {
    services.push_back({{"tenant", s.tenant},
                        {"service", s.service},
                        {"series", s.series},
                        {"profiles", s.profiles},
                        {"profiles_bytes", s.profiles_bytes},
                        {"links_bytes", s.links_bytes},
                        {"symbols_bytes", s.symbols_bytes},
                        {"rollups_bytes", s.rollups_bytes},
                        {"oldest_ns", s.oldest_ns},
                        {"newest_ns", s.newest_ns}});
  }
  for (const auto& [name, t] : StatsByTenant(stats)) {
    tenants.push_back({{"tenant", name},
                       {"services", t.services},
                       {"series", t.sum.series},
                       {"profiles", t.sum.profiles},
                       {"documents", t.documents},
                       {"profiles_bytes", t.sum.profiles_bytes},
                       {"links_bytes", t.sum.links_bytes},
                       {"symbols_bytes", t.sum.symbols_bytes},
                       {"rollups_bytes", t.sum.rollups_bytes},
                       {"documents_bytes", t.documents_bytes},
                       {"bytes", t.bytes()}});
  }
  for (const StoreStats::Documents& d : stats.document_kinds) {
    kinds.push_back(
        {{"tenant", d.tenant}, {"kind", d.kind}, {"documents", d.count}, {"bytes", d.bytes}});
  }
  return {{"services", std::move(services)},          {"tenants", std::move(tenants)},
          {"document_kinds", std::move(kinds)},       {"documents", stats.documents},
          {"documents_bytes", stats.documents_bytes}, {"index_bytes", stats.index_bytes},
          {"disk_bytes", stats.disk_bytes},           {"damaged", stats.damaged}};
}

Result<StoreStats> ParseStatsJson(std::string_view text) {
  const nlohmann::json json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object() || !IsTable(json, "services") || !IsTable(json, "document_kinds")) {
    return InvalidArgument("these are no statistics of a store");
  }
  StoreStats stats;
  for (const nlohmann::json& row : json["services"]) {
    stats.services.push_back({.tenant = Text(row, "tenant"),
                              .service = Text(row, "service"),
                              .series = Number(row, "series"),
                              .profiles = Number(row, "profiles"),
                              .symbols_bytes = Number(row, "symbols_bytes"),
                              .rollups_bytes = Number(row, "rollups_bytes"),
                              .profiles_bytes = Number(row, "profiles_bytes"),
                              .links_bytes = Number(row, "links_bytes"),
                              .oldest_ns = Time(row, "oldest_ns"),
                              .newest_ns = Time(row, "newest_ns")});
  }
  for (const nlohmann::json& row : json["document_kinds"]) {
    stats.document_kinds.push_back(
        {Text(row, "tenant"), Text(row, "kind"), Number(row, "documents"), Number(row, "bytes")});
  }
  stats.documents = Number(json, "documents");
  stats.documents_bytes = Number(json, "documents_bytes");
  stats.index_bytes = Number(json, "index_bytes");
  stats.disk_bytes = Number(json, "disk_bytes");
  stats.damaged = Number(json, "damaged");
  return stats;
}

}  // namespace anneal
