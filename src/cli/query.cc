// anneal query: asks an anneal or Pyroscope server, with profilecli's flags.
#include "cli/commands.h"
#include "cli/query_list.h"
#include "cli/query_merge.h"

namespace anneal {
namespace {

constexpr char kMergeDetails[] =
    R"(The merge of every profile that matches. --output says where it goes: 'console' is a table of the functions that cost most, 'pprof=FILE' a gzipped pprof file ('-' is standard output), 'raw' the message as the server sent it.

A file that exists is only replaced with --force. When nothing matches, no file is written and the exit status is 1; --allow-empty writes an empty one.

  anneal query merge --query='{service_name="ride-sharing-app"}' \
    --from=now-5m --output=pprof=./default.pgo
  go build -pgo=./default.pgo)";

constexpr char kGoPgoDetails[] =
    R"(As merge, with each stack cut down to the few leaf-most locations that Go's compiler looks at: files are smaller by 10 to 100 times.

  anneal query go-pgo --query='{service_name="app"}' --from=now-24h
  go build -pgo=./default.pgo)";

constexpr char kTopDetails[] =
    R"(Sums the values of each series in the window and lists the largest.

  anneal query top --from=now-24h
  anneal query top --label-names=pod --query='{service_name="app"}')";

// Subcommands of query bind to one of these and say which function runs.
struct QueryState {
  MergeArgs merge, go_pgo, functions;
  GoPgoTrim trim;
  int64_t max_nodes = 0;
  ListArgs profile_types, label_names, label_values, series, top;
  CommandRun run;
};

using State = std::shared_ptr<QueryState>;

// The state outlives the app's callbacks: DefineQuery's result holds it.
CLI::App* AddQuery(CLI::App& app, const std::string& name, const std::string& summary,
                   const std::string& details, QueryState* state, CommandRun run) {
  CLI::App* sub = app.add_subcommand(name, summary);
  sub->group("Commands");
  sub->footer(details);
  sub->callback([state, run = std::move(run)] { state->run = run; });
  return sub;
}

void AddOutputFlags(CLI::App& app, MergeArgs& args) {
  app.add_option("--output", args.output, "Where to: console, raw, or pprof=FILE")
      ->type_name("OUTPUT");
  app.add_flag("-f,--force", args.force, "Replace a file that exists");
  app.add_flag("--allow-empty", args.allow_empty, "An empty profile is no failure");
  app.add_flag("--json", args.json, "The console's table as JSON");
  app.add_option("--limit", args.limit, "Functions on the console, 0 for all")->type_name("N");
}

void AddMergeFlags(CLI::App& app, MergeArgs& args) {
  AddSelectorFlag(app, args.query);
  AddProfileTypeFlag(app, args.query);
  AddOutputFlags(app, args);
  AddWindowFlags(app, args.query);
}

void DefineMerge(CLI::App& app, QueryState* state, CliContext& context) {
  MergeArgs& args = state->merge;
  args.output = "console";
  CLI::App* sub = AddQuery(app, "merge", "Merge the profiles of a window into one", kMergeDetails,
                           state, [state, &context] {
                             if (state->max_nodes > 0) state->merge.max_nodes = state->max_nodes;
                             return RunMerge(state->merge, "query merge", context);
                           });
  sub->alias("profile");
  AddMergeFlags(*sub, args);
  sub->add_option("--stacktrace-selector", args.call_site,
                  "Only stacks that begin with this function; repeat it, root first")
      ->type_name("FUNCTION")
      ->allow_extra_args(false);
  sub->add_flag("--rejoin-truncated", args.rejoin_truncated,
                "Put back what Go's runtime cut off deep stacks, where others show how they go on");
  sub->add_option("--max-nodes", state->max_nodes,
                  "Fold the smallest parts of the call tree until so many nodes are left; 0: none")
      ->type_name("N")
      ->check(CLI::Validator(CLI::NonNegativeNumber).description(""));
}

