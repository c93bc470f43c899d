#include "cli/loop_builds.h"

#include <filesystem>

#include "base/checked_run.h"
#include "base/substitute.h"
#include "base/units.h"
#include "cli/go_build.h"
#include "pgo/go_artefact.h"
#include "profile/merge.h"
#include "profile/pprof.h"

namespace anneal {
namespace {

constexpr int64_t kSecondNs = 1'000'000'000;
constexpr int64_t kBuildTimeoutNs = 3600 * kSecondNs;

using Environment = std::vector<std::pair<std::string, std::string>>;

// Commands run in the config's directory, so that the paths they are given must be absolute.
std::string Absolute(const std::string& path) {
  std::error_code error;
  std::filesystem::path absolute = std::filesystem::absolute(path, error);
  return error ? path : absolute.lexically_normal().string();
}

// Runs the build line and returns what it printed.
Result<RunOutput> RunBuild(const LoopRun& run, const std::string& pgo, const std::string& out,
                           const Environment& extra) {
  std::string line =
      Substitute(run.config.build, {{"pgo", ShellWord(pgo)}, {"out", ShellWord(out)}});
  Command command = ShellCommand(line);
  command.cwd = run.config.directory;
  command.env = run.config.env;
  command.env.insert(command.env.end(), extra.begin(), extra.end());
  command.canceled = [&run] { return run.interrupt.Requested(); };
  Result<RunOutput> output = RunChecked(run.context.process, std::move(command),
                                        fmt::format("the build ({})", line), kBuildTimeoutNs);
  if (output.ok()) return output;
  const Status& status = output.status();
  return Error(status.code(), "{}{}", status.message(), GoBuildHint(status.message()));
}

Status Build(const LoopRun& run, const std::string& pgo, const std::string& out) {
  int64_t start_ns = run.context.clock.MonotonicNs();
  TRY(RunBuild(run, pgo, out, {}).status());
  if (!run.context.fs.Exists(out)) {
    return Error(Code::kFailedPrecondition, "the build succeeded but made no {}: {}", out,
                 run.config.build);
  }
  run.Say(fmt::format("  took {:.1f} s",
                      static_cast<double>(run.context.clock.MonotonicNs() - start_ns) / 1e9));
  return Status();
}

// -pgo= of `go version -m`; empty for binaries that are not Go's.
std::string PgoSetting(const LoopRun& run, const std::string& binary) {
  Result<GoBuildInfo> info = ReadGoBuildInfo(run.context.process, binary);
  return info.ok() ? info->Pgo() : "";
}

// The build once more, with the compiler's decisions printed. GOFLAGS reaches `go build` through
// make and scripts; what the user has there is kept.
Result<Decisions> DecisionsWith(const LoopRun& run, const std::string& pgo) {
  if (pgo == "off") return Decisions{};
  Command ask{.argv = {"go", "env", "GOFLAGS"}};
  ask.cwd = run.config.directory;
  ask.env = run.config.env;
  std::string flags;
  if (Result<RunOutput> output = run.context.process.Run(ask, "", 60 * kSecondNs);
      output.ok() && output->exit.ok()) {
    flags = output->out.substr(0, output->out.find('\n')) + " ";
  }
  flags += fmt::format("'-gcflags={}'", kDecisionGcflags);
  std::string out = Absolute(run.WorkPath("decisions-binary"));
  ASSIGN_OR_RETURN(RunOutput output, RunBuild(run, pgo, out, {{"GOFLAGS", flags}}));
  TRY(run.context.fs.Remove(out));
  return ParseDecisions(output.err + output.out);
}

}  // namespace

Status BuildBaseline(const LoopRun& run, LoopTurn* turn) {
  Fs& fs = run.context.fs;
  std::string artefact = Absolute(run.config.artefact);
  if (fs.Exists(artefact)) turn->baseline_pgo = artefact;
  turn->baseline_binary = Absolute(run.WorkPath(fmt::format("turn{}-baseline", turn->number)));
  run.Say(fmt::format("building the baseline, -pgo={}", turn->baseline_pgo));
  TRY(fs.MakeDirs(run.config.work_dir));
  return Build(run, turn->baseline_pgo, turn->baseline_binary);
}

Status WriteArtefact(const LoopRun& run, const Profile& profile, LoopTurn* turn) {
  Fs& fs = run.context.fs;
  ASSIGN_OR_RETURN(GoArtefact full, MakeGoArtefact(profile, GoTrim::kFull));
  ASSIGN_OR_RETURN(GoArtefact artefact, MakeGoArtefact(profile, GoTrim::kLeaf));
  ASSIGN_OR_RETURN(turn->report, MakeGoReport(profile, nullptr));
  turn->profile_bytes = static_cast<int64_t>(full.bytes.size());
  turn->artefact_bytes = static_cast<int64_t>(artefact.bytes.size());
  turn->candidate_pgo = Absolute(run.WorkPath(fmt::format("turn{}.pgo", turn->number)));
  if (turn->baseline_pgo != "off") {
    ASSIGN_OR_RETURN(std::string shipped, fs.ReadFile(turn->baseline_pgo));
    Result<Profile> before = DecodePprof(shipped);
    if (!before.ok()) return before.status().Annotate(turn->baseline_pgo);
    ASSIGN_OR_RETURN(CallEdges edges, ComputeCallEdges(*before));
    turn->hot_overlap = CompareHotEdges(edges, artefact.edges);
  }
  run.Say(fmt::format("artefact: {} samples ({}), {} hot edges, {} ({} untrimmed)",
                      turn->report.samples, SampleGradeName(turn->report.grade),
                      turn->report.hot.count,
                      HumanBytes(static_cast<uint64_t>(turn->artefact_bytes)),
                      HumanBytes(static_cast<uint64_t>(turn->profile_bytes))));
  for (const std::string& warning : artefact.warnings) run.Say("warning: " + warning);
  return fs.WriteFileAtomic(turn->candidate_pgo, artefact.bytes);
}

Status BuildCandidate(const LoopRun& run, LoopTurn* turn) {
  turn->candidate_binary = Absolute(run.WorkPath(fmt::format("turn{}-candidate", turn->number)));
  run.Say(fmt::format("building the candidate, -pgo={}", turn->candidate_pgo));
  TRY(Build(run, turn->candidate_pgo, turn->candidate_binary));
  turn->pgo_setting = PgoSetting(run, turn->candidate_binary);
  if (turn->pgo_setting.empty()) {
    return Error(Code::kFailedPrecondition,
                 "{} carries no -pgo setting (go version -m): does the build line pass {{pgo}} to "
                 "go build?",
                 turn->candidate_binary);
  }
  return Status();
}

Status DiffBuildDecisions(const LoopRun& run, LoopTurn* turn) {
  run.Say("asking the compiler what it did because of the profile");
  ASSIGN_OR_RETURN(turn->decisions_before, DecisionsWith(run, turn->baseline_pgo));
  ASSIGN_OR_RETURN(turn->decisions_after, DecisionsWith(run, turn->candidate_pgo));
  turn->decisions = DiffDecisions(turn->decisions_before, turn->decisions_after);
  if (turn->decisions_after.packages == 0) {
    run.Say(
        "warning: the build printed no decisions: it must run `go build` here, and pass no "
        "-gcflags of its own");
  }
  run.Say(fmt::format("  {} decisions gained, {} lost, {} kept", turn->decisions.gained.size(),
                      turn->decisions.lost.size(), turn->decisions.kept));
  return Status();
}

}  // namespace anneal
