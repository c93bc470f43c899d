#include "cli/loop_verdict.h"

#include "base/substitute.h"
#include "build_info.h"
#include "cli/exit_status.h"
#include "cli/loop_load.h"
#include "verify/plot.h"
#include "verify/verdict_json.h"
#include "verify/verify.h"

namespace anneal {
namespace {

Result<VerifyMode> ModeOf(const LoopConfig& config) {
  if (!config.verify.mode.empty()) return ParseVerifyMode(config.verify.mode);
  return config.run.empty() ? VerifyMode::kGoBench : VerifyMode::kHttp;
}

// The command of one arm; {port} is left for verify to fill in.
std::string ArmCommand(const LoopConfig& config, VerifyMode mode, const std::string& binary) {
  std::string line = config.verify.command;
  if (line.empty()) line = mode == VerifyMode::kHttp ? config.run : "{binary}";
  return Substitute(line, {{"binary", binary}, {"server", ""}});
}

// -pgo as a build argument: an artefact's path or "off".
ArmPlan Arm(const LoopConfig& config, VerifyMode mode, const std::string& binary,
            const std::string& pgo) {
  std::string path = config.verify.layouts > 0 ? "{out}" : ShellWord(binary);
  return {.command = ArmCommand(config, mode, path),
          .binary = config.verify.layouts > 0 ? "" : binary,
          .pgo = pgo};
}

Result<VerifyPlan> PlanOf(const LoopRun& run, const LoopTurn& turn) {
  const LoopConfig& config = run.config;
  ASSIGN_OR_RETURN(VerifyMode mode, ModeOf(config));
  VerifyPlan plan;
  plan.mode = mode;
  plan.baseline = Arm(config, mode, turn.baseline_binary, turn.baseline_pgo);
  plan.candidate = Arm(config, mode, turn.candidate_binary, turn.candidate_pgo);
  plan.cwd = config.directory;
  plan.env = config.env;
  plan.budget_ns = config.verify.time_ns;
  plan.seed = config.verify.seed;
  plan.limits = {.min_gain = config.verify.min_gain,
                 .require_gain = config.verify.min_gain > 0,
                 .max_regression = config.verify.max_regression};
  plan.tool_version = kVersion;
  plan.canceled = [&run] { return run.interrupt.Requested(); };
  if (mode == VerifyMode::kHttp) {
    plan.load.requests = RequestMix(config.load.inputs);
    plan.load.concurrency = config.load.concurrency;
    // A burst of a load command is as short as such commands go.
    plan.load.command = Substitute(config.load.command, {{"seconds", "1"}});
    plan.load.ready_path = config.load.ready;
  }
  if (config.verify.layouts > 0) {
    plan.build = {.command = config.verify.build,
                  .layouts = config.verify.layouts,
                  .work_dir = run.WorkPath("layouts"),
                  .cwd = config.directory};
    TRY(run.context.fs.MakeDirs(plan.build.work_dir));
  }
  return plan;
}

std::string ProgressLine(const VerifyProgress& progress) {
  std::string line = fmt::format("{}: block {} of {}", progress.phase, progress.rounds_done,
                                 progress.rounds_total);
  if (progress.candidate.low > 0) {
    line += fmt::format(", candidate/baseline {:.4f} [{:.4f}, {:.4f}]", progress.candidate.ratio,
                        progress.candidate.low, progress.candidate.high);
  }
  if (progress.left_ns >= 0) line += fmt::format(", {} s left", progress.left_ns / 1'000'000'000);
  return line;
}

}  // namespace

Status VerifyCandidate(const LoopRun& run, LoopTurn* turn) {
  CliContext& context = run.context;
  run.Say("measuring baseline and candidate in turns");
  ASSIGN_OR_RETURN(VerifyPlan plan, PlanOf(run, *turn));
  const auto measure = [&] {
    return RunVerification(plan, {context.fs, context.clock, context.http, context.process},
                           [&run](const VerifyProgress& p) { run.SayInPlace(ProgressLine(p)); });
  };
  ASSIGN_OR_RETURN(turn->verdict, measure());
  if (turn->verdict.analysis.outcome == Outcome::kInvalid) {
    // One control in twenty fails by chance. The rule looks at the control alone, never at the
    // candidate, so that measuring again favours no answer; once, for a noisy machine stays noisy.
    run.Say(turn->verdict.analysis.sentence);
    run.Say("measuring once more, with another order");
    ++plan.seed;
    ASSIGN_OR_RETURN(turn->verdict, measure());
  }
  turn->verdict_json = run.WorkPath(fmt::format("turn{}-verdict.json", turn->number));
  turn->plot = run.WorkPath(fmt::format("turn{}-verdict.svg", turn->number));
  TRY(context.fs.WriteFileAtomic(turn->verdict_json, EncodeVerdict(turn->verdict)));
  TRY(context.fs.WriteFileAtomic(turn->plot, PlotSvg(turn->verdict)));
  run.Say(turn->verdict.analysis.sentence);
  return Status();
}

Status KeepOrDrop(const LoopRun& run, LoopTurn* turn) {
  Fs& fs = run.context.fs;
  const Analysis& analysis = turn->verdict.analysis;
  const std::string& shipped = run.config.artefact;
  std::string_view why;
  bool compiler_told = turn->decisions_after.packages > 0;
  if (compiler_told && turn->decisions.gained.empty() && turn->decisions.lost.empty()) {
    // Whatever was measured is then noise or layout, not the profile.
    why = "the compiler decides the same with it";
  } else if (analysis.outcome != Outcome::kGain || analysis.ruling != Ruling::kPass) {
    why = "no gain was proven";
  }
  if (!why.empty()) {
    turn->reason = fmt::format(
        "dropped: {}; {}", why,
        turn->baseline_pgo == "off" ? "no artefact ships" : shipped + " stays as it was");
    return Status();
  }
  if (fs.Exists(shipped)) {
    ASSIGN_OR_RETURN(std::string previous, fs.ReadFile(shipped));
    TRY(fs.WriteFileAtomic(shipped + ".previous", previous));
  }
  ASSIGN_OR_RETURN(std::string artefact, fs.ReadFile(turn->candidate_pgo));
  TRY(fs.WriteFileAtomic(shipped, artefact));
  turn->kept = true;
  turn->reason = fmt::format("kept: {} is now {}", turn->candidate_pgo, shipped);
  return Status();
}

int LoopExitStatus(const std::vector<LoopTurn>& turns) {
  const LoopTurn& last = turns.back();
  int status = ExitStatusOf(last.verdict.analysis.ruling);
  // A gain was measured where one was demanded, but it cannot be the profile's.
  if (status == kExitOk && last.verdict.run.limits.require_gain && !last.kept) return kExitNoGain;
  return status;
}

}  // namespace anneal
