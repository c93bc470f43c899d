// The flags that select profiles: a window of time, labels, a profile type.
#pragma once

#include <string>

#include "base/status.h"
#include "cli/context.h"
#include "cli/server_flags.h"
#include "collect/client.h"

namespace CLI {
class App;
}

namespace anneal {

struct QueryFlags {
  ServerFlags server;
  std::string from = "now-1h";
  std::string to = "now";
  std::string query = "{}";
  std::string profile_type = "process_cpu:cpu:nanoseconds:cpu:nanoseconds";
};

// --from, --to and the server's flags.
void AddWindowFlags(CLI::App& app, QueryFlags& flags);
// --query.
void AddSelectorFlag(CLI::App& app, QueryFlags& flags);
// --profile-type.
void AddProfileTypeFlag(CLI::App& app, QueryFlags& flags);

Result<QueryWindow> ResolveWindow(const QueryFlags& flags, const CliContext& context);

// "2026-11-23T13:00:00Z to 2026-11-23T14:00:00Z".
std::string WindowText(const QueryWindow& window);

// Prints "anneal query merge: what is wrong" and returns the status to exit with: wrong flags
// are wrong usage.
int ReportFailure(const CliContext& context, std::string_view command, const Status& status);
int ReportUsage(const CliContext& context, std::string_view command, const Status& status);

}  // namespace anneal
