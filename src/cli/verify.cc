// anneal verify
#include <filesystem>
#include <ostream>

#include "build_info.h"
#include "cli/commands.h"
#include "cli/exit_status.h"
#include "cli/http_interrupt.h"
#include "cli/interrupt.h"
#include "cli/verify_options.h"
#include "verify/plot.h"
#include "verify/report.h"
#include "verify/verdict_json.h"

namespace anneal {
namespace {

// One line that rewrites itself: the interval narrows while one watches.
void ShowProgress(const VerifyProgress& p, std::ostream& err) {
  std::string line = p.phase;
  if (p.rounds_done > 0) line += fmt::format(" {}/{}", p.rounds_done, p.rounds_total);
  if (p.candidate.low > 0) {
    line += fmt::format("  {:+.2f} % [{:+.2f}, {:+.2f}]", (p.candidate.ratio - 1) * 100,
                        (p.candidate.low - 1) * 100, (p.candidate.high - 1) * 100);
  }
  if (p.left_ns >= 0) line += fmt::format("  {} s left", (p.left_ns + 999'999'999) / 1'000'000'000);
  err << "\r\x1b[K" << line << std::flush;
}

Result<Verdict> Measure(const VerifyOptions& options, CliContext& context) {
  ASSIGN_OR_RETURN(VerifyPlan plan, MakePlan(options, context.fs));
  plan.tool_version = kVersion;
  if (!plan.build.command.empty()) {
    TRY(context.fs.MakeDirs(plan.build.work_dir));
    // Builds and arms may run elsewhere, so the path must not depend on where.
    std::error_code error;
    plan.build.work_dir = std::filesystem::absolute(plan.build.work_dir, error).string();
  }
  InterruptScope interrupt;
  HttpInterrupt ends_calls(interrupt, context.http);
  plan.canceled = [&interrupt] { return interrupt.Requested(); };
  VerifyProgressCallback progress;
  if (context.err_is_terminal) {
    progress = [&context](const VerifyProgress& p) { ShowProgress(p, context.err); };
  }
  Result<Verdict> verdict =
      RunVerification(plan, {context.fs, context.clock, context.http, context.process}, progress);
  if (context.err_is_terminal) context.err << "\r\x1b[K";
  return verdict;
}

Result<Verdict> AnalyseAgain(const VerifyOptions& options, const Fs& fs) {
  ASSIGN_OR_RETURN(std::string text, fs.ReadFile(options.from_path));
  Result<RunRecord> run = DecodeRunRecord(text);
  if (!run.ok()) return run.status().Annotate(options.from_path);
  Verdict verdict;
  verdict.run = std::move(*run);
  ASSIGN_OR_RETURN(verdict.analysis, Analyze(verdict.run));
  return verdict;
}

Status WriteOutputs(const Verdict& verdict, const VerifyOptions& options, CliContext& context) {
  if (options.json_path == "-") {
    context.out << EncodeVerdict(verdict);
  } else {
    context.out << FormatVerdict(verdict);
    if (!options.json_path.empty()) {
      TRY(context.fs.WriteFileAtomic(options.json_path, EncodeVerdict(verdict)));
    }
  }
  if (options.plot_path.empty()) return Status();
  bool html = options.plot_path.ends_with(".html");
  TRY(context.fs.WriteFileAtomic(options.plot_path, html ? PlotHtml(verdict) : PlotSvg(verdict)));
  context.err << "anneal verify: wrote " << options.plot_path << "\n";
  return Status();
}

// Last: what was measured is printed whatever becomes of this.
Status Publish(const Verdict& verdict, const VerifyOptions& options, const ServerAddress& server,
               CliContext& context) {
  if (options.publish.url.empty()) return Status();
  ASSIGN_OR_RETURN(std::string record, VerdictRecord(verdict, options.publish, context));
  Result<std::string> id = PublishRecord(context.http, server, record);
  if (!id.ok()) return id.status().Annotate("the verdict was not published");
  context.err << fmt::format("anneal verify: published to {} as {}\n", options.publish.url, *id);
  return Status();
}

// Before minutes of measuring rather than after.
Status CheckOutputs(const VerifyOptions& options, const Fs& fs) {
  const PublishFlags& publish = options.publish;
  if (publish.url.empty() != publish.service.empty()) {
    return InvalidArgument(
        "--publish needs --service, the service_name that it is of, and this it");
  }
  if (publish.url.empty() && !(publish.artefact.empty() && publish.token_file.empty())) {
    return InvalidArgument("--artefact and --publish-token-file are of use with --publish only");
  }
  if (!publish.artefact.empty() && !fs.Exists(publish.artefact)) {
    return InvalidArgument("--artefact {}: no such file", publish.artefact);
  }
  const std::string& plot = options.plot_path;
  if (plot.empty() || plot.ends_with(".svg") || plot.ends_with(".html")) return Status();
  return InvalidArgument("--plot {}: the name must end in .svg or .html", plot);
}

int RunVerify(const VerifyOptions& options, CliContext& context) {
  ServerAddress publish_server;
  Result<Verdict> verdict = [&]() -> Result<Verdict> {
    TRY(CheckOutputs(options, context.fs));
    if (!options.publish.url.empty()) {
      // Before the first call: afterwards no certificate can be trusted any more.
      ASSIGN_OR_RETURN(publish_server, PublishAddress(options.publish, context));
    }
    return options.from_path.empty() ? Measure(options, context)
                                     : AnalyseAgain(options, context.fs);
  }();
  Status status = verdict.ok() ? WriteOutputs(*verdict, options, context) : verdict.status();
  if (!status.ok()) {
    context.err << "anneal verify: " << status.message() << "\n";
    return status.code() == Code::kInvalidArgument ? kExitUsage : ExitStatusOf(status);
  }
  int exit_status = ExitStatusOf(verdict->analysis.ruling);
  if (Status published = Publish(*verdict, options, publish_server, context); !published.ok()) {
    context.err << "anneal verify: " << published.message() << "\n";
    // The verdict is what scripts ask for; only a good one gives way.
    if (exit_status == kExitOk) exit_status = ExitStatusOf(published);
  }
  return exit_status;
}

}  // namespace

CommandRun DefineVerify(CLI::App& app, CliContext& context) {
  auto options = std::make_shared<VerifyOptions>();
  AddVerifyOptions(app, *options);
  return [options, &context] { return RunVerify(*options, context); };
}

}  // namespace anneal
