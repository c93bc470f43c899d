// anneal pgo compare
#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/exit_status.h"
#include "cli/json_output.h"
#include "cli/pgo_commands.h"
#include "cli/pgo_input.h"
#include "pgo/edge_diff.h"

namespace anneal {
namespace {

struct Options {
  std::string before, after;
  size_t limit = 20;
  bool json = false;
};

nlohmann::ordered_json ChangesJson(const std::vector<EdgeChange>& changes) {
  auto rows = nlohmann::ordered_json::array();
  for (const EdgeChange& c : changes) {
    rows.push_back({{"caller", c.caller},
                    {"callee", c.callee},
                    {"offset", c.offset},
                    {"before_weight", c.before_weight},
                    {"after_weight", c.after_weight},
                    {"before_share", c.before_share},
                    {"after_share", c.after_share},
                    {"before_hot", c.before_hot},
                    {"after_hot", c.after_hot}});
  }
  return rows;
}

void PrintJson(CliContext& context, const EdgeDiff& diff, const HotOverlap& overlap) {
  nlohmann::ordered_json json = {
      {"schema", "anneal.pgo.compare/1"}, {"gained", ChangesJson(diff.gained)},
      {"lost", ChangesJson(diff.lost)},   {"changed", ChangesJson(diff.changed)},
      {"unchanged", diff.unchanged},      {"hot_in_both", overlap.both},
      {"hot_in_either", overlap.either},  {"hot_weight_share", overlap.weight_share}};
  context.out << DumpJson(json) << "\n";
}

void PrintList(CliContext& context, std::string_view title, const std::vector<EdgeChange>& changes,
               size_t limit) {
  if (changes.empty()) return;
  size_t shown = limit == 0 ? changes.size() : std::min(limit, changes.size());
  context.out << fmt::format("\n{}\n", title);
  for (size_t i = 0; i < shown; ++i) {
    const EdgeChange& c = changes[i];
    std::string_view hot = c.before_hot == c.after_hot ? ""
                           : c.after_hot               ? " (now hot)"
                                                       : " (was hot)";
    context.out << fmt::format("  {:>6.2f} % {:>6.2f} %  {}:{:+} -> {}{}\n", 100 * c.before_share,
                               100 * c.after_share, c.caller, c.offset, c.callee, hot);
  }
  if (shown < changes.size()) {
    context.out << fmt::format("  showing {} of {}; --limit 0 for all\n", shown, changes.size());
  }
}

}  // namespace

CommandRun DefinePgoCompare(CLI::App& app, CliContext& context) {
  auto options = std::make_shared<Options>();
  app.add_option("BEFORE", options->before, "A profile; -: standard input")
      ->type_name("FILE")
      ->required();
  app.add_option("AFTER", options->after, "The profile to compare with it")
      ->type_name("FILE")
      ->required();
  app.add_option("--limit", options->limit, "Edges to list of each kind; 0: all")->type_name("N");
  app.add_flag("--json", options->json, "As JSON");
  return [options, &context] {
    Result<CallEdges> before = LoadEdges(context, options->before);
    if (!before.ok()) return FailPgo(context, before.status());
    Result<CallEdges> after = LoadEdges(context, options->after);
    if (!after.ok()) return FailPgo(context, after.status());
    EdgeDiff diff = DiffCallEdges(*before, *after);
    HotOverlap overlap = CompareHotEdges(*before, *after);
    if (options->json) {
      PrintJson(context, diff, overlap);
      return int{kExitOk};
    }
    context.out << fmt::format("{} edges before, {} after: {} gained, {} lost, {} changed\n",
                               before->edges.size(), after->edges.size(), diff.gained.size(),
                               diff.lost.size(), diff.changed.size());
    context.out << fmt::format("{} of {} hot edges in both, {:.1f} % of their weight\n",
                               overlap.both, overlap.either, 100 * overlap.weight_share);
    PrintList(context, "gained", diff.gained, options->limit);
    PrintList(context, "lost", diff.lost, options->limit);
    PrintList(context, "changed", diff.changed, options->limit);
    return int{kExitOk};
  };
}

}  // namespace anneal