void DefineGoPgo(CLI::App& app, QueryState* state, CliContext& context) {
  MergeArgs& args = state->go_pgo;
  args.output = "pprof=./default.pgo";
  CLI::App* sub = AddQuery(app, "go-pgo", "Make the default.pgo that go build takes", kGoPgoDetails,
                           state, [state, &context] {
                             state->go_pgo.go_pgo = state->trim;
                             return RunMerge(state->go_pgo, "query go-pgo", context);
                           });
  AddMergeFlags(*sub, args);
  sub->add_option("--keep-locations", state->trim.keep_locations,
                  "Leaf-most locations of each stack to keep, 0 for all")
      ->type_name("N");
  sub->add_flag("--aggregate-callees,!--no-aggregate-callees", state->trim.aggregate_callees,
                "Merge samples that differ only in the leaf's line, which the compiler does not "
                "look at (on unless switched off)");
}

void DefineFunctions(CLI::App& app, QueryState* state, CliContext& context) {
  MergeArgs& args = state->functions;
  args.output = "console";
  CLI::App* sub = AddQuery(
      app, "functions", "List the functions that cost most",
      "  anneal query functions --query='{service_name=\"app\"}' --limit=50", state,
      [state, &context] { return RunMerge(state->functions, "query functions", context); });
  AddSelectorFlag(*sub, args.query);
  AddProfileTypeFlag(*sub, args.query);
  sub->add_flag("--json", args.json, "As JSON");
  sub->add_option("--limit", args.limit, "Functions to list, 0 for all")->type_name("N");
  AddWindowFlags(*sub, args.query);
}

// A subcommand that lists names; `args` must be a member of `state`.
CLI::App* DefineList(CLI::App& app, QueryState* state, ListArgs& args, const std::string& name,
                     const std::string& summary, const std::string& details,
                     int (*run)(const ListArgs&, CliContext&), CliContext& context) {
  CLI::App* sub = AddQuery(app, name, summary, details, state,
                           [run, &args, &context] { return run(args, context); });
  sub->add_flag("--json", args.json, "As JSON");
  return sub;
}

void DefineLists(CLI::App& app, QueryState* state, CliContext& context) {
  CLI::App* types =
      DefineList(app, state, state->profile_types, "profile-types", "List what has been measured",
                 "  anneal query profile-types --from=now-24h", RunProfileTypes, context);
  AddWindowFlags(*types, state->profile_types.query);

  CLI::App* names =
      DefineList(app, state, state->label_names, "label-names", "List the names of labels",
                 "  anneal query label-names", RunLabelNames, context);
  AddSelectorFlag(*names, state->label_names.query);
  AddWindowFlags(*names, state->label_names.query);

  CLI::App* values =
      DefineList(app, state, state->label_values, "label-values", "List the values of a label",
                 "  anneal query label-values service_name", RunLabelValues, context);
  values->add_option("NAME", state->label_values.label, "The label")->required();
  AddSelectorFlag(*values, state->label_values.query);
  AddWindowFlags(*values, state->label_values.query);

  CLI::App* series =
      DefineList(app, state, state->series, "series", "List label sets",
                 "  anneal query series --label-names=service_name,pod", RunSeries, context);
  series->add_option("--label-names", state->series.label_names, "Show only these labels")
      ->type_name("NAME,...")
      ->delimiter(',')
      ->allow_extra_args(false);
  AddSelectorFlag(*series, state->series.query);
  AddWindowFlags(*series, state->series.query);

  state->top.label_names = {"service_name"};
  CLI::App* top = DefineList(app, state, state->top, "top", "List the series that cost most",
                             kTopDetails, RunTop, context);
  top->add_option("--label-names", state->top.label_names, "Labels to sum by")
      ->type_name("NAME,...")
      ->delimiter(',')
      ->allow_extra_args(false);
  top->add_option("--limit", state->top.limit, "Series to list, 0 for all")->type_name("N");
  AddSelectorFlag(*top, state->top.query);
  AddProfileTypeFlag(*top, state->top.query);
  AddWindowFlags(*top, state->top.query);
}

}  // namespace

CommandRun DefineQuery(CLI::App& app, CliContext& context) {
  State state = std::make_shared<QueryState>();
  DefineMerge(app, state.get(), context);
  DefineGoPgo(app, state.get(), context);
  DefineFunctions(app, state.get(), context);
  DefineLists(app, state.get(), context);
  app.require_subcommand(1, 1);
  return [state] { return state->run(); };
}

}  // namespace anneal
