#include "verify/binary.h"

#include <cstdlib>

#include "base/build_id.h"
#include "base/checked_run.h"
#include "base/sha256.h"
#include "base/substitute.h"
#include "verify/arm.h"

namespace anneal {
namespace {

std::string FindInPath(const std::string& program, const std::string& cwd, const Fs& fs) {
  if (program.find('/') != std::string::npos) {
    return program[0] == '/' || cwd.empty() ? program : cwd + "/" + program;
  }
  const char* path = ::getenv("PATH");
  std::string_view rest = path == nullptr ? "" : path;
  while (!rest.empty()) {
    size_t end = std::min(rest.find(':'), rest.size());
    std::string candidate = fmt::format("{}/{}", rest.substr(0, end), program);
    if (fs.Exists(candidate)) return candidate;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return {};
}

Status BuildOne(const VerifyPlan& plan, ArmId arm, const ArmPlan& arm_plan, int64_t seed,
                const std::string& out, const VerifySeams& seams) {
  constexpr int64_t kTimeoutNs = 3600LL * 1'000'000'000;
  std::string line = Substitute(
      plan.build.command,
      {{"seed", std::to_string(seed)}, {"pgo", ShellWord(arm_plan.pgo)}, {"out", ShellWord(out)}});
  Command command = ShellCommand(line);
  command.cwd = plan.build.cwd;
  command.env = plan.env;
  command.canceled = plan.canceled;
  std::string what = fmt::format("building {} with layout {} ({})", ArmName(arm), seed, line);
  TRY(RunChecked(seams.process, std::move(command), what, kTimeoutNs).status());
  if (seams.fs.Exists(out)) return Status();
  return Error(Code::kNotFound, "{} left no file {}: does it write to {{out}}?", what, out);
}

}  // namespace

Result<ArmFacts> DescribeBinary(ArmId arm, const ArmPlan& plan, const std::string& cwd,
                                const Fs& fs) {
  ArmFacts facts;
  facts.command = plan.command;
  if (plan.binary.empty()) {
    Result<Command> command = ParseArmCommand(plan.command);
    if (!command.ok()) return facts;  // a shell line: no one binary
    facts.binary = FindInPath(command->argv[0], cwd, fs);
    if (facts.binary.empty()) facts.binary = command->argv[0];
  } else {
    facts.binary = plan.binary;
  }
  Result<std::string> bytes = fs.ReadFile(facts.binary);
  if (!bytes.ok()) {
    return Error(bytes.status().code(), "{} ({}): cannot read its binary: {}", ArmName(arm),
                 plan.command, bytes.status().message());
  }
  facts.binary_bytes = static_cast<int64_t>(bytes->size());
  facts.sha256 = Sha256Hex(*bytes);
  facts.build_id = GnuBuildId(*bytes);
  return facts;
}

Result<std::vector<ArmCommands>> BuildLayouts(const VerifyPlan& plan, const VerifySeams& seams,
                                              const VerifyProgressCallback& progress) {
  const int layouts = plan.build.layouts;
  std::vector<ArmCommands> sessions;
  for (int layout = 0; layout < layouts; ++layout) {
    ArmCommands commands;
    // From 1 on: to the Go linker 0 means no shuffling.
    commands.layout_seed = 1 + static_cast<int64_t>(plan.seed % 1'000'000) + layout;
    if (layouts > 1) commands.control_layout_seed = commands.layout_seed + layouts;
    // The command of an arm, built.
    auto build = [&](ArmId arm, int64_t seed) -> Result<std::string> {
      const ArmPlan& arm_plan = arm == ArmId::kCandidate ? plan.candidate : plan.baseline;
      if (plan.canceled && plan.canceled()) return Status(Code::kCanceled, "interrupted");
      if (progress) {
        progress({.phase = fmt::format("building {}, layout {} of {}", ArmName(arm), layout + 1,
                                       layouts)});
      }
      std::string out = fmt::format("{}/{}-{}", plan.build.work_dir, ArmName(arm), seed);
      TRY(BuildOne(plan, arm, arm_plan, seed, out, seams));
      return Substitute(arm_plan.command.empty() ? "{out}" : arm_plan.command,
                        {{"out", ShellWord(out)}});
    };
    ASSIGN_OR_RETURN(commands.baseline, build(ArmId::kBaseline, commands.layout_seed));
    ASSIGN_OR_RETURN(commands.candidate, build(ArmId::kCandidate, commands.layout_seed));
    commands.control = commands.baseline;
    if (layouts > 1) {
      ASSIGN_OR_RETURN(commands.control, build(ArmId::kControl, commands.control_layout_seed));
    }
    sessions.push_back(std::move(commands));
  }
  return sessions;
}

}  // namespace anneal
