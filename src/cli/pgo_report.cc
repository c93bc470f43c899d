// anneal pgo report
#include <fmt/chrono.h>

#include <ctime>
#include <nlohmann/json.hpp>
#include <ostream>

#include "base/units.h"
#include "cli/exit_status.h"
#include "cli/json_output.h"
#include "cli/pgo_commands.h"
#include "cli/pgo_input.h"
#include "pgo/report.h"
#include "profile/merge.h"

namespace anneal {
namespace {

struct Options {
  std::vector<std::string> inputs;
  std::string binary;
  size_t limit = 20;
  bool json = false;
};

// How far two of the inputs agree.
struct InputPair {
  std::string first, second;
  HotOverlap overlap;
};

double Percent(double share) { return 100 * share; }

nlohmann::ordered_json OverlapJson(const HotOverlap& overlap) {
  return {{"hot_in_both", overlap.both},
          {"hot_in_either", overlap.either},
          {"weight_share", overlap.weight_share}};
}

nlohmann::ordered_json ReportJson(const GoReport& r, const std::vector<InputPair>& pairs) {
  nlohmann::ordered_json json = {{"schema", "anneal.pgo.report/1"},
                                 {"value_type", r.value_type},
                                 {"samples", r.samples},
                                 {"grade", SampleGradeName(r.grade)},
                                 {"total_value", r.total_value},
                                 {"stacks", r.stacks},
                                 {"time_ns", r.time_ns},
                                 {"duration_ns", r.duration_ns},
                                 {"edges", r.edges.edges.size()},
                                 {"edge_weight", r.edges.total_weight},
                                 {"hot_edges", r.hot.count},
                                 {"hot_threshold_weight", r.hot.threshold_weight},
                                 {"hot_threshold_percent", r.hot.threshold_percent},
                                 {"single_sample_share", r.single_sample_share},
                                 {"functions", r.functions},
                                 {"generic_functions", r.generic_functions},
                                 {"elided_functions", r.elided_functions},
                                 {"no_line_share", r.no_line_share},
                                 {"split_half", OverlapJson(r.split_half)}};
  json["inputs"] = nlohmann::ordered_json::array();
  for (const InputPair& pair : pairs) {
    nlohmann::ordered_json row = OverlapJson(pair.overlap);
    row["first"] = pair.first;
    row["second"] = pair.second;
    json["inputs"].push_back(row);
  }
  if (r.symbols) {
    json["binary"] = {{"functions", r.symbols->functions},
                      {"missing", r.symbols->missing},
                      {"missing_weight_share", r.symbols->missing_weight_share},
                      {"missing_names", r.symbols->missing_names}};
  }
  json["top"] = nlohmann::ordered_json::array();
  json["warnings"] = r.warnings;
  return json;
}

nlohmann::ordered_json EdgeJson(const GoReport& r, size_t i) {
  const CallEdge& e = r.edges.edges[i];
  return {{"caller", e.caller},
          {"callee", e.callee},
          {"offset", e.offset},
          {"weight", e.weight},
          {"hot", i < r.hot.count}};
}

std::string Overlap(const HotOverlap& o) {
  return fmt::format("{} of {} hot edges in both, {:.1f} % of their weight", o.both, o.either,
                     Percent(o.weight_share));
}

// "2026-11-23 13:00:01 UTC, 5h ago, over 1m30s"
std::string Collected(const GoReport& r, int64_t now_ns) {
  std::string text = "unknown";
  if (r.time_ns > 0) {
    text = fmt::format("{:%F %T} UTC", fmt::gmtime(std::time_t{r.time_ns / 1'000'000'000}));
    constexpr int64_t kMinute = 60LL * 1'000'000'000;
    int64_t age = (now_ns - r.time_ns) / kMinute * kMinute;
    if (age > 0) text += fmt::format(", {} ago", FormatDuration(age));
  }
  if (r.duration_ns > 0) {
    int64_t rounded = std::max<int64_t>(r.duration_ns / 1'000'000, 1) * 1'000'000;
    text += fmt::format(", over {}", FormatDuration(rounded));
  }
  return text;
}

void PrintText(CliContext& context, const Options& options, const GoReport& r,
               const std::vector<InputPair>& pairs) {
  auto row = [&](std::string_view name, std::string_view text) {
    context.out << fmt::format("{:<10} {}\n", name, text);
  };
  row("samples", fmt::format("{} ({}), {}", r.samples, r.value_type, SampleGradeName(r.grade)));
  row("collected", Collected(r, context.clock.NowNs()));
  row("edges", fmt::format("{} between {} functions, {} of these generic", r.edges.edges.size(),
                           r.functions, r.generic_functions));
  row("hot",
      fmt::format("{} edges make {} % of the weight; each weighs {} ({:.3g} %) or more",
                  r.hot.count, kGoHotPercent, r.hot.threshold_weight, r.hot.threshold_percent));
  row("single",
      fmt::format("{:.0f} % of the edges were seen in one sample", Percent(r.single_sample_share)));
  row("stability", fmt::format("two halves of the samples: {}", Overlap(r.split_half)));
  for (const InputPair& pair : pairs) {
    row("", fmt::format("{} and {}: {}", pair.first, pair.second, Overlap(pair.overlap)));
  }
  if (r.symbols) {
    row("binary", fmt::format("{} of {} functions are not in it, on edges with {:.1f} % of the "
                              "weight",
                              r.symbols->missing, r.symbols->functions,
                              Percent(r.symbols->missing_weight_share)));
    for (size_t i = 0; i < std::min<size_t>(r.symbols->missing, 5); ++i) {
      row("", r.symbols->missing_names[i]);
    }
    if (r.symbols->missing > 5) row("", fmt::format("… (--json lists all)"));
  }
  const std::vector<CallEdge>& edges = r.edges.edges;
  size_t shown = options.limit == 0 ? edges.size() : std::min(options.limit, edges.size());
  if (shown > 0) context.out << fmt::format("\n{:>12} {:>7}  edge\n", "weight", "share");
  for (size_t i = 0; i < shown; ++i) {
    double share = static_cast<double>(edges[i].weight) / static_cast<double>(r.edges.total_weight);
    context.out << fmt::format("{:>12} {:>5.2f} %  {}:{:+} -> {}\n", edges[i].weight,
                               Percent(share), edges[i].caller, edges[i].offset, edges[i].callee);
  }
  if (shown < edges.size()) {
    context.out << fmt::format("showing {} of {} edges; --limit 0 for all\n", shown, edges.size());
  }
}

Result<GoReport> Load(CliContext& context, const Options& options, std::vector<InputPair>& pairs) {
  Merger merger;
  std::vector<std::pair<std::string, CallEdges>> inputs;
  for (const std::string& path : InputsOrStdin(options.inputs)) {
    ASSIGN_OR_RETURN(Profile profile, LoadProfile(context, path));
    Status added = merger.Add(profile);
    if (!added.ok()) return added.Annotate(path);
    Result<CallEdges> edges = ComputeCallEdges(profile);
    if (!edges.ok()) return edges.status().Annotate(path);
    for (const auto& [other, other_edges] : inputs) {
      pairs.push_back({other, path, CompareHotEdges(other_edges, *edges)});
    }
    inputs.emplace_back(path, *std::move(edges));
  }
  if (options.binary.empty()) return MakeGoReport(merger.Finish(), nullptr);
  ASSIGN_OR_RETURN(std::string binary, context.fs.ReadFile(options.binary));
  Result<GoSymbols> symbols = ReadGoSymbols(binary);
  if (!symbols.ok()) return symbols.status().Annotate(options.binary);
  return MakeGoReport(merger.Finish(), &*symbols);
}

}  // namespace

CommandRun DefinePgoReport(CLI::App& app, CliContext& context) {
  auto options = std::make_shared<Options>();
  app.add_option("FILE", options->inputs,
                 "pprof or preprocessed profiles; - or none: standard input")
      ->type_name("FILE");
  app.add_option("--binary", options->binary, "The Go binary that the profile is to fit")
      ->type_name("FILE");
  app.add_option("--limit", options->limit, "Edges to list; 0: all")->type_name("N");
  app.add_flag("--json", options->json, "As JSON");
  return [options, &context] {
    std::vector<InputPair> pairs;
    Result<GoReport> report = Load(context, *options, pairs);
    if (!report.ok()) return FailPgo(context, report.status());
    if (options->json) {
      nlohmann::ordered_json json = ReportJson(*report, pairs);
      size_t count = report->edges.edges.size();
      size_t shown = options->limit == 0 ? count : std::min(options->limit, count);
      for (size_t i = 0; i < shown; ++i) json["top"].push_back(EdgeJson(*report, i));
      // Names of hostile profiles need not be UTF-8.
      context.out << DumpJson(json) << "\n";
      return int{kExitOk};
    }
    PrintText(context, *options, *report, pairs);
    for (const std::string& warning : report->warnings) {
      context.err << fmt::format("anneal pgo: warning: {}\n", warning);
    }
    return int{kExitOk};
  };
}

}  // namespace anneal
