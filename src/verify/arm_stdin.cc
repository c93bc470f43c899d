// The stdin arm: the finest interleaving. The process waits on a pipe between its bursts and uses
// no CPU then, so its CPU clock counts the work and nothing else.
#include "verify/arm.h"
#include "verify/live_process.h"

namespace anneal {
namespace {

constexpr std::string_view kRequest = "run\n";
// Lines written ahead of the answers: enough that neither side waits for the other at each
// repetition, few enough to fit any pipe.
constexpr int64_t kAhead = 64;

Status ReadAnswer(LiveProcess& process) {
  ASSIGN_OR_RETURN(std::string answer, process.ReadLine());
  if (answer.rfind("error", 0) == 0) return process.Failure("answered: " + answer);
  return Status();
}

// A process that prints more than it is asked for would run ahead of its clock.
Status ExpectSilence(LiveProcess& process) {
  Result<std::string> extra = process.child().ReadLine(0);
  if (!extra.ok()) return Status();
  return process.Failure(fmt::format(
      "printed a line nobody asked for (\"{}\"): it must print one line for each line it reads",
      extra->substr(0, 100)));
}

Status RunBurst(LiveProcess& process, int64_t units) {
  for (int64_t written = 0, read = 0; read < units;) {
    int64_t batch = std::min(kAhead, units - written);
    std::string requests;
    for (int64_t i = 0; i < batch; ++i) requests += kRequest;
    TRY(process.Write(requests));
    written += batch;
    for (; read < written; ++read) TRY(ReadAnswer(process));
  }
  return ExpectSilence(process);
}

}  // namespace

Result<Arm> StartStdinArm(const ArmStart& start, const VerifySeams& seams) {
  ASSIGN_OR_RETURN(Command command, ParseArmCommand(start.command));
  command.stdin_stream = Command::Stream::kPipe;
  command.stdout_stream = Command::Stream::kPipe;
  ASSIGN_OR_RETURN(std::shared_ptr<LiveProcess> process,
                   LiveProcess::Start(std::move(command), start, seams));
  Arm arm;
  arm.id = start.id;
  arm.child = process->shared_child();
  arm.run = [process](const Burst& burst) -> Result<BurstResult> {
    TRY(RunBurst(*process, burst.units));
    ASSIGN_OR_RETURN(Sample sample, process->Lap(burst.units));
    return BurstResult{sample, 0};
  };
  return arm;
}

}  // namespace anneal
