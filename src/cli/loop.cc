// `anneal loop`: the product. RunTurn is its description; each step is one call.
#include <filesystem>

#include "cli/commands.h"
#include "cli/exit_status.h"
#include "cli/http_interrupt.h"
#include "cli/interrupt.h"
#include "cli/loop_builds.h"
#include "cli/loop_config.h"
#include "cli/loop_profiling.h"
#include "cli/loop_report.h"
#include "cli/loop_server.h"
#include "cli/loop_turn.h"
#include "cli/loop_verdict.h"
#include "cli/publish.h"

namespace anneal {
namespace {

struct LoopOptions {
  std::string config_path = "anneal.yaml";
  int iterations = 1;
  bool json = false;
  bool dry_run = false;
  PublishFlags publish;
};

// Tells a server about the turn. That it cannot be told is no reason to fail what was measured.
void PublishTurn(const LoopRun& run, const LoopTurn& turn) {
  if (!run.publish_server) return;
  Result<std::string> id = [&]() -> Result<std::string> {
    ASSIGN_OR_RETURN(std::string record, TurnRecord(run, turn));
    return PublishRecord(run.context.http, *run.publish_server, record);
  }();
  run.Say(id.ok() ? fmt::format("published to {} as {}", run.publish_server->url, *id)
                  : "warning: not published: " + id.status().message());
}

Status RunTurn(LoopRun& run, LoopTurn* turn) {
  // What ships now is what a new artefact must beat: a build with the artefact that is there, or
  // without one.
  TRY(BuildBaseline(run, turn));

  // Its profile under load is what production would send; it goes into the database as any
  // program's does, and comes out as the merge of a window.
  TRY(ProfileUnderLoad(run, turn));
  ASSIGN_OR_RETURN(Profile profile, MergeWindow(run, *turn));

  // From here the profile is immutable: the same samples give the same artefact, to the byte.

  // Is it worth a build? Too few samples make decisions by chance, and are said to.
  TRY(WriteArtefact(run, profile, turn));

  // The same source, toolchain and flags; only the artefact differs.
  TRY(BuildCandidate(run, turn));

  // From here the binaries are fixed.

  // What did the compiler do because of the profile? If nothing, there is nothing to measure.
  TRY(DiffBuildDecisions(run, turn));

  // Both binaries take turns on this machine, with the baseline a second time as control.
  TRY(VerifyCandidate(run, turn));

  // The new artefact replaces the old one when it is proven better, and only then.
  TRY(KeepOrDrop(run, turn));
  TRY(WriteTurnReport(run, *turn));

  // The server's page shows it beside the turns before.
  PublishTurn(run, *turn);
  return Status();
}

Result<std::vector<LoopTurn>> RunTurns(LoopRun& run, int iterations) {
  // Programs push to a running server, or to one of our own that lives as long as the loop.
  TRY(StartServer(run));
  std::vector<LoopTurn> turns;
  for (int number = 1; number <= iterations; ++number) {
    LoopTurn& turn = turns.emplace_back();
    turn.number = number;
    if (iterations > 1) run.Say(fmt::format("turn {} of {}", number, iterations));
    Status status = RunTurn(run, &turn);
    if (run.interrupt.Requested()) return Status(Code::kCanceled, "interrupted");
    if (!status.ok()) return status;
  }
  return turns;
}

Result<LoopConfig> ReadConfig(const std::string& path, const Fs& fs) {
  Result<std::string> text = fs.ReadFile(path);
  if (!text.ok()) {
    return text.status().Annotate(
        "the loop's config (write one as in docs/guide/loop.md, or name it with --config)");
  }
  // Absolute, since commands run in the config's directory and get paths made from it.
  std::error_code error;
  std::filesystem::path absolute = std::filesystem::absolute(path, error);
  if (error) return InvalidArgument("{}: {}", path, error.message());
  std::string directory = absolute.parent_path().string();
  Result<LoopConfig> config = ParseLoopConfig(*text, directory, fs);
  if (!config.ok()) return config.status().Annotate(path);
  return config;
}

// Flags win over the config. Its token is for its server: another is not shown it.
void OverridePublish(const PublishFlags& flags, LoopServer& publish) {
  if (!flags.url.empty() && flags.url != publish.url) publish = {.url = flags.url};
  if (!flags.token_file.empty()) publish.token_file = flags.token_file;
}

int RunLoop(const LoopOptions& options, CliContext& context) {
  Result<LoopConfig> config = ReadConfig(options.config_path, context.fs);
  if (!config.ok()) {
    context.err << "anneal loop: " << config.status().message() << "\n";
    return kExitUsage;
  }
  OverridePublish(options.publish, config->publish);
  if (options.dry_run) {
    context.out << DescribePlan(*config, options.iterations);
    return kExitOk;
  }
  InterruptScope interrupt;
  HttpInterrupt ends_calls(interrupt, context.http);
  LoopRun run{.config = *config, .context = context, .interrupt = interrupt};
  Result<std::vector<LoopTurn>> turns = RunTurns(run, options.iterations);
  if (!turns.ok()) {
    context.err << "anneal loop: " << turns.status().message() << "\n";
    return ExitStatusOf(turns.status());
  }
  context.out << (options.json ? LoopReportJson(run, *turns) : LoopReportText(run, *turns));
  return LoopExitStatus(*turns);
}

}  // namespace

CommandRun DefineLoop(CLI::App& app, CliContext& context) {
  auto options = std::make_shared<LoopOptions>();
  app.add_option("-c,--config", options->config_path, "The loop's config file")
      ->type_name("FILE")
      ->capture_default_str();
  app.add_option("-n,--iterations", options->iterations,
                 "Turns to make; each starts from what the one before kept")
      ->type_name("N")
      ->check(CLI::Range(1, 100).description(""))
      ->capture_default_str();
  AddPublishFlags(app, options->publish);
  app.add_flag("--json", options->json, "Print the report as JSON");
  app.add_flag("--dry-run", options->dry_run, "Check the config and say what would be done");
  return [options, &context] { return RunLoop(*options, context); };
}

}  // namespace anneal
