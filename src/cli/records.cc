// anneal records: what a server keeps of PGO, listed and deleted. docs/guide/page-api.md has the
// calls.
#include <fmt/chrono.h>

#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/commands.h"
#include "cli/exit_status.h"
#include "cli/query_flags.h"
#include "cli/server_flags.h"
#include "cli/text_table.h"
#include "collect/connect_call.h"

namespace anneal {
namespace {

using Json = nlohmann::ordered_json;

struct RecordsArgs {
  ServerFlags server;
  std::string service;
  std::vector<std::string> ids;
  bool json = false;
};

std::string RecordsPath(const std::string& service) {
  return "/anneal/v1/services/" + PercentEncode(service) + "/records";
}

Result<Json> Ask(std::string_view method, const std::string& path, const ServerAddress& server,
                 CliContext& context) {
  HttpRequest request{.method = std::string(method)};
  request.headers.Set("Accept", "application/json");
  ASSIGN_OR_RETURN(HttpResponse response,
                   AskServer(context.http, server, path, std::move(request)));
  Json answer = Json::parse(response.body, nullptr, false);
  if (!answer.is_object()) {
    return Error(Code::kUnknown, "{}: the answer is no JSON object (is this an anneal server?)",
                 server.url + path);
  }
  return answer;
}

// Text of a field that may be missing, or null, on the way there.
std::string TextAt(const Json& record, const char* pointer, std::string_view otherwise) {
  Json::json_pointer at(pointer);
  if (!record.contains(at) || !record[at].is_string()) return std::string(otherwise);
  return record[at].get<std::string>();
}

std::string TimeOf(const Json& record) {
  Json::json_pointer at("/time_unix_ns");
  if (!record.contains(at) || !record[at].is_number_integer()) return "-";
  auto seconds = static_cast<std::time_t>(record[at].get<int64_t>() / 1'000'000'000);
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(seconds));
}

int List(const RecordsArgs& args, CliContext& context) {
  constexpr std::string_view kCommand = "records list";
  Result<ServerAddress> server = ResolveServer(args.server, context);
  if (!server.ok()) return ReportUsage(context, kCommand, server.status());
  Result<Json> answer = Ask("GET", RecordsPath(args.service), *server, context);
  if (!answer.ok()) return ReportFailure(context, kCommand, answer.status());
  Json records = answer->value("records", Json::array());
  if (args.json) {
    context.out << records.dump(2, ' ', false, Json::error_handler_t::replace) << "\n";
    return kExitOk;
  }
  if (records.empty()) {
    context.err << fmt::format("no records of {}\n", args.service);
    return kExitOk;
  }
  TextTable table({{"ID"}, {"TIME"}, {"PGO"}, {"VERDICT"}});
  for (const Json& record : records) {
    table.AddRow({TextAt(record, "/id", "-"), TimeOf(record),
                  TextAt(record, "/builds/candidate/pgo", "-"),
                  TextAt(record, "/verdict/outcome", "not verified")});
  }
  context.out << table.Render();
  return kExitOk;
}

int Delete(const RecordsArgs& args, CliContext& context) {
  constexpr std::string_view kCommand = "records delete";
  Result<ServerAddress> server = ResolveServer(args.server, context);
  if (!server.ok()) return ReportUsage(context, kCommand, server.status());
  int status = kExitOk;
  for (const std::string& id : args.ids) {
    std::string path = RecordsPath(args.service) + "/" + PercentEncode(id);
    Result<Json> answer = Ask("DELETE", path, *server, context);
    if (answer.ok()) {
      context.out << fmt::format("deleted {} of {}\n", id, args.service);
      continue;
    }
    int failed = ReportFailure(context, kCommand, answer.status().Annotate(id));
    if (status == kExitOk) status = failed;
  }
  return status;
}

std::shared_ptr<RecordsArgs> AddRecordsFlags(CLI::App& app) {
  auto args = std::make_shared<RecordsArgs>();
  app.add_option("SERVICE", args->service, "service_name of the program")->required();
  AddServerFlags(app, args->server);
  return args;
}

CommandRun DefineList(CLI::App& app, CliContext& context) {
  auto args = AddRecordsFlags(app);
  app.add_flag("--json", args->json, "As JSON");
  return [args, &context] { return List(*args, context); };
}

CommandRun DefineDelete(CLI::App& app, CliContext& context) {
  auto args = AddRecordsFlags(app);
  app.add_option("ID", args->ids, "Records, as 'anneal records list' names them")->required();
  return [args, &context] { return Delete(*args, context); };
}

constexpr SubcommandRow kRows[] = {
    {.name = "list",
     .summary = "List a service's records, newest first",
     .details = "  anneal records list shop\n  anneal records list shop --json",
     .define = DefineList},
    {.name = "delete",
     .summary = "Delete records with their artefacts",
     .details = "Where the server has tokens it takes one with the right to admin.\n\n"
                "  anneal records delete shop 20261123T140000Z-1a2b3c4d5e6f",
     .define = DefineDelete},
};

}  // namespace

CommandRun DefineRecords(CLI::App& app, CliContext& context) {
  return DefineSubcommands(app, context, kRows);
}

}  // namespace anneal
