#include "cli/verify_options.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "base/units.h"
#include "verify/load.h"

namespace anneal {
namespace {

Status ReadDuration(const std::string& text, std::string_view option, int64_t* out_ns) {
  Result<int64_t> parsed = ParseDuration(text);
  if (!parsed.ok()) return parsed.status().Annotate(option);
  *out_ns = *parsed;
  return Status();
}

// The first word's file name ends in ".test": what `go test -c` writes.
bool LooksLikeGoTest(const std::string& command) {
  std::string program = command.substr(0, command.find(' '));
  return program.ends_with(".test");
}

Result<VerifyMode> ModeOf(const VerifyOptions& o) {
  if (o.mode != "auto") return ParseVerifyMode(o.mode);
  bool http = !o.requests_file.empty() || !o.load_command.empty() || !o.ready_path.empty() ||
              o.baseline.find("{port}") != std::string::npos;
  if (http) return VerifyMode::kHttp;
  if (!o.bench.empty() || LooksLikeGoTest(o.baseline)) return VerifyMode::kGoBench;
  return VerifyMode::kCommand;
}

void AddArms(CLI::App& app, VerifyOptions& o) {
  app.add_option("--baseline", o.baseline, "Program to compare with, and its arguments")
      ->type_name("COMMAND");
  app.add_option("--candidate", o.candidate, "Program that should be faster")->type_name("COMMAND");
  app.add_option("--mode", o.mode, "How work is given: auto, command, stdin, http, gobench")
      ->type_name("MODE")
      ->check(CLI::IsMember({"auto", "command", "stdin", "http", "gobench"}))
      ->capture_default_str();
  app.add_option("--cwd", o.cwd, "Where both run")->type_name("DIR");
}

void AddLoad(CLI::App& app, VerifyOptions& o) {
  app.add_option("--requests", o.requests_file,
                 "http: recorded requests, a path, METHOD path or JSON object on each line")
      ->type_name("FILE");
  app.add_option("--load", o.load_command,
                 "http: make load by this shell line instead; {url} and {port} are filled in")
      ->type_name("COMMAND");
  app.add_option("--ready", o.ready_path, "http: path that answers 2xx once the service is up")
      ->type_name("PATH");
  app.add_option("--requests-per-burst", o.requests_per_burst, "http: 0 fits --burst")
      ->type_name("N")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option("--concurrency", o.concurrency, "http: connections")
      ->type_name("N")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  app.add_option("--bench", o.bench, "gobench: benchmarks to run; default all")->type_name("REGEX");
  app.add_option("--benchtime", o.benchtime,
                 "gobench: iterations, as in 100x; default fits --burst")
      ->type_name("Nx");
}

void AddBuilds(CLI::App& app, VerifyOptions& o) {
  app.add_option("--build", o.build,
                 "Build both under several function layouts by this shell line, with {seed}, {pgo} "
                 "and {out}")
      ->type_name("COMMAND");
  app.add_option("--layouts", o.layouts, "Layouts to build; claims below 3 % need 6 or more")
      ->type_name("N")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_option("--baseline-pgo", o.baseline_pgo, "{pgo} of the baseline")
      ->type_name("FILE")
      ->capture_default_str();
  app.add_option("--candidate-pgo", o.candidate_pgo, "{pgo} of the candidate")
      ->type_name("FILE")
      ->capture_default_str();
  app.add_option("--work-dir", o.work_dir, "Where built binaries are kept")
      ->type_name("DIR")
      ->capture_default_str();
}

void AddSchedule(CLI::App& app, VerifyOptions& o) {
  app.add_option("--time", o.time, "Time to measure for, builds apart")
      ->type_name("DURATION")
      ->capture_default_str();
  app.add_option("--rounds", o.rounds, "Measure this many blocks instead of --time")
      ->type_name("N")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--starts", o.starts, "Starts of live processes; 0 for 8")
      ->type_name("N")
      ->check(CLI::Range(0, 1000))
      ->capture_default_str();
  app.add_option("--warmup", o.warmup, "Bursts dropped after each start")
      ->type_name("N")
      ->check(CLI::Range(0, 1000))
      ->capture_default_str();
  app.add_option("--burst", o.burst, "CPU time of one turn")
      ->type_name("DURATION")
      ->capture_default_str();
  app.add_option("--timeout", o.timeout, "Longest wait for one turn")
      ->type_name("DURATION")
      ->capture_default_str();
  app.add_option("--seed", o.seed, "Of orders, layouts and resampling")
      ->type_name("N")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_flag("--no-pin", o.no_pin, "Let arms and load run on any processor");
}

void AddLimits(CLI::App& app, VerifyOptions& o) {
  app.add_option("--min-gain", o.min_gain, "Exit with 3 unless a gain of this much is measured")
      ->type_name("PERCENT");
  app.add_option("--require", o.require, "gain: exit with 3 unless any gain is measured")
      ->type_name("WHAT")
      ->check(CLI::IsMember({"gain"}));
  app.add_option("--max-regression", o.max_regression,
                 "Exit with 4 when a regression above this is measured")
      ->type_name("PERCENT")
      ->capture_default_str();
}

void AddOutputs(CLI::App& app, VerifyOptions& o) {
  app.add_option("--json", o.json_path, "Write the verdict with all samples; - for stdout")
      ->type_name("FILE");
  app.add_option("--plot", o.plot_path, "Draw it: FILE.svg or FILE.html")->type_name("FILE");
  AddVerdictPublishFlags(app, o.publish);
}

// After all that says what to measure and to demand: the record has that.
void AddFrom(CLI::App& app, VerifyOptions& o) {
  std::vector<CLI::Option*> measuring = app.get_options();
  CLI::Option* from =
      app.add_option("--from", o.from_path,
                     "Analyse the samples of a verdict again, by its limits; measures nothing")
          ->type_name("FILE");
  for (CLI::Option* option : measuring) {
    if (option != app.get_help_ptr()) from->excludes(option);
  }
}

}  // namespace

void AddVerifyOptions(CLI::App& app, VerifyOptions& options) {
  AddArms(app, options);
  AddLoad(app, options);
  AddBuilds(app, options);
  AddSchedule(app, options);
  AddLimits(app, options);
  AddFrom(app, options);
  AddOutputs(app, options);
}

Result<VerifyLimits> MakeLimits(const VerifyOptions& o) {
  VerifyLimits limits;
  limits.require_gain = !o.min_gain.empty() || o.require == "gain";
  if (!o.min_gain.empty()) {
    Result<double> share = ParsePercent(o.min_gain);
    if (!share.ok()) return share.status().Annotate("--min-gain");
    limits.min_gain = *share;
  }
  Result<double> share = ParsePercent(o.max_regression);
  if (!share.ok()) return share.status().Annotate("--max-regression");
  limits.max_regression = *share;
  return limits;
}

Result<VerifyPlan> MakePlan(const VerifyOptions& o, const Fs& fs) {
  VerifyPlan plan;
  ASSIGN_OR_RETURN(plan.mode, ModeOf(o));
  if (o.build.empty() && (o.baseline.empty() || o.candidate.empty())) {
    return InvalidArgument("--baseline and --candidate are needed, or --build");
  }
  plan.baseline = {.command = o.baseline, .binary = "", .pgo = o.baseline_pgo};
  plan.candidate = {.command = o.candidate, .binary = "", .pgo = o.candidate_pgo};
  plan.cwd = o.cwd;
  plan.load.command = o.load_command;
  plan.load.ready_path = o.ready_path;
  plan.load.requests_per_burst = o.requests_per_burst;
  plan.load.concurrency = o.concurrency;
  if (!o.requests_file.empty()) {
    ASSIGN_OR_RETURN(std::string text, fs.ReadFile(o.requests_file));
    Result<std::vector<LoadRequest>> requests = ParseLoadRequests(text);
    if (!requests.ok()) return requests.status().Annotate("--requests " + o.requests_file);
    plan.load.requests = std::move(*requests);
  }
  if (!o.bench.empty()) plan.gobench.pattern = o.bench;
  plan.gobench.benchtime = o.benchtime;
  if (!o.build.empty()) {
    plan.build = {.command = o.build, .layouts = o.layouts, .work_dir = o.work_dir, .cwd = ""};
  }
  plan.rounds = o.rounds;
  plan.sessions = o.starts;
  plan.warmup_bursts = o.warmup;
  plan.seed = o.seed;
  plan.pin = o.no_pin ? PinPolicy::kOff : PinPolicy::kAuto;
  TRY(ReadDuration(o.time, "--time", &plan.budget_ns));
  TRY(ReadDuration(o.burst, "--burst", &plan.burst_ns));
  TRY(ReadDuration(o.timeout, "--timeout", &plan.sample_timeout_ns));
  ASSIGN_OR_RETURN(plan.limits, MakeLimits(o));
  return plan;
}

}  // namespace anneal
