// anneal store: look after the embedded store's files.
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <ostream>
#include <set>

#include "api/deletion.h"
#include "base/units.h"
#include "cli/commands.h"
#include "cli/exit_status.h"
#include "cli/json_output.h"
#include "cli/named_file.h"
#include "cli/server_flags.h"
#include "cli/store_stats.h"
#include "server/config.h"
#include "server/store_stats.h"
#include "store/document_export.h"
#include "store/embedded.h"
#include "store/export.h"

namespace anneal {
namespace {

int Fail(CliContext& context, const Status& status) {
  context.err << fmt::format("anneal store: {}\n", status.message());
  return ExitStatusOf(status);
}

std::shared_ptr<std::string> AddData(CLI::App& app, CliContext& context) {
  std::string configured = context.env("ANNEAL_DATA");
  if (configured.empty()) configured = DefaultDataDir(context.env);
  auto data = std::make_shared<std::string>(std::move(configured));
  app.add_option("--data", *data, "Directory of the store")->type_name("DIR");
  return data;
}

EmbeddedOptions ReadOnly(const std::string& directory) {
  EmbeddedOptions options;
  options.directory = directory;
  options.read_only = true;
  options.create = false;
  return options;
}

CommandRun DefineStoreVerify(CLI::App& app, CliContext& context) {
  auto data = AddData(app, context);
  auto json = std::make_shared<bool>(false);
  app.add_flag("--json", *json, "As JSON");
  return [data, json, &context] {
    Result<VerifyReport> report = VerifyEmbedded(ReadOnly(*data));
    if (!report.ok()) return Fail(context, report.status());
    if (*json) {
      nlohmann::ordered_json out = {{"profiles", report->profiles},
                                    {"series", report->series},
                                    {"symbols", report->symbols},
                                    {"documents", report->documents},
                                    {"problems", report->problems}};
      context.out << DumpJson(out) << "\n";
    } else {
      for (const std::string& problem : report->problems) context.out << problem << "\n";
      context.out << fmt::format(
          "{}: {} profiles, {} series, {} symbols, {} documents read, {}\n", *data,
          report->profiles, report->series, report->symbols, report->documents,
          report->problems.empty() ? "nothing wrong"
                                   : fmt::format("{} problems", report->problems.size()));
    }
    return report->problems.empty() ? int{kExitOk} : int{kExitFailed};
  };
}

Result<StoreStats> StatsOfDirectory(const std::string& data) {
  ASSIGN_OR_RETURN(const std::unique_ptr<Store> store, OpenEmbedded(ReadOnly(data)));
  return store->Stats();
}

// Of a running server's store, by its admin call.
Result<StoreStats> StatsOfServer(const ServerFlags& flags, CliContext& context) {
  ASSIGN_OR_RETURN(const ServerAddress server, ResolveServer(flags, context));
  ASSIGN_OR_RETURN(const std::string answer,
                   JsonGet(context.http, server, "/anneal/v1/admin/stats"));
  Result<StoreStats> stats = ParseStatsJson(answer);
  if (stats.ok()) return stats;
  return Error(Code::kUnknown, "{} does not say what is stored; is it an anneal?", server.url);
}

CommandRun DefineStoreStats(CLI::App& app, CliContext& context) {
  auto data = AddData(app, context);
  auto json = std::make_shared<bool>(false);
  auto flags = std::make_shared<ServerFlags>();
  AddServerFlags(app, *flags);
  app.get_option("--data")->excludes(app.get_option("--url"));
  app.add_flag("--json", *json, "As JSON");
  return [data, json, flags, &context] {
    const Result<StoreStats> stats =
        flags->url.empty() ? StatsOfDirectory(*data) : StatsOfServer(*flags, context);
    if (!stats.ok()) return Fail(context, stats.status());
    if (*json) {
      context.out << DumpJson(StatsJson(*stats)) << "\n";
    } else {
      PrintStats(context.out, *stats);
    }
    return int{kExitOk};
  };
}

struct ExportOptions {
  std::string data, query = "{}", from = "0", to = "now", tenant, output = "-";
  bool force = false;
};

// One selection per tenant, in order of name.
Result<std::vector<Selection>> Select(const ExportOptions& options, Store& store, int64_t now_ns) {
  ASSIGN_OR_RETURN(Selection selection,
                   ParseSelection(options.query, options.from, options.to, now_ns));
  std::vector<Selection> selections;
  for (std::string& tenant : store.Tenants()) {
    if (!options.tenant.empty() && tenant != options.tenant) continue;
    selection.tenant = std::move(tenant);
    selections.push_back(selection);
  }
  return selections;
}

// Profiles, then documents: those of the tenants that are exported, unless only some profiles are
// asked for.
Result<ExportCounts> ExportAll(Store& store, std::span<const Selection> selections,
                               const ExportOptions& options, std::ostream& out) {
  ASSIGN_OR_RETURN(ExportCounts counts, ExportProfiles(store, selections, out));
  if (options.query != "{}" || options.from != "0" || options.to != "now") return counts;
  std::set<std::string> tenants;
  ASSIGN_OR_RETURN(std::vector<DocumentInfo> documents, store.Documents(options.tenant, {}));
  for (const DocumentInfo& info : documents) tenants.insert(info.name.tenant);
  const std::vector<std::string> names(tenants.begin(), tenants.end());
  ASSIGN_OR_RETURN(DocumentCounts exported, ExportDocuments(store, names, out));
  counts.documents = exported.documents;
  counts.bytes += exported.bytes;
  return counts;
}

Result<ExportCounts> ImportAll(Store& store, std::istream& in) {
  ASSIGN_OR_RETURN(ExportCounts counts, ImportProfiles(store, in));
  ASSIGN_OR_RETURN(DocumentCounts imported, ImportDocuments(store, in));
  counts.documents = imported.documents;
  counts.bytes += imported.bytes;
  return counts;
}

std::string Describe(const ExportCounts& counts) {
  return fmt::format("{} profiles, {} documents, {}\n", counts.profiles, counts.documents,
                     HumanBytes(counts.bytes));
}

// Exports can exceed memory, so they are streamed: into a file beside the output, which takes the
// output's name when it is complete.
Result<ExportCounts> ExportToFile(Store& store, std::span<const Selection> selections,
                                  const ExportOptions& options) {
  const std::string partial = options.output + ".partial";
  std::ofstream file(partial, std::ios::binary | std::ios::trunc);
  if (!file) return Error(Code::kUnavailable, "{} cannot be written", partial);
  Result<ExportCounts> counts = ExportAll(store, selections, options, file);
  file.close();
  std::error_code error;
  if (counts.ok() && !file.good()) counts = Error(Code::kUnavailable, "{} is not whole", partial);
  if (counts.ok()) {
    std::filesystem::rename(partial, options.output, error);
    if (error) {
      return Error(Code::kUnavailable, "{} cannot be renamed to {}: {}", partial, options.output,
                   error.message());
    }
    return counts;
  }
  std::filesystem::remove(partial, error);
  return counts;
}

CommandRun DefineStoreExport(CLI::App& app, CliContext& context) {
  auto data = AddData(app, context);
  auto options = std::make_shared<ExportOptions>();
  app.add_option("--query", options->query, "Which profiles")->type_name("SELECTOR");
  app.add_option("--from", options->from, "From when on; 0: the beginning")->type_name("TIME");
  app.add_option("--to", options->to, "Until when")->type_name("TIME");
  app.add_option("--tenant-id", options->tenant, "Of one tenant only")->type_name("ID");
  app.add_option("-o,--output", options->output, "The export; -: standard output")
      ->type_name("FILE");
  app.add_flag("-f,--force", options->force, "Overwrite the output");
  return [data, options, &context] {
    const Status free = CheckOutput(context, options->output, OverwriteIf(options->force));
    if (!free.ok()) return Fail(context, free);
    Result<std::unique_ptr<Store>> store = OpenEmbedded(ReadOnly(*data));
    if (!store.ok()) return Fail(context, store.status());
    Result<std::vector<Selection>> selections = Select(*options, **store, context.clock.NowNs());
    if (!selections.ok()) return Fail(context, selections.status());
    const bool to_stdout = options->output == "-";
    Result<ExportCounts> counts = to_stdout ? ExportAll(**store, *selections, *options, context.out)
                                            : ExportToFile(**store, *selections, *options);
    if (!counts.ok()) return Fail(context, counts.status());
    context.err << Describe(*counts);
    return int{kExitOk};
  };
}

CommandRun DefineStoreImport(CLI::App& app, CliContext& context) {
  auto data = AddData(app, context);
  auto input = std::make_shared<std::string>("-");
  app.add_option("FILE", *input, "An export; - or none: standard input")->type_name("FILE");
  return [data, input, &context] {
    std::ifstream file;  // first: without it no store is made
    if (*input != "-") {
      file.open(*input, std::ios::binary);
      if (!file) return Fail(context, Error(Code::kNotFound, "{} cannot be read", *input));
    }
    EmbeddedOptions options;
    options.directory = *data;
    Result<std::unique_ptr<Store>> store = OpenEmbedded(options);
    if (!store.ok()) return Fail(context, store.status());
    Result<ExportCounts> counts = ImportAll(**store, *input == "-" ? context.in : file);
    if (!counts.ok()) return Fail(context, counts.status());
    context.out << Describe(*counts);
    return int{kExitOk};
  };
}

Status BackUpDirectory(const std::string& data, const std::string& target) {
  EmbeddedOptions options;
  options.directory = data;
  options.create = false;
  ASSIGN_OR_RETURN(const std::unique_ptr<Store> store, OpenEmbedded(options));
  return store->Backup(target);
}

// --data for a directory, or --url for a server (which ANNEAL_URL can name too).
void AddDirectoryOrServer(CLI::App& app, ServerFlags& flags) {
  flags.timeout = "1h";
  AddServerFlags(app, flags);
  app.get_option("--url")->default_str("")->excludes("--data");
}

// The server that is asked; empty: the directory. A directory that is named wins over ANNEAL_URL.
std::string UrlUnlessData(const CLI::App& app, const ServerFlags& flags,
                          const CliContext& context) {
  return app.count("--data") > 0 ? "" : AskedUrl(flags, context);
}

// A running server's store, by its admin call; the directory that it made.
Result<std::string> BackUpServer(const ServerFlags& flags, const std::string& name,
                                 CliContext& context) {
  ASSIGN_OR_RETURN(const ServerAddress server, ResolveServer(flags, context));
  ASSIGN_OR_RETURN(const std::string answer,
                   JsonCall(context.http, server, "/anneal/v1/admin/backup",
                            DumpJsonLine(nlohmann::json({{"name", name}}))));
  const nlohmann::json json = nlohmann::json::parse(answer, nullptr, false);
  if (!json.is_object() || !json.contains("directory") || !json["directory"].is_string()) {
    return Error(Code::kUnknown, "{} does not say what it made; is it an anneal?", server.url);
  }
  return json["directory"].get<std::string>();
}

CommandRun DefineStoreBackup(CLI::App& app, CliContext& context) {
  auto data = AddData(app, context);
  auto target = std::make_shared<std::string>();
  auto flags = std::make_shared<ServerFlags>();
  AddDirectoryOrServer(app, *flags);
  app.add_option("DIR", *target, "A directory to make; with --url a name below the server's own")
      ->type_name("DIR")
      ->required();
  return [&app, data, target, flags, &context] {
    std::string from = *data, made = *target;
    const std::string url = UrlUnlessData(app, *flags, context);
    Status status;
    if (url.empty()) {
      status = BackUpDirectory(from, made);
    } else {
      const Result<std::string> directory = BackUpServer(*flags, made, context);
      status = directory.status();
      from = url;
      if (directory.ok()) made = *directory;
    }
    if (!status.ok()) return Fail(context, status);
    context.out << fmt::format("{} is backed up to {}, every record read and checked\n", from,
                               made);
    return int{kExitOk};
  };
}

CommandRun DefineStoreRestore(CLI::App& app, CliContext& context) {
  auto backup = std::make_shared<std::string>(), target = std::make_shared<std::string>();
  app.add_option("BACKUP", *backup, "What `anneal store backup` made")
      ->type_name("BACKUP")
      ->required();
  app.add_option("DIR", *target, "The store's directory; new or empty")
      ->type_name("DIR")
      ->required();
  return [backup, target, &context] {
    Status status = RestoreEmbedded(*backup, *target);
    if (!status.ok()) return Fail(context, status);
    context.out << fmt::format("{} is restored from {}, every record read and checked\n", *target,
                               *backup);
    return int{kExitOk};
  };
}

struct DeleteOptions {
  ExportOptions selected;
  ServerFlags server;
  bool dry_run = false;
};

// Of the store in a directory, which no server must be using unless it is a dry run.
Result<uint64_t> DeleteInDirectory(const std::string& data, const DeleteOptions& options,
                                   int64_t now_ns) {
  EmbeddedOptions open;
  open.directory = data;
  open.create = false;
  open.read_only = options.dry_run;
  ASSIGN_OR_RETURN(const std::unique_ptr<Store> store, OpenEmbedded(open));
  ASSIGN_OR_RETURN(const std::vector<Selection> selections,
                   Select(options.selected, *store, now_ns));
  return DeleteAll(*store, selections, options.dry_run ? Deleting::kDryRun : Deleting::kForReal);
}

// Of a running server's store, by its admin call.
Result<uint64_t> DeleteAtServer(const DeleteOptions& options, CliContext& context) {
  ASSIGN_OR_RETURN(const ServerAddress server, ResolveServer(options.server, context));
  nlohmann::json request = {{"query", options.selected.query},
                            {"from", options.selected.from},
                            {"to", options.selected.to},
                            {"dry_run", options.dry_run}};
  if (!server.tenant.empty()) request["tenant"] = server.tenant;
  ASSIGN_OR_RETURN(
      const std::string answer,
      JsonCall(context.http, server, "/anneal/v1/admin/delete", DumpJsonLine(request)));
  const nlohmann::json json = nlohmann::json::parse(answer, nullptr, false);
  if (!json.is_object() || !json.contains("profiles") || !json["profiles"].is_number_unsigned()) {
    return Error(Code::kUnknown, "{} does not say what it deleted; is it an anneal?", server.url);
  }
  return json["profiles"].get<uint64_t>();
}

CommandRun DefineStoreDelete(CLI::App& app, CliContext& context) {
  auto data = AddData(app, context);
  auto options = std::make_shared<DeleteOptions>();
  AddDirectoryOrServer(app, options->server);
  ExportOptions& selected = options->selected;
  app.add_option("--query", selected.query, "Which profiles")
      ->type_name("SELECTOR")
      ->default_str("")
      ->required();
  app.add_option("--from", selected.from, "From when on; 0: the beginning")->type_name("TIME");
  app.add_option("--to", selected.to, "Until when")->type_name("TIME");
  app.add_flag("--dry-run", options->dry_run, "Only count what would be deleted");
  return [&app, data, options, &context] {
    options->selected.tenant = AskedTenant(options->server, context);
    const Result<uint64_t> profiles =
        UrlUnlessData(app, options->server, context).empty()
            ? DeleteInDirectory(*data, *options, context.clock.NowNs())
            : DeleteAtServer(*options, context);
    if (!profiles.ok()) return Fail(context, profiles.status());
    context.out << fmt::format("{} profiles {}\n", *profiles,
                               options->dry_run ? "would be deleted" : "deleted");
    return int{kExitOk};
  };
}

constexpr SubcommandRow kSubcommands[] = {
    {"verify", "Read and check every record",
     R"(Exit status 1 when something is wrong, with the first bad record named first. Works beside a running server.

  anneal store verify --data ./data)",
     DefineStoreVerify},
    {"stats", "Show what is stored, by tenant, service and kind",
     R"(Works beside a running server; one elsewhere is asked with --url and a token that may admin. Sizes are of records before compression, but for the last, which is of the files. VALUES are those of profiles, LINKS which of them belong to which span and trace; rollups, symbols and documents stand beside them.

  anneal store stats --data ./data --json
  anneal store stats --url http://a:4040 --token-file t)",
     DefineStoreStats},
    {"export", "Write profiles as a stream that any store reads back",
     R"(Works beside a running server. Of several tenants each profile keeps its own.

  anneal store export --data ./data -o all.export
  anneal store export --query '{service_name="shop"}' --from now-1h -o s.export)",
     DefineStoreExport},
    {"import", "Store the profiles of an export",
     R"(The server that uses the store must not run. Importing twice changes nothing.

  anneal store import --data ./data all.export)",
     DefineStoreImport},
    {"backup", "Copy the store to a directory of its own",
     R"(A running server is asked with --url and a token that may admin; it makes the directory below its setting admin.backup_root. With --data no server must be using the store. Table files are hard links where both directories are on one file system, so that a series of backups costs what changed. Each is read and checked after it is made.

  anneal store backup --data ./data /backups/monday
  anneal store backup --url http://localhost:4040 --token-file t monday)",
     DefineStoreBackup},
    {"restore", "Make a store from a backup",
     R"(The backup stays as it is and may be restored again. Both are read and checked.

  anneal store restore /backups/monday ./data)",
     DefineStoreRestore},
    {"delete", "Delete profiles and give their space back",
     R"(A running server is asked with --url and a token that may admin. With --data no server must be using the store, except for --dry-run, and all tenants are meant unless --tenant-id names one. Times are of profiles' starts, both ends included. What is deleted cannot be brought back.

  anneal store delete --data ./data --query '{service_name="shop"}' --dry-run
  anneal store delete --url http://a:4040 --query '{env="dev"}' --to now-7d)",
     DefineStoreDelete},
};

}  // namespace

CommandRun DefineStore(CLI::App& app, CliContext& context) {
  return DefineSubcommands(app, context, kSubcommands);
}

}  // namespace anneal
