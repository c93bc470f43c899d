#include "cli/loop_server.h"

#include <nlohmann/json.hpp>

#include "build_info.h"
#include "cli/server_flags.h"
#include "collect/client.h"
#include "server/server.h"

namespace anneal {
namespace {

constexpr int64_t kMsPerHour = 3'600'000;
constexpr int64_t kNsPerMs = 1'000'000;

// `section`: where the config names it, for errors.
Result<ServerAddress> Resolve(const LoopRun& run, const LoopServer& server,
                              const std::string& section) {
  ServerFlags flags;
  flags.url = server.url;
  flags.ca_file = run.config.ca_file;
  flags.tenant = server.tenant;
  flags.token_file = server.token_file;
  flags.token_file_name = section + ".token_file";
  return ResolveServer(flags, run.context);
}

// What the server's session says of our rights; true when it says nothing, as Pyroscope does.
bool MayWrite(const LoopRun& run) {
  Result<std::string> answer = JsonGet(run.context.http, run.profile_server, "/anneal/v1/session");
  if (!answer.ok()) return true;
  nlohmann::json session = nlohmann::json::parse(*answer, nullptr, false);
  if (!session.is_object() || !session.contains("rights")) return true;
  const nlohmann::json& rights = session["rights"];
  return std::find(rights.begin(), rights.end(), "write") != rights.end();
}

// A server that cannot be asked is said before minutes of building and profiling, not after.
Status CheckAccess(const LoopRun& run) {
  const int64_t now_ms = run.context.clock.NowNs() / kNsPerMs;
  ProfileClient client(run.context.http, run.profile_server);
  Result<std::vector<ProfileTypeInfo>> types = client.ProfileTypes({now_ms - kMsPerHour, now_ms});
  if (!types.ok()) return types.status().Annotate("profiling.server " + run.profile_server.url);
  if (!LoopPushes(run.config) || MayWrite(run)) return Status();
  return Error(Code::kPermissionDenied,
               "profiling.server {}: the token may read but not write, and the loop pushes the "
               "profiles that it takes: make one with 'anneal token NAME --rights read,write'",
               run.profile_server.url);
}

Status StartOwnServer(LoopRun& run) {
  ServerOptions options;
  options.config.listen = "127.0.0.1:0";
  options.config.data = run.WorkPath("store");
  options.config.log_level = "warn";
  options.version = kVersion;
  TRY(run.context.fs.MakeDirs(run.config.work_dir));
  ASSIGN_OR_RETURN(std::unique_ptr<Server> server, Server::Start(options));
  // Nobody's tokens: it asks for none.
  run.profile_server = {.url = server->url()};
  if (!run.publish_server) run.publish_server = run.profile_server;
  run.server = std::move(server);
  run.Say(
      fmt::format("profiles go to {}, store in {}", run.profile_server.url, options.config.data));
  return Status();
}

}  // namespace

Status StartServer(LoopRun& run) {
  // Both before the first call: afterwards no certificate can be trusted any more.
  const LoopServer& publish = run.config.publish;
  if (!publish.url.empty()) {
    ASSIGN_OR_RETURN(run.publish_server, Resolve(run, publish, "publish"));
  }
  const LoopServer& server = run.config.profiling.server;
  if (server.url.empty()) return StartOwnServer(run);
  ASSIGN_OR_RETURN(run.profile_server, Resolve(run, server, "profiling"));
  return CheckAccess(run);
}

}  // namespace anneal
