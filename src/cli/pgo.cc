// anneal pgo: from profiles to the file that a compiler reads, and what it will do with it.
#include <ostream>

#include "base/units.h"
#include "cli/commands.h"
#include "cli/exit_status.h"
#include "cli/pgo_commands.h"
#include "cli/pgo_input.h"
#include "pgo/go_artefact.h"
#include "pgo/report.h"

namespace anneal {
namespace {

struct GoOptions {
  std::vector<std::string> inputs;
  std::string output = "default.pgo";
  std::string keep = "leaf";
  bool force = false;
};

void PrintGoSummary(CliContext& context, const GoOptions& options, const Profile& profile,
                    const GoArtefact& artefact) {
  // With the artefact on standard output the summary is a message.
  std::ostream& to = options.output == "-" ? context.err : context.out;
  HotEdges hot = FindHotEdges(artefact.edges);
  Result<GoReport> report = MakeGoReport(profile, nullptr);
  int64_t samples = report.ok() ? report->samples : 0;
  to << fmt::format("{}: {} of {} samples ({}), {} call edges, {} of them hot\n", options.output,
                    HumanBytes(artefact.bytes.size()), samples, SampleGradeName(GradeOf(samples)),
                    artefact.edges.edges.size(), hot.count);
  for (const std::string& warning : artefact.warnings) {
    context.err << fmt::format("anneal pgo: warning: {}\n", warning);
  }
  if (options.output != "-") to << fmt::format("next: go build -pgo={}\n", options.output);
}

CommandRun DefinePgoGo(CLI::App& app, CliContext& context) {
  auto options = std::make_shared<GoOptions>();
  app.add_option("IN", options->inputs, "pprof files; - or none: standard input")
      ->type_name("FILE");
  app.add_option("-o,--output", options->output, "The artefact; -: standard output")
      ->type_name("FILE");
  app.add_option("--keep", options->keep,
                 "What to keep: leaf (what the compiler reads), edges (the least), full (all)")
      ->check(CLI::IsMember({"leaf", "edges", "full"}))
      ->type_name("PART");
  app.add_flag("-f,--force", options->force, "Overwrite the output");
  return [options, &context] {
    Result<Profile> profile = LoadMerged(context, options->inputs);
    if (!profile.ok()) return FailPgo(context, profile.status());
    Result<GoArtefact> artefact = MakeGoArtefact(*profile, *ParseGoTrim(options->keep));
    if (!artefact.ok()) return FailPgo(context, artefact.status());
    Status written = WriteOutput(context, options->output, artefact->bytes,
                                 options->force ? Overwrite::kAllow : Overwrite::kRefuse);
    if (!written.ok()) return FailPgo(context, written);
    PrintGoSummary(context, *options, *profile, *artefact);
    return int{kExitOk};
  };
}

CommandRun DefinePgoPreprofile(CLI::App& app, CliContext& context) {
  struct Options {
    std::vector<std::string> inputs;
    std::string output = "-";
    bool force = false;
  };
  auto options = std::make_shared<Options>();
  app.add_option("IN", options->inputs, "pprof files; - or none: standard input")
      ->type_name("FILE");
  app.add_option("-o,--output", options->output, "The preprocessed profile; -: standard output")
      ->type_name("FILE");
  app.add_flag("-f,--force", options->force, "Overwrite the output");
  return [options, &context] {
    Result<Profile> profile = LoadMerged(context, options->inputs);
    if (!profile.ok()) return FailPgo(context, profile.status());
    Result<CallEdges> edges = ComputeCallEdges(*profile);
    if (!edges.ok()) return FailPgo(context, edges.status());
    Status written = WriteOutput(context, options->output, WritePreprofile(*edges),
                                 options->force ? Overwrite::kAllow : Overwrite::kRefuse);
    if (!written.ok()) return FailPgo(context, written);
    if (edges->edges.empty()) {
      context.err << "anneal pgo: warning: no call edges: the compiler will ignore the profile\n";
    }
    return int{kExitOk};
  };
}

constexpr SubcommandRow kSubcommands[] = {
    {"go", "Make the file that go build -pgo= reads",
     R"(Merges CPU profiles and writes what the Go compiler reads of them: the same call edges, checked, in a fraction of the bytes. Prints the command to build with.

  anneal pgo go cpu1.pprof cpu2.pprof -o default.pgo
  curl -s localhost:6060/debug/pprof/profile | anneal pgo go - -o default.pgo)",
     DefinePgoGo},
    {"report", "Tell what a profile is worth to the Go compiler",
     R"(Prints samples, call edges, what the compiler will hold for hot, and how much of that is chance. With a binary, functions of the profile that the binary does not have. Several files are merged and compared with one another.

  anneal pgo report default.pgo --binary ./app)",
     DefinePgoReport},
    {"preprofile", "Write the preprocessed form of profiles",
     R"(The output of go tool preprofile, for build systems that call the compiler themselves.

  anneal pgo preprofile default.pgo -o default.preprofile)",
     DefinePgoPreprofile},
    {"decisions", "List what the Go compiler does because of a profile",
     R"(Builds with and without a profile, or with two, and lists the call sites that were inlined or devirtualised because of it. Takes the build cache's help; the first run for a profile compiles everything.

  anneal pgo decisions --after default.pgo ./cmd/app
  anneal pgo decisions --before old.pgo --after new.pgo . --json)",
     DefinePgoDecisions},
    {"compare", "Compare the call edges of two profiles",
     R"(By share of the total weight, so that profiles of different length compare. Reads pprof and preprocessed profiles.

  anneal pgo compare old.pgo new.pgo)",
     DefinePgoCompare},
};

}  // namespace

CommandRun DefinePgo(CLI::App& app, CliContext& context) {
  return DefineSubcommands(app, context, kSubcommands);
}

}  // namespace anneal
