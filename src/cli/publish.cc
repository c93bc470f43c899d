#include "cli/publish.h"

#include <absl/strings/escaping.h>

#include <nlohmann/json.hpp>

#include "api/decisions_json.h"
#include "base/substitute.h"
#include "build_info.h"
#include "cli/command.h"
#include "cli/go_build.h"
#include "cli/json_output.h"
#include "cli/server_flags.h"
#include "pgo/edge_outcome.h"
#include "profile/compress.h"
#include "profile/pprof.h"
#include "verify/verdict_json.h"

namespace anneal {
namespace {

using nlohmann::ordered_json;

constexpr std::string_view kPublishCall = "/anneal/v1/publish";
// The rest of the hot set weighs next to nothing, and the page shows a list.
constexpr size_t kMaxEdges = 2'000;
constexpr int64_t kNsPerMs = 1'000'000;

std::string Base64(std::string_view bytes) {
  return absl::Base64Escape(absl::string_view(bytes.data(), bytes.size()));
}

std::string Dump(const ordered_json& json) { return DumpJsonLine(json); }

ordered_json NewRecord(std::string_view service, int64_t time_ns) {
  return {{"format", "anneal-publish"},
          {"version", 1},
          {"service", service},
          {"time_unix_ns", time_ns},
          {"tool_version", kVersion}};
}

ordered_json CompilerJson(const Decisions& d) {
  return {{"packages", d.packages},
          {"inlined", d.Count(DecisionKind::kInlined)},
          {"devirtualised", d.Count(DecisionKind::kDevirtualisedInterface) +
                                d.Count(DecisionKind::kDevirtualisedFunction)},
          {"inlined_sites", d.inlined_sites},
          {"hot_functions", d.hot_functions},
          {"refused_big", d.refused_big},
          {"threshold_percent", d.threshold_percent}};
}

ordered_json EdgesJson(const std::vector<ExplainedEdge>& edges) {
  ordered_json rows = ordered_json::array();
  for (const ExplainedEdge& e : edges) {
    rows.push_back({{"caller", e.edge.caller},
                    {"callee", e.edge.callee},
                    {"line", e.line},
                    {"offset", e.edge.offset},
                    {"weight", e.edge.weight},
                    {"share", e.share},
                    {"outcome", EdgeOutcomeName(e.outcome)},
                    {"why", e.why},
                    {"position", e.position}});
  }
  return rows;
}

// `pgo` may be a path: of that the name alone, the rest is of no use elsewhere.
ordered_json BuildJson(const RunRecord& run, ArmId arm, std::string_view pgo) {
  ordered_json build = {{"pgo", pgo.substr(pgo.rfind('/') + 1)}};
  auto index = static_cast<size_t>(arm);
  if (index < run.arms.size() && !run.arms[index].sha256.empty()) {
    build["sha256"] = run.arms[index].sha256;
    build["bytes"] = run.arms[index].binary_bytes;
    if (!run.arms[index].build_id.empty()) build["build_id"] = run.arms[index].build_id;
  }
  return build;
}

// "off" or the profile's path, as the binary itself says; empty when it is not Go's.
std::string PgoOf(const CliContext& context, const RunRecord& run, ArmId arm) {
  auto index = static_cast<size_t>(arm);
  if (index >= run.arms.size() || run.arms[index].sha256.empty()) return "";
  Result<GoBuildInfo> info = ReadGoBuildInfo(context.process, run.arms[index].binary);
  if (!info.ok()) return "";
  std::string path = info->Pgo();
  return path.empty() ? "off" : path;
}

std::string ToolchainOf(const CliContext& context, const std::string& binary) {
  Result<GoBuildInfo> info = ReadGoBuildInfo(context.process, binary);
  return info.ok() ? info->go_version : "";
}

ordered_json ArtefactJson(const LoopRun& run, const LoopTurn& turn, std::string_view bytes) {
  return {{"data", Base64(bytes)},
          {"samples", turn.report.samples},
          {"grade", SampleGradeName(turn.report.grade)},
          {"edges", turn.report.edges.edges.size()},
          {"hot_edges", turn.report.hot.count},
          {"profile_bytes", turn.profile_bytes},
          {"profile_type", run.config.profiling.profile_type},
          {"selector", fmt::format("{{service_name=\"{}\"}}", run.config.service)},
          {"window",
           {{"from", turn.profiling.start_ns / kNsPerMs},
            {"until", turn.profiling.end_ns / kNsPerMs + 1}}},
          {"cpu_seconds", turn.profiling.cpu_seconds},
          {"requests", turn.profiling.load.requests}};
}

}  // namespace

void AddPublishFlags(CLI::App& app, PublishFlags& flags) {
  app.add_option("--publish", flags.url,
                 "Server that keeps artefact, decisions and verdict for its page")
      ->type_name("URL");
  app.add_option("--publish-token-file", flags.token_file,
                 "File with a token that may write there (else env ANNEAL_TOKEN)")
      ->type_name("FILE");
}

void AddVerdictPublishFlags(CLI::App& app, PublishFlags& flags) {
  AddPublishFlags(app, flags);
  app.add_option("--service", flags.service, "With --publish: service_name of the program")
      ->type_name("NAME");
  app.add_option("--artefact", flags.artefact,
                 "With --publish: the default.pgo that the candidate was built with")
      ->type_name("FILE");
}

Result<ServerAddress> PublishAddress(const PublishFlags& flags, const CliContext& context) {
  ServerFlags server;
  server.url = flags.url;
  server.token_file = flags.token_file;
  server.token_file_name = "--publish-token-file";
  return ResolveServer(server, context);
}

Result<std::string> PublishRecord(Http& http, const ServerAddress& server,
                                  const std::string& record) {
  HttpRequest request;
  request.method = "POST";
  request.headers.Set("Content-Type", "application/json");
  request.headers.Set("Content-Encoding", "gzip");
  request.body = Gzip(record);
  ASSIGN_OR_RETURN(HttpResponse response,
                   AskServer(http, server, kPublishCall, std::move(request)));
  ordered_json answer = ordered_json::parse(response.body, nullptr, false);
  if (!answer.is_object() || !answer.contains("id") || !answer["id"].is_string()) {
    return Error(Code::kUnknown, "{}: the answer is no record's id (is this an anneal server?)",
                 server.url + std::string(kPublishCall));
  }
  return answer["id"].get<std::string>();
}

Result<std::string> TurnRecord(const LoopRun& run, const LoopTurn& turn) {
  CliContext& context = run.context;
  ASSIGN_OR_RETURN(std::string artefact, context.fs.ReadFile(turn.candidate_pgo));
  ASSIGN_OR_RETURN(Profile profile, DecodePprof(artefact));
  ASSIGN_OR_RETURN(std::vector<ExplainedEdge> edges,
                   ExplainHotEdges(profile, turn.decisions_after, kMaxEdges));
  ordered_json record = NewRecord(run.config.service, context.clock.NowNs());
  record["toolchain"] = ToolchainOf(context, turn.candidate_binary);
  record["turn"] = turn.number;
  record["kept"] = turn.kept;
  record["reason"] = turn.reason;
  record["artefact"] = ArtefactJson(run, turn, artefact);
  const RunRecord& measured = turn.verdict.run;
  record["builds"] = {{"baseline", BuildJson(measured, ArmId::kBaseline, turn.baseline_pgo)},
                      {"candidate", BuildJson(measured, ArmId::kCandidate, turn.pgo_setting)}};
  record["compiler"] = CompilerJson(turn.decisions_after);
  record["decisions"] = DecisionsJson(turn.decisions_after.decisions);
  record["edges"] = EdgesJson(edges);
  record["verdict"] = ordered_json::parse(EncodeVerdict(turn.verdict));
  record["commands"] = {
      {"build", Substitute(run.config.build,
                           {{"pgo", "default.pgo"}, {"out", ShellWord(run.config.service)}})},
      {"loop", "anneal loop --config anneal.yaml"},
      {"verify", "anneal verify --from verdict.json"}};
  return Dump(record);
}

Result<std::string> VerdictRecord(const Verdict& verdict, const PublishFlags& flags,
                                  const CliContext& context) {
  ordered_json record = NewRecord(flags.service, context.clock.NowNs());
  if (!flags.artefact.empty()) {
    ASSIGN_OR_RETURN(std::string bytes, context.fs.ReadFile(flags.artefact));
    record["artefact"] = {{"data", Base64(bytes)}};
  }
  record["builds"] = {{"baseline", BuildJson(verdict.run, ArmId::kBaseline,
                                             PgoOf(context, verdict.run, ArmId::kBaseline))},
                      {"candidate", BuildJson(verdict.run, ArmId::kCandidate,
                                              PgoOf(context, verdict.run, ArmId::kCandidate))}};
  record["verdict"] = ordered_json::parse(EncodeVerdict(verdict));
  return Dump(record);
}

}  // namespace anneal
