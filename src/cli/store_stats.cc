#include "cli/store_stats.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <nlohmann/json.hpp>
#include <ostream>

#include "base/units.h"

namespace anneal {
namespace {

struct Tenant {
  uint64_t services = 0, series = 0, profiles = 0, documents = 0;
  uint64_t profiles_bytes = 0, symbols_bytes = 0, rollups_bytes = 0, documents_bytes = 0;
  uint64_t bytes() const {
    return profiles_bytes + symbols_bytes + rollups_bytes + documents_bytes;
  }
};

std::map<std::string, Tenant> ByTenant(const StoreStats& stats) {
  std::map<std::string, Tenant> tenants;
  for (const StoreStats::Service& service : stats.services) {
    Tenant& tenant = tenants[service.tenant];
    ++tenant.services;
    tenant.series += service.series;
    tenant.profiles += service.profiles;
    tenant.profiles_bytes += service.profiles_bytes;
    tenant.symbols_bytes += service.symbols_bytes;
    tenant.rollups_bytes += service.rollups_bytes;
  }
  for (const StoreStats::Documents& kind : stats.document_kinds) {
    Tenant& tenant = tenants[kind.tenant];
    tenant.documents += kind.count;
    tenant.documents_bytes += kind.bytes;
  }
  return tenants;
}

std::string FormatTime(int64_t time_ns) {
  using std::chrono::seconds, std::chrono::sys_days, std::chrono::days;
  const std::chrono::sys_seconds time{seconds(time_ns / 1'000'000'000)};
  const sys_days day = std::chrono::floor<days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", int{date.year()},
                     unsigned{date.month()}, unsigned{date.day()}, clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count());
}

void PrintServices(std::ostream& out, const StoreStats& stats, size_t width) {
  out << fmt::format("{:<{}}  {:>8}  {:>10}  {:>10}  {:>10}  {:>10}  {:<20}  {}\n", "SERVICE",
                     width, "SERIES", "PROFILES", "VALUES", "SYMBOLS", "ROLLUPS", "OLDEST",
                     "NEWEST");
  for (const StoreStats::Service& s : stats.services) {
    out << fmt::format(
        "{:<{}}  {:>8}  {:>10}  {:>10}  {:>10}  {:>10}  {:<20}  {}\n", s.tenant + "/" + s.service,
        width, s.series, s.profiles, HumanBytes(s.profiles_bytes), HumanBytes(s.symbols_bytes),
        HumanBytes(s.rollups_bytes), FormatTime(s.oldest_ns), FormatTime(s.newest_ns));
  }
}

void PrintTenants(std::ostream& out, const StoreStats& stats, size_t width) {
  out << fmt::format("\n{:<{}}  {:>8}  {:>10}  {:>10}  {:>10}  {:>10}  {:>10}  {:>10}\n", "TENANT",
                     width, "SERIES", "PROFILES", "VALUES", "SYMBOLS", "ROLLUPS", "DOCUMENTS",
                     "ALL");
  for (const auto& [name, t] : ByTenant(stats)) {
    out << fmt::format("{:<{}}  {:>8}  {:>10}  {:>10}  {:>10}  {:>10}  {:>10}  {:>10}\n", name,
                       width, t.series, t.profiles, HumanBytes(t.profiles_bytes),
                       HumanBytes(t.symbols_bytes), HumanBytes(t.rollups_bytes),
                       HumanBytes(t.documents_bytes), HumanBytes(t.bytes()));
  }
}

void PrintDocuments(std::ostream& out, const StoreStats& stats, size_t width) {
  if (stats.document_kinds.empty()) return;
  out << fmt::format("\n{:<{}}  {:>8}  {:>10}\n", "DOCUMENTS", width, "NUMBER", "BYTES");
  for (const StoreStats::Documents& d : stats.document_kinds) {
    out << fmt::format("{:<{}}  {:>8}  {:>10}\n", d.tenant + "/" + d.kind, width, d.count,
                       HumanBytes(d.bytes));
  }
}

}  // namespace

void PrintStats(std::ostream& out, const StoreStats& stats) {
  size_t width = std::string_view("DOCUMENTS").size();
  uint64_t profiles = 0;
  for (const StoreStats::Service& s : stats.services) {
    width = std::max(width, s.tenant.size() + 1 + s.service.size());
    profiles += s.profiles;
  }
  for (const StoreStats::Documents& d : stats.document_kinds) {
    width = std::max(width, d.tenant.size() + 1 + d.kind.size());
  }
  PrintServices(out, stats, width);
  PrintTenants(out, stats, width);
  PrintDocuments(out, stats, width);
  out << fmt::format("\n{} services, {} profiles, {} documents, {} on disk\n",
                     stats.services.size(), profiles, stats.documents,
                     HumanBytes(stats.disk_bytes));
  if (stats.damaged > 0) {
    out << fmt::format("{} places could not be read and are left out: see `anneal store verify`\n",
                       stats.damaged);
  }
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
                        {"symbols_bytes", s.symbols_bytes},
                        {"rollups_bytes", s.rollups_bytes},
                        {"oldest_ns", s.oldest_ns},
                        {"newest_ns", s.newest_ns}});
  }
  for (const auto& [name, t] : ByTenant(stats)) {
    tenants.push_back({{"tenant", name},
                       {"services", t.services},
                       {"series", t.series},
                       {"profiles", t.profiles},
                       {"documents", t.documents},
                       {"profiles_bytes", t.profiles_bytes},
                       {"symbols_bytes", t.symbols_bytes},
                       {"rollups_bytes", t.rollups_bytes},
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

}  // namespace anneal
