// anneal pgo decisions
#include <filesystem>
#include <nlohmann/json.hpp>
#include <ostream>

#include "api/decisions_json.h"
#include "cli/exit_status.h"
#include "cli/go_build.h"
#include "cli/json_output.h"
#include "cli/pgo_commands.h"
#include "cli/pgo_input.h"

namespace anneal {
namespace {

struct Options {
  std::string before = "off";
  std::string after;
  std::vector<std::string> packages;
  std::vector<std::string> flags;
  std::string go = "go";
  size_t limit = 20;
  bool json = false;
};

// Names in this order: what a profile is for, what it is not.
constexpr DecisionKind kKinds[] = {DecisionKind::kInlined, DecisionKind::kDevirtualisedInterface,
                                   DecisionKind::kDevirtualisedFunction};

// go runs in another directory perhaps, so files are named absolutely.
Result<std::string> ProfileArgument(CliContext& context, const std::string& pgo) {
  if (pgo == "off" || pgo == "auto") return pgo;
  if (!context.fs.Exists(pgo)) return Error(Code::kNotFound, "{}: no such profile", pgo);
  std::error_code error;
  std::string path = std::filesystem::absolute(pgo, error).string();
  if (error) return Error(Code::kInternal, "{}: {}", pgo, error.message());
  return path;
}

// A directory is built where it is, with the module it belongs to; anything else is a pattern.
GoBuild MakeBuild(const Options& options) {
  GoBuild build{.go = options.go, .flags = options.flags};
  std::error_code error;
  bool is_directory =
      options.packages.size() == 1 && std::filesystem::is_directory(options.packages[0], error);
  if (is_directory) {
    build.directory = options.packages[0];
  } else if (!options.packages.empty()) {
    build.packages = options.packages;
  }
  return build;
}

Result<Decisions> Collect(CliContext& context, const Options& options, const std::string& pgo) {
  GoBuild build = MakeBuild(options);
  ASSIGN_OR_RETURN(build.pgo, ProfileArgument(context, pgo));
  if (context.err_is_terminal) context.err << fmt::format("compiling with -pgo={} …\n", pgo);
  return CollectDecisions(context.process, build);
}

nlohmann::ordered_json CountsJson(const Decisions& d) {
  nlohmann::ordered_json json = {{"packages", d.packages},
                                 {"inlined_sites", d.inlined_sites},
                                 {"hot_functions", d.hot_functions},
                                 {"refused_in_big_callers", d.refused_big},
                                 {"threshold_percent", d.threshold_percent}};
  for (DecisionKind kind : kKinds) json[std::string(DecisionKindName(kind))] = d.Count(kind);
  return json;
}

void PrintList(CliContext& context, std::string_view title, const std::vector<Decision>& decisions,
               size_t limit) {
  if (decisions.empty()) return;
  size_t shown = limit == 0 ? decisions.size() : std::min(limit, decisions.size());
  context.out << fmt::format("\n{}\n", title);
  for (size_t i = 0; i < shown; ++i) {
    const Decision& d = decisions[i];
    std::string detail = d.kind == DecisionKind::kInlined
                             ? fmt::format("{} into {}, cost {}", d.callee, d.caller, d.cost)
                             : fmt::format("{} to {}", d.caller, d.callee);
    context.out << fmt::format("  {:<28} {} {}: {}\n", DecisionKindName(d.kind), d.package,
                               d.position, detail);
  }
  if (shown < decisions.size()) {
    context.out << fmt::format("  showing {} of {}; --limit 0 for all\n", shown, decisions.size());
  }
}

void PrintText(CliContext& context, const Options& options, const Decisions& before,
               const Decisions& after, const DecisionDiff& diff) {
  context.out << fmt::format("{:<30} {:>10} {:>10}\n", "because of the profile", "before", "after");
  for (DecisionKind kind : kKinds) {
    context.out << fmt::format("{:<30} {:>10} {:>10}\n", DecisionKindName(kind), before.Count(kind),
                               after.Count(kind));
  }
  context.out << fmt::format("{:<30} {:>10} {:>10}\n", "inlined for any reason",
                             before.inlined_sites, after.inlined_sites);
  context.out << fmt::format("{:<30} {:>10} {:>10}\n", "hot, but the caller too big",
                             before.refused_big, after.refused_big);
  context.out << fmt::format("{} gained, {} lost, {} kept\n", diff.gained.size(), diff.lost.size(),
                             diff.kept);
  PrintList(context, "gained", diff.gained, options.limit);
  PrintList(context, "lost", diff.lost, options.limit);
}

int Run(CliContext& context, const Options& options) {
  // Before the first build, which may take minutes.
  for (const std::string& pgo : {options.before, options.after}) {
    Result<std::string> file = ProfileArgument(context, pgo);
    if (!file.ok()) return FailPgo(context, file.status());
  }
  Result<Decisions> before = Collect(context, options, options.before);
  if (!before.ok()) return FailPgo(context, before.status());
  Result<Decisions> after = Collect(context, options, options.after);
  if (!after.ok()) return FailPgo(context, after.status());
  DecisionDiff diff = DiffDecisions(*before, *after);
  if (!options.json) {
    PrintText(context, options, *before, *after, diff);
    return kExitOk;
  }
  nlohmann::ordered_json json = {
      {"schema", "anneal.pgo.decisions/1"}, {"before", CountsJson(*before)},
      {"after", CountsJson(*after)},        {"gained", DecisionsJson(diff.gained)},
      {"lost", DecisionsJson(diff.lost)},   {"kept", diff.kept}};
  context.out << DumpJson(json) << "\n";
  return kExitOk;
}

}  // namespace

CommandRun DefinePgoDecisions(CLI::App& app, CliContext& context) {
  auto options = std::make_shared<Options>();
  app.add_option("PACKAGE", options->packages,
                 "What to build: a directory, or packages as for go build; none: here")
      ->type_name("PACKAGE");
  app.add_option("--before", options->before, "The profile to compare with; off: none")
      ->type_name("FILE");
  app.add_option("--after", options->after, "The profile")->type_name("FILE")->required();
  app.add_option("--build-flag", options->flags, "A flag for go build, as --build-flag=-tags=x")
      ->type_name("FLAG")
      ->allow_extra_args(false);
  app.add_option("--go", options->go, "The go command")->type_name("FILE");
  app.add_option("--limit", options->limit, "Decisions to list of each kind; 0: all")
      ->type_name("N");
  app.add_flag("--json", options->json, "As JSON");
  return [options, &context] { return Run(context, *options); };
}

}  // namespace anneal
