#include "cli/store_stats.h"

#include <algorithm>
#include <chrono>
#include <ostream>

#include "base/units.h"
#include "server/store_stats.h"

namespace anneal {
namespace {

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
  out << fmt::format("{:<{}}  {:>8}  {:>10}  {:>10}  {:>10}  {:>10}  {:>10}  {:<20}  {}\n",
                     "SERVICE", width, "SERIES", "PROFILES", "VALUES", "LINKS", "SYMBOLS",
                     "ROLLUPS", "OLDEST", "NEWEST");
  for (const StoreStats::Service& s : stats.services) {
    out << fmt::format("{:<{}}  {:>8}  {:>10}  {:>10}  {:>10}  {:>10}  {:>10}  {:<20}  {}\n",
                       s.tenant + "/" + s.service, width, s.series, s.profiles,
                       HumanBytes(s.profiles_bytes), HumanBytes(s.links_bytes),
                       HumanBytes(s.symbols_bytes), HumanBytes(s.rollups_bytes),
                       FormatTime(s.oldest_ns), FormatTime(s.newest_ns));
  }
}

void PrintTenants(std::ostream& out, const StoreStats& stats, size_t width) {
  out << fmt::format("\n{:<{}}  {:>8}  {:>10}  {:>10}  {:>10}  {:>10}  {:>10}  {:>10}  {:>10}\n",
                     "TENANT", width, "SERIES", "PROFILES", "VALUES", "LINKS", "SYMBOLS", "ROLLUPS",
                     "DOCUMENTS", "ALL");
  for (const auto& [name, t] : StatsByTenant(stats)) {
    out << fmt::format("{:<{}}  {:>8}  {:>10}  {:>10}  {:>10}  {:>10}  {:>10}  {:>10}  {:>10}\n",
                       name, width, t.sum.series, t.sum.profiles, HumanBytes(t.sum.profiles_bytes),
                       HumanBytes(t.sum.links_bytes), HumanBytes(t.sum.symbols_bytes),
                       HumanBytes(t.sum.rollups_bytes), HumanBytes(t.documents_bytes),
                       HumanBytes(t.bytes()));
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

}  // namespace anneal
