#include "cli/query_flags.h"

#include <fmt/chrono.h>

#include <ostream>

#include "api/attime.h"
#include "cli/command.h"
#include "cli/exit_status.h"

namespace anneal {

void AddWindowFlags(CLI::App& app, QueryFlags& flags) {
  app.add_option("--from", flags.from,
                 "Start of the window: now-1h, RFC 3339, or seconds or milliseconds since 1970")
      ->type_name("TIME");
  app.add_option("--to", flags.to, "End of the window")->type_name("TIME");
  AddServerFlags(app, flags.server);
}

void AddSelectorFlag(CLI::App& app, QueryFlags& flags) {
  app.add_option("--query", flags.query,
                 "Which series: label matchers with =, !=, =~, !~ as in Prometheus")
      ->type_name("SELECTOR");
}

void AddProfileTypeFlag(CLI::App& app, QueryFlags& flags) {
  app.add_option("--profile-type", flags.profile_type,
                 "What was measured; 'anneal query profile-types' lists them")
      ->type_name("TYPE");
}

Result<QueryWindow> ResolveWindow(const QueryFlags& flags, const CliContext& context) {
  int64_t now_ns = context.clock.NowNs();
  Result<int64_t> from = ParseTime(flags.from, now_ns);
  if (!from.ok()) return from.status().Annotate("--from");
  Result<int64_t> to = ParseTime(flags.to, now_ns);
  if (!to.ok()) return to.status().Annotate("--to");
  if (*from > *to) return InvalidArgument("--from ({}) is after --to ({})", flags.from, flags.to);
  // Rounded outwards: a profile that starts within the last millisecond is in the window.
  return QueryWindow{.start_ms = *from / 1'000'000, .end_ms = (*to + 999'999) / 1'000'000};
}

std::string WindowText(const QueryWindow& window) {
  auto text = [](int64_t ms) {
    return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(static_cast<std::time_t>(ms / 1000)));
  };
  return text(window.start_ms) + " to " + text(window.end_ms);
}

int ReportFailure(const CliContext& context, std::string_view command, const Status& status) {
  context.err << fmt::format("anneal {}: {}\n", command, status.message());
  return ExitStatusOf(status);
}

int ReportUsage(const CliContext& context, std::string_view command, const Status& status) {
  ReportFailure(context, command, status);
  return kExitUsage;
}

}  // namespace anneal
