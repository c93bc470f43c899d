#include "verify/live_process.h"

#include "base/checked_run.h"

namespace anneal {

LiveProcess::LiveProcess(std::shared_ptr<Child> child, ArmStart start, const VerifySeams& seams)
    : child_(std::move(child)),
      start_(std::move(start)),
      seams_(seams),
      lap_wall_ns_(seams.clock.MonotonicNs()) {}

LiveProcess::~LiveProcess() {
  constexpr int64_t kGraceNs = 1'000'000'000;
  child_->CloseStdin();
  child_->Stop(kGraceNs);
}

Result<std::shared_ptr<LiveProcess>> LiveProcess::Start(Command command, const ArmStart& start,
                                                        const VerifySeams& seams) {
  ApplyStart(start, &command);
  command.stderr_stream = Command::Stream::kTail;
  Result<std::unique_ptr<Child>> child = seams.process.Spawn(command);
  if (!child.ok()) return child.status().Annotate(ArmLabel(start));
  return std::shared_ptr<LiveProcess>(
      new LiveProcess(std::shared_ptr<Child>(std::move(*child)), start, seams));
}

bool LiveProcess::Ended() { return child_->Wait(0).ok(); }

Status LiveProcess::Failure(std::string_view what) {
  constexpr int64_t kGraceNs = 200'000'000;  // a pipe closes before the process is gone
  constexpr size_t kLastBytes = 600;
  std::string text = fmt::format("{}: {}", ArmLabel(start_), what);
  if (Result<ExitState> exit = child_->Wait(kGraceNs); exit.ok()) {
    text += fmt::format("; it ended: {}", exit->ToString());
  }
  std::string last_words = LastWords(child_->StderrTail(kLastBytes));
  if (!last_words.empty()) text += "; its last words: " + last_words;
  return Status(Code::kFailedPrecondition, text);
}

Status LiveProcess::Write(std::string_view bytes) {
  return child_->Write(bytes).ok() ? Status() : Failure("takes no more input");
}

Result<std::string> LiveProcess::ReadLine() {
  constexpr int64_t kCancelCheckNs = 200'000'000;
  for (int64_t left_ns = start_.timeout_ns; left_ns > 0; left_ns -= kCancelCheckNs) {
    Result<std::string> line = child_->ReadLine(std::min(left_ns, kCancelCheckNs));
    if (line.ok()) return line;
    if (line.status().code() != Code::kDeadlineExceeded) {
      return Failure("closed its output in the middle of the run");
    }
    if (start_.canceled && start_.canceled()) return Status(Code::kCanceled, "interrupted");
  }
  return Failure(fmt::format(
      "gave no answer within {:.1f} s: it must print and flush one line for each line it reads",
      static_cast<double>(start_.timeout_ns) / 1e9));
}

Result<Sample> LiveProcess::Lap(int64_t units) {
  Result<int64_t> cpu_ns = child_->CpuTimeNs();
  if (!cpu_ns.ok()) return Failure("has no CPU clock any more");
  int64_t wall_ns = seams_.clock.MonotonicNs();
  Sample sample{*cpu_ns - lap_cpu_ns_, units, wall_ns - lap_wall_ns_};
  lap_cpu_ns_ = *cpu_ns;
  lap_wall_ns_ = wall_ns;
  return sample;
}

}  // namespace anneal
