// The http arm: a service that stays alive under short bursts of load.
#include "base/checked_run.h"
#include "base/free_port.h"
#include "base/substitute.h"
#include "verify/arm.h"
#include "verify/live_process.h"
#include "verify/load.h"

namespace anneal {
namespace {

// Ok when the service is ready; else what the probe saw.
Status Probe(const LoadPlan& load, const std::string& base_url, Http& http) {
  constexpr int64_t kProbeTimeoutNs = 1'000'000'000;
  constexpr size_t kMaxBytes = size_t{16} << 20;
  HttpRequest request;
  request.target = base_url + (load.ready_path.empty() ? "/" : load.ready_path);
  Result<HttpResponse> response = http.Fetch(request, kProbeTimeoutNs, kMaxBytes);
  if (!response.ok()) return response.status();
  if (load.ready_path.empty() || (response->status >= 200 && response->status < 300)) {
    return Status();
  }
  return Error(Code::kUnavailable, "it answers {}", response->status);
}

Status AwaitReady(LiveProcess& process, const LoadPlan& load, const std::string& base_url,
                  const ArmStart& start, const VerifySeams& seams) {
  constexpr int64_t kPauseNs = 20'000'000;
  int64_t deadline_ns = seams.clock.MonotonicNs() + load.ready_timeout_ns;
  for (;;) {
    Status probe = Probe(load, base_url, seams.http);
    if (probe.ok()) break;
    if (start.canceled && start.canceled()) return Status(Code::kCanceled, "interrupted");
    if (process.Ended()) return process.Failure("ended before it was ready");
    if (seams.clock.MonotonicNs() >= deadline_ns) {
      return process.Failure(fmt::format(
          "was not ready at {}{} within {:.0f} s ({}): it must listen on the port in {{port}} or "
          "$PORT",
          base_url, load.ready_path.empty() ? "/" : load.ready_path,
          static_cast<double>(load.ready_timeout_ns) / 1e9, probe.message()));
    }
    seams.clock.SleepNs(kPauseNs);
  }
  // Another program may answer on that port while ours gives up.
  if (process.Ended()) return process.Failure("ended, and another program answers on its port");
  return Status();
}

struct ExternalLoad {
  int64_t units = 1;
  int64_t cpu_ns = 0;
};

Result<ExternalLoad> RunLoadCommand(const std::string& line, const ArmStart& start,
                                    const VerifySeams& seams) {
  Command command = ShellCommand(line);
  ApplyStart(start, &command);
  command.cpus = start.load_cpus;
  ASSIGN_OR_RETURN(RunOutput run,
                   RunChecked(seams.process, std::move(command),
                              fmt::format("load command ({})", line), start.timeout_ns));
  std::optional<int64_t> requests = RequestsInOutput(run.out + "\n" + run.err);
  return ExternalLoad{requests.value_or(1), run.exit.user_ns + run.exit.system_ns};
}

}  // namespace

Result<Arm> StartHttpArm(const ArmStart& start, const LoadPlan& load, const VerifySeams& seams) {
  ASSIGN_OR_RETURN(uint16_t port, FreeLoopbackPort());
  std::string port_text = std::to_string(port);
  std::string base_url = "http://127.0.0.1:" + port_text;
  ASSIGN_OR_RETURN(Command command,
                   ParseArmCommand(Substitute(start.command, {{"port", port_text}})));
  command.env.emplace_back("PORT", port_text);
  command.stdout_stream = Command::Stream::kDiscard;
  ASSIGN_OR_RETURN(std::shared_ptr<LiveProcess> process,
                   LiveProcess::Start(std::move(command), start, seams));
  TRY(AwaitReady(*process, load, base_url, start, seams));
  std::string load_line = Substitute(load.command, {{"port", port_text}, {"url", base_url}});
  Arm arm;
  arm.id = start.id;
  arm.child = process->shared_child();
  arm.run = [=](const Burst& burst) -> Result<BurstResult> {
    ExternalLoad done{burst.units, 0};
    Status status;
    if (load.command.empty()) {
      status = SendRequests(load, base_url, burst.first, burst.units, start.timeout_ns, seams.http);
    } else {
      Result<ExternalLoad> external = RunLoadCommand(load_line, start, seams);
      status = external.status();
      if (external.ok()) done = *external;
    }
    if (status.code() == Code::kCanceled) return status;
    if (!status.ok() && start.canceled && start.canceled()) {
      return Status(Code::kCanceled, "interrupted");
    }
    if (!status.ok()) return process->Failure(status.message());
    if (process->Ended()) return process->Failure("ended in the middle of the run");
    ASSIGN_OR_RETURN(Sample sample, process->Lap(done.units));
    return BurstResult{sample, done.cpu_ns};
  };
  return arm;
}

}  // namespace anneal
