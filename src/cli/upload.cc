// anneal upload: pushes profile files to a server, with profilecli's flags.
#include <iterator>
#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/commands.h"
#include "cli/exit_status.h"
#include "cli/json_output.h"
#include "cli/named_file.h"
#include "cli/query_flags.h"
#include "cli/server_flags.h"
#include "collect/client.h"
#include "collect/profile_name.h"
#include "collect/profile_uuid.h"
#include "profile/compress.h"
#include "profile/pprof.h"

namespace anneal {
namespace {

constexpr std::string_view kCommand = "upload";

struct UploadArgs {
  ServerFlags server;
  std::vector<std::string> files;
  std::vector<std::string> extra_labels;
  bool override_timestamp = false;
  bool json = false;
};

struct Uploaded {
  std::string file, name;
  size_t samples = 0;
};

Result<LabelList> ParseLabels(const std::vector<std::string>& texts) {
  LabelList labels;
  for (const std::string& text : texts) {
    size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      return InvalidArgument("--extra-labels '{}': write name=value", text);
    }
    labels.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return labels;
}

// The given labels, completed by those a profile cannot be stored without.
LabelList CompleteLabels(LabelList labels, const Profile& profile) {
  auto ensure = [&](std::string_view name, std::string_view value) {
    for (const auto& label : labels) {
      if (label.first == name) return;
    }
    labels.emplace_back(name, value);
  };
  ensure("__name__", NameOfProfile(profile));
  ensure("service_name", "anneal-upload");
  return labels;
}

Result<Uploaded> UploadOne(const std::string& file, const UploadArgs& args, const LabelList& labels,
                           ProfileClient& client, CliContext& context) {
  ASSIGN_OR_RETURN(std::string bytes, ReadInput(context, file));
  ASSIGN_OR_RETURN(Profile profile, DecodePprof(bytes));
  if (args.override_timestamp) {
    profile.time_ns = context.clock.NowNs();
    bytes = Gzip(EncodePprof(profile));
  }
  PushProfile push{
      .labels = CompleteLabels(labels, profile), .pprof = bytes, .id = ContentUuid(bytes)};
  TRY(client.Push(std::span(&push, 1)));
  Uploaded uploaded{.file = file, .samples = profile.SampleCount()};
  for (const auto& [name, value] : push.labels) {
    if (name == "__name__") uploaded.name = value;
  }
  return uploaded;
}

void Print(const std::vector<Uploaded>& all, const UploadArgs& args, CliContext& context) {
  if (!args.json) {
    for (const Uploaded& one : all) {
      context.out << fmt::format("{}: pushed as {}, {} samples\n", one.file, one.name, one.samples);
    }
    return;
  }
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (const Uploaded& one : all) {
    json.push_back({{"file", one.file}, {"name", one.name}, {"samples", one.samples}});
  }
  context.out << DumpJson(json) << "\n";
}

int Upload(const UploadArgs& args, CliContext& context) {
  Result<ServerAddress> server = ResolveServer(args.server, context);
  if (!server.ok()) return ReportUsage(context, kCommand, server.status());
  Result<LabelList> labels = ParseLabels(args.extra_labels);
  if (!labels.ok()) return ReportUsage(context, kCommand, labels.status());
  ProfileClient client(context.http, *server);
  std::vector<Uploaded> done;
  int status = kExitOk;
  for (const std::string& file : args.files) {
    Result<Uploaded> uploaded = UploadOne(file, args, *labels, client, context);
    if (uploaded.ok()) {
      done.push_back(*std::move(uploaded));
      continue;
    }
    int failed = ReportFailure(context, kCommand, uploaded.status().Annotate(file));
    if (status == kExitOk) status = failed;
  }
  Print(done, args, context);
  size_t failures = args.files.size() - done.size();
  if (failures > 0 && args.files.size() > 1) {
    context.err << fmt::format("anneal {}: {} of {} files failed\n", kCommand, failures,
                               args.files.size());
  }
  // Some arrived: whatever stopped the others, the server was there.
  return !done.empty() && failures > 0 ? static_cast<int>(kExitFailed) : status;
}

}  // namespace

CommandRun DefineUpload(CLI::App& app, CliContext& context) {
  auto args = std::make_shared<UploadArgs>();
  app.add_option("FILE", args->files, "pprof files, gzipped or not; - is standard input")
      ->required();
  app.add_option("--extra-labels", args->extra_labels,
                 "A label to store the profiles under, name=value; repeat it. service_name is "
                 "anneal-upload unless given")
      ->type_name("LABEL")
      ->allow_extra_args(false);
  app.add_flag("--override-timestamp", args->override_timestamp,
               "Store the profiles as taken now, not at their own time");
  app.add_flag("--json", args->json, "As JSON");
  AddServerFlags(app, args->server);
  return [args, &context] { return Upload(*args, context); };
}

}  // namespace anneal
