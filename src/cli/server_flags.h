// The flags of commands that talk to a server: profilecli's names, flags or environment.
#pragma once

#include <string>

#include "base/status.h"
#include "cli/context.h"
#include "collect/connect_call.h"

namespace CLI {
class App;
}

namespace anneal {

struct ServerFlags {
  std::string url, ca_file, tenant, token, token_file, username, password;
  std::string timeout = "60s";
  // How errors call `token_file`, where another flag or a key of a config file names it.
  std::string token_file_name = "--token-file";
};

// Adds --url, --ca-file, --tenant-id, --token, --token-file, --username, --password, --timeout.
// `flags` must live as long as `app`.
void AddServerFlags(CLI::App& app, ServerFlags& flags);

// The server that is asked for by --url or ANNEAL_URL, and the tenant by --tenant-id or
// ANNEAL_TENANT_ID; empty when neither names one. For commands that can do without a server.
std::string AskedUrl(const ServerFlags& flags, const CliContext& context);
std::string AskedTenant(const ServerFlags& flags, const CliContext& context);

// A flag wins over ANNEAL_<NAME>, that over PROFILECLI_<NAME>, that over the default; --token-file
// wins over the environment's token, and so do --username and --password. Makes context.http trust
// the CA file, and is therefore called before the first call. Fails when the token file cannot be
// read.
Result<ServerAddress> ResolveServer(const ServerFlags& flags, const CliContext& context);

}  // namespace anneal
