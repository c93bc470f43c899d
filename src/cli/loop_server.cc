#include "cli/loop_server.h"

#include "build_info.h"
#include "server/server.h"

namespace anneal {

Status StartServer(LoopRun& run) {
  if (!run.config.profiling.server.empty()) {
    run.server_url = run.config.profiling.server;
    return Status();
  }
  ServerOptions options;
  options.config.listen = "127.0.0.1:0";
  options.config.data = run.WorkPath("store");
  options.config.log_level = "warn";
  options.version = kVersion;
  TRY(run.context.fs.MakeDirs(run.config.work_dir));
  ASSIGN_OR_RETURN(std::unique_ptr<Server> server, Server::Start(options));
  run.server_url = server->url();
  run.server = std::move(server);
  run.Say(fmt::format("profiles go to {}, store in {}", run.server_url, options.config.data));
  return Status();
}

}  // namespace anneal
