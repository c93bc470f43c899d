#include "cli/query_merge.h"

#include <nlohmann/json.hpp>
#include <ostream>

#include "base/units.h"
#include "cli/exit_status.h"
#include "cli/json_output.h"
#include "cli/named_file.h"
#include "cli/text_table.h"
#include "cli/top_functions.h"
#include "profile/compress.h"
#include "profile/pprof.h"

namespace anneal {
namespace {

// Where the profile goes.
struct Output {
  enum class Kind { kConsole, kRaw, kPprof } kind = Kind::kConsole;
  std::string path;  // kPprof; "-": standard output
};

Result<Output> ParseOutput(const std::string& text) {
  if (text == "console") return Output{};
  if (text == "raw") return Output{.kind = Output::Kind::kRaw};
  if (text.starts_with("pprof=") && text.size() > 6) {
    return Output{.kind = Output::Kind::kPprof, .path = text.substr(6)};
  }
  return InvalidArgument("--output '{}': write console, raw or pprof=FILE", text);
}

std::string UnitOf(const Profile& profile) {
  return profile.sample_types.empty() ? ""
                                      : std::string(profile.Text(profile.sample_types[0].unit));
}

bool IsCpu(const Profile& profile) {
  return profile.FindSampleType("cpu", "nanoseconds") >= 0 ||
         profile.FindSampleType("samples", "count") >= 0;
}

// "38.20s of cpu in 412 stacks".
std::string Amount(const Profile& profile, const FunctionCosts& costs) {
  std::string type = profile.sample_types.empty()
                         ? "nothing"
                         : std::string(profile.Text(profile.sample_types[0].type));
  return fmt::format("{} of {} in {} stacks", ValueText(double(costs.total), UnitOf(profile)), type,
                     profile.SampleCount());
}

void PrintTable(const MergeArgs& args, const Profile& profile, const FunctionCosts& costs,
                CliContext& context) {
  using Align = TextTable::Align;
  std::string unit = UnitOf(profile);
  auto share = [&](int64_t value) {
    return costs.total == 0 ? ""
                            : fmt::format("{:.1f}%", 100.0 * double(value) / double(costs.total));
  };
  TextTable table({{"SELF", Align::kRight},
                   {"SELF%", Align::kRight},
                   {"TOTAL", Align::kRight},
                   {"TOTAL%", Align::kRight},
                   {"FUNCTION"}});
  size_t shown =
      args.limit == 0 ? costs.functions.size() : std::min(args.limit, costs.functions.size());
  for (const FunctionCost& f : std::span(costs.functions).first(shown)) {
    table.AddRow({ValueText(double(f.self), unit), share(f.self), ValueText(double(f.total), unit),
                  share(f.total), f.name});
  }
  context.out << table.Render();
  context.err << Amount(profile, costs);
  if (shown < costs.functions.size()) {
    context.err << fmt::format("; showing {} of {} functions, --limit 0 for all", shown,
                               costs.functions.size());
  }
  context.err << "\n";
}

void PrintJson(const MergeArgs& args, const Profile& profile, const FunctionCosts& costs,
               CliContext& context) {
  nlohmann::ordered_json json = {{"profile_type", args.query.profile_type},
                                 {"query", args.query.query},
                                 {"unit", UnitOf(profile)},
                                 {"total", costs.total},
                                 {"stacks", profile.SampleCount()},
                                 {"functions_total", costs.functions.size()},
                                 {"functions", nlohmann::ordered_json::array()}};
  size_t shown =
      args.limit == 0 ? costs.functions.size() : std::min(args.limit, costs.functions.size());
  for (const FunctionCost& f : std::span(costs.functions).first(shown)) {
    json["functions"].push_back({{"name", f.name}, {"self", f.self}, {"total", f.total}});
  }
  context.out << DumpJson(json) << "\n";
}

// Says what an empty answer may be due to: what the server does hold in that window.
void ExplainEmpty(const MergeArgs& args, std::string_view command, ProfileClient& client,
                  const QueryWindow& window, CliContext& context) {
  context.err << fmt::format("anneal {}: no profiles: {} of type {} from {}\n", command,
                             args.query.query, args.query.profile_type, WindowText(window));
  Result<std::vector<std::string>> services = client.LabelValues("service_name", window, {});
  Result<std::vector<ProfileTypeInfo>> types = client.ProfileTypes(window);
  if (!services.ok() || !types.ok()) return;
  if (services->empty()) {
    context.err << "The server has no profiles in this window at all; try an earlier --from.\n";
    return;
  }
  constexpr size_t kShown = 10;
  auto list = [&](std::string_view title, const std::vector<std::string>& names) {
    size_t shown = std::min(kShown, names.size());
    context.err << fmt::format("{}: {}", title, fmt::join(std::span(names).first(shown), ", "));
    if (shown < names.size()) context.err << fmt::format(" and {} more", names.size() - shown);
    context.err << "\n";
  };
  std::vector<std::string> ids;
  for (const ProfileTypeInfo& type : *types) ids.push_back(type.id);
  list("services in this window", *services);
  list("profile types in this window", ids);
}

// go build refuses a profile in which no function has a start line.
bool HasStartLines(const Profile& profile) {
  return std::any_of(profile.functions.begin(), profile.functions.end(),
                     [](const Function& function) { return function.start_line != 0; });
}

Status WritePprof(const MergeArgs& args, const std::string& path, const std::string& bytes,
                  CliContext& context) {
  return WriteOutput(context, path, Gzip(bytes), OverwriteIf(args.force));
}

void PrintWritten(const std::string& path, const Profile& profile, CliContext& context) {
  if (profile.SampleCount() == 0) {
    context.err << fmt::format("wrote {}: an empty profile\n", path);
    return;
  }
  context.err << fmt::format("wrote {}: {}\n", path, Amount(profile, TopFunctions(profile, 0)));
  if (!IsCpu(profile)) {
    context.err << fmt::format("next: go tool pprof {}\n", path);
  } else if (!HasStartLines(profile)) {
    context.err << "warning: no function has a start line, so go build will not take this profile; "
                   "it was made by another language or an old tool\n";
  } else {
    context.err << fmt::format("next: go build -pgo={}\n", path);
  }
}

// What was merged, decoded; and the bytes it came in.
int Deliver(const MergeArgs& args, const Output& output, std::string_view command,
            const std::string& bytes, CliContext& context) {
  // No message at all is a profile of nothing; go build takes such a file for the same.
  Result<Profile> profile = bytes.empty() ? Profile{} : DecodePprof(bytes);
  if (!profile.ok()) {
    return ReportFailure(context, command, profile.status().Annotate("the server's profile"));
  }
  if (output.kind == Output::Kind::kRaw) {
    context.out << bytes;
    return kExitOk;
  }
  if (output.kind == Output::Kind::kPprof) {
    Status written = WritePprof(args, output.path, bytes, context);
    if (!written.ok()) return ReportFailure(context, command, written);
    PrintWritten(output.path, *profile, context);
    return kExitOk;
  }
  FunctionCosts costs;
  if (!profile->sample_types.empty()) costs = TopFunctions(*profile, 0);
  (args.json ? PrintJson : PrintTable)(args, *profile, costs, context);
  return kExitOk;
}

// An empty merge decodes to a profile without samples.
bool IsEmpty(const std::string& bytes) {
  if (bytes.empty()) return true;
  Result<Profile> profile = DecodePprof(bytes);
  return profile.ok() && profile->SampleCount() == 0;
}

}  // namespace

int RunMerge(const MergeArgs& args, std::string_view command, CliContext& context) {
  Result<Output> output = ParseOutput(args.output);
  if (!output.ok()) return ReportUsage(context, command, output.status());
  Result<QueryWindow> window = ResolveWindow(args.query, context);
  if (!window.ok()) return ReportUsage(context, command, window.status());
  Result<ServerAddress> server = ResolveServer(args.query.server, context);
  if (!server.ok()) return ReportUsage(context, command, server.status());
  if (output->kind == Output::Kind::kPprof) {
    const Status free = CheckOutput(context, output->path, OverwriteIf(args.force));
    if (!free.ok()) return ReportFailure(context, command, free);
  }
  ProfileClient client(context.http, *server);
  Result<std::string> bytes = client.Merge({.profile_type = args.query.profile_type,
                                            .selector = args.query.query,
                                            .window = *window,
                                            .max_nodes = args.max_nodes,
                                            .call_site = args.call_site,
                                            .go_pgo = args.go_pgo,
                                            .rejoin_truncated = args.rejoin_truncated});
  if (!bytes.ok()) return ReportFailure(context, command, bytes.status());
  if (IsEmpty(*bytes) && !args.allow_empty) {
    ExplainEmpty(args, command, client, *window, context);
    return kExitFailed;
  }
  return Deliver(args, *output, command, *bytes, context);
}

}  // namespace anneal
