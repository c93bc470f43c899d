// anneal serve
#include <malloc.h>
#include <sys/resource.h>

#include <cstdint>
#include <ostream>

#include "base/log.h"
#include "build_info.h"
#include "cli/commands.h"
#include "cli/exit_status.h"
#include "cli/interrupt.h"
#include "cli/setting_flags.h"
#include "server/server.h"

namespace anneal {
namespace {

constexpr int64_t kHourNs = int64_t{3600} * 1'000'000'000;

void ConfigureLog(const ServerConfig& config) {
  log::Level level = log::Level::kInfo;
  if (config.log_level == "debug") level = log::Level::kDebug;
  if (config.log_level == "warn") level = log::Level::kWarn;
  if (config.log_level == "error") level = log::Level::kError;
  log::Configure(level, config.log_format == "json" ? log::Format::kJson : log::Format::kLogfmt);
}

// A shell's usual 1,024 are for programs that use select(2); each connection takes one.
void RaiseDescriptorLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  const rlim_t before = limit.rlim_cur;
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) == 0) return;
  log::Warn("cannot raise the limit of open files", {{"limit", uint64_t{before}}});
}

// Large blocks go back to the system when they are freed. By itself glibc learns from the first
// such block to keep those of up to 32 MiB, for each thread, and memory_budget would not hold.
void ReturnLargeBlocks() {
  constexpr int kLargeBytes = 4 << 20;
  mallopt(M_MMAP_THRESHOLD, kLargeBytes);
}

int Fail(const Status& status, CliContext& context) {
  context.err << fmt::format("anneal serve: {}\n", status.message());
  return ExitStatusOf(status);
}

int Serve(const SettingFlags& flags, CliContext& context) {
  const Result<LoadedConfig> loaded = LoadConfigFrom(flags, context);
  if (!loaded.ok()) {
    context.err << fmt::format("anneal serve: {}\n", loaded.status().message());
    return kExitUsage;
  }
  ConfigureLog(loaded->config);
  RaiseDescriptorLimit();
  ReturnLargeBlocks();

  // From here a first signal ends the server in order, a second one at once.
  InterruptScope interrupt;
  interrupt.CatchHangups();
  Result<std::unique_ptr<Server>> server =
      Server::Start({.config = loaded->config, .version = kVersion});
  if (!server.ok()) return Fail(server.status(), context);
  context.out << fmt::format("anneal {} listening on {}, data in {}\n", kVersion, (*server)->url(),
                             loaded->config.data)
              << std::flush;

  while (!interrupt.WaitFor(kHourNs)) {
    // What a reload says is in the log; the server goes on either way.
    if (interrupt.TakeHangup()) (void)(*server)->Reload();
  }
  log::Info("ending: requests under way may finish; a second signal ends at once");
  (*server)->Shutdown();
  log::Info("ended");
  return kExitOk;
}

}  // namespace

CommandRun DefineServe(CLI::App& app, CliContext& context) {
  auto flags = AddSettingFlags(app);
  return [flags, &context] { return Serve(*flags, context); };
}

}  // namespace anneal
