// The program of a loop, running as a service, and the load that the loop drives against it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/process.h"
#include "base/status.h"
#include "cli/context.h"
#include "cli/interrupt.h"
#include "cli/loop_config.h"
#include "verify/load.h"

namespace anneal {

// A running instance of config.run. Destroying it kills the process.
class LoopService {
 public:
  // Starts `binary` on a free port and waits until config.load.ready answers 2xx. The program's
  // {server} is `server_url`, what it prints goes to the file `log_path`. Fails with the program's
  // exit and last words when it ends before that, with kCanceled on Ctrl-C. All references must
  // outlive the service.
  static Result<std::unique_ptr<LoopService>> Start(
      const LoopConfig& config, const std::string& binary, const std::string& server_url,
      const std::string& log_path, CliContext& context, const InterruptScope& interrupt);

  const std::string& url() const { return url_; }
  uint16_t port() const { return port_; }
  // User + system CPU time of the process so far; nanoseconds.
  Result<int64_t> CpuTimeNs() const { return child_->CpuTimeNs(); }

  // Loads the service for `duration_ns`, with the load command or with the mix of the inputs. Fails
  // when the process has ended, when the load command fails, or when no request succeeded.
  Result<LoadTotals> Drive(int64_t duration_ns);
  // Runs the clean-up hook, if there is one.
  Status CleanUp();
  // SIGTERM, so that a profiler in the program can push what it has; then up to 20 s to end.
  ExitState Stop();

 private:
  LoopService(const LoopConfig& config, CliContext& context, const InterruptScope& interrupt)
      : config_(config), context_(context), interrupt_(interrupt) {}
  Status WaitUntilReady();
  std::string LogEnd() const;
  Status RunCommand(const std::string& line, std::string_view what, int64_t timeout_ns);

  const LoopConfig& config_;
  CliContext& context_;
  const InterruptScope& interrupt_;
  std::unique_ptr<Child> child_;
  std::string log_path_;
  std::string url_;
  uint16_t port_ = 0;
};

// The config's environment, with GOGC=off when profiling asks for it.
std::vector<std::pair<std::string, std::string>> ProfilingEnvironment(const LoopConfig& config);

}  // namespace anneal
