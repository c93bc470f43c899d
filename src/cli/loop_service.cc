#include "cli/loop_service.h"

#include "base/checked_run.h"
#include "base/free_port.h"
#include "base/substitute.h"
#include "cli/loop_load.h"
#include "verify/arm.h"

namespace anneal {
namespace {

constexpr int64_t kSecondNs = 1'000'000'000;
constexpr int64_t kReadyTimeoutNs = 30 * kSecondNs;
constexpr int64_t kRequestTimeoutNs = 30 * kSecondNs;
constexpr int64_t kStopGraceNs = 20 * kSecondNs;
constexpr size_t kMaxAnswerBytes = size_t{64} << 20;

Status Interrupted() { return Status(Code::kCanceled, "interrupted"); }

}  // namespace

std::vector<std::pair<std::string, std::string>> ProfilingEnvironment(const LoopConfig& config) {
  std::vector<std::pair<std::string, std::string>> env = config.env;
  if (config.profiling.gogc_off) env.emplace_back("GOGC", "off");
  return env;
}

Result<std::unique_ptr<LoopService>> LoopService::Start(
    const LoopConfig& config, const std::string& binary, const std::string& server_url,
    const std::string& log_path, CliContext& context, const InterruptScope& interrupt) {
  std::unique_ptr<LoopService> service(new LoopService(config, context, interrupt));
  ASSIGN_OR_RETURN(service->port_, FreeLoopbackPort());
  service->url_ = fmt::format("http://127.0.0.1:{}", service->port_);
  service->log_path_ = log_path;
  ASSIGN_OR_RETURN(Command words, ParseArmCommand(Substitute(
                                      config.run, {{"binary", ShellWord(binary)},
                                                   {"port", fmt::format("{}", service->port_)},
                                                   {"server", server_url}})));
  // The shell only opens the log. exec: the child is the program itself, so its CPU time and its
  // signals are its own.
  std::string line = fmt::format("exec >{} 2>&1; exec env", ShellWord(log_path));
  for (const auto& [name, value] : words.env) line += " " + ShellWord(name + "=" + value);
  for (const std::string& word : words.argv) line += " " + ShellWord(word);
  Command command = ShellCommand(line);
  command.cwd = config.directory;
  command.env = ProfilingEnvironment(config);
  command.stdout_stream = Command::Stream::kDiscard;
  ASSIGN_OR_RETURN(service->child_, context.process.Spawn(command));
  TRY(service->WaitUntilReady());
  return service;
}

Status LoopService::WaitUntilReady() {
  HttpRequest request;
  request.target = url_ + config_.load.ready;
  std::string last = "no answer";
  int64_t deadline_ns = context_.clock.MonotonicNs() + kReadyTimeoutNs;
  while (context_.clock.MonotonicNs() < deadline_ns) {
    if (interrupt_.Requested()) return Interrupted();
    Result<HttpResponse> answer = context_.http.Fetch(request, kSecondNs, kMaxAnswerBytes);
    if (answer.ok() && answer->status / 100 == 2) return Status();
    last = answer.ok() ? fmt::format("status {}", answer->status) : answer.status().message();
    if (Result<ExitState> ended = child_->Wait(kSecondNs / 20); ended.ok()) {
      return Error(Code::kFailedPrecondition, "the service ended before it was ready ({}): {}{}",
                   ended->ToString(), config_.run, LogEnd());
    }
  }
  return Error(Code::kFailedPrecondition, "the service gave no 2xx at {} within 30 s (last: {}){}",
               request.target, last, LogEnd());
}

std::string LoopService::LogEnd() const {
  Result<std::string> log = context_.fs.ReadFile(log_path_);
  if (!log.ok() || log->empty()) return "";
  return fmt::format("\nThe end of {}:\n{}", log_path_, LastWords(*log));
}

Result<LoadTotals> LoopService::Drive(int64_t duration_ns) {
  LoadTotals totals;
  if (!config_.load.command.empty()) {
    int64_t seconds = std::max<int64_t>(1, duration_ns / kSecondNs);
    TRY(RunCommand(Substitute(config_.load.command, {{"url", url_},
                                                     {"port", fmt::format("{}", port_)},
                                                     {"seconds", fmt::format("{}", seconds)}}),
                   "the load command", duration_ns + 60 * kSecondNs));
  } else {
    LoadPlan load{.requests = RequestMix(config_.load.inputs),
                  .concurrency = config_.load.concurrency};
    int64_t deadline_ns = context_.clock.MonotonicNs() + duration_ns;
    auto more = [&](const LoadTotals&) {
      return context_.clock.MonotonicNs() < deadline_ns && !interrupt_.Requested();
    };
    totals = SendWhile(load, url_, 0, more, kRequestTimeoutNs, context_.http);
    if (totals.requests == totals.failed && !interrupt_.Requested()) {
      return Error(Code::kFailedPrecondition, "no request of the load succeeded: {}",
                   totals.first_failure.empty() ? "none was sent" : totals.first_failure);
    }
  }
  if (interrupt_.Requested()) return Interrupted();
  if (Result<ExitState> ended = child_->Wait(0); ended.ok()) {
    return Error(Code::kFailedPrecondition, "the service ended under load: {}{}", ended->ToString(),
                 LogEnd());
  }
  return totals;
}

Status LoopService::CleanUp() {
  if (config_.profiling.clean_up.empty()) return Status();
  return RunCommand(
      Substitute(config_.profiling.clean_up, {{"url", url_}, {"port", fmt::format("{}", port_)}}),
      "the clean_up command", 60 * kSecondNs);
}

Status LoopService::RunCommand(const std::string& line, std::string_view what, int64_t timeout_ns) {
  Command command = ShellCommand(line);
  command.cwd = config_.directory;
  command.env = config_.env;
  command.canceled = [this] { return interrupt_.Requested(); };
  return RunChecked(context_.process, std::move(command), fmt::format("{} ({})", what, line),
                    timeout_ns)
      .status();
}

ExitState LoopService::Stop() { return child_->Stop(kStopGraceNs); }

}  // namespace anneal
