#include "cli/server_flags.h"

#include "base/units.h"
#include "cli/command.h"

namespace anneal {
namespace {

constexpr char kDefaultUrl[] = "http://localhost:4040";

std::string FlagOrEnv(const std::string& flag, const CliContext& context, const std::string& name) {
  if (!flag.empty()) return flag;
  std::string value = context.env("ANNEAL_" + name);
  return value.empty() ? context.env("PROFILECLI_" + name) : value;
}

Result<std::string> ReadToken(const ServerFlags& flags, const CliContext& context) {
  Result<std::string> token = context.fs.ReadFile(flags.token_file);
  if (!token.ok()) return token.status().Annotate(flags.token_file_name);
  while (!token->empty() && std::isspace(static_cast<unsigned char>(token->back()))) {
    token->pop_back();
  }
  if (token->empty()) {
    return InvalidArgument("{}: {} is empty", flags.token_file_name, flags.token_file);
  }
  return token;
}

}  // namespace

void AddServerFlags(CLI::App& app, ServerFlags& flags) {
  app.add_option("--url", flags.url, "Address of the server (env ANNEAL_URL)")
      ->type_name("URL")
      ->default_str(kDefaultUrl);
  app.add_option("--ca-file", flags.ca_file,
                 "PEM file of certificates to trust instead of the machine's, for an https URL "
                 "(env ANNEAL_CA_FILE)")
      ->type_name("FILE");
  app.add_option("--tenant-id", flags.tenant, "Tenant, where the server has several")
      ->type_name("ID");
  app.add_option("--token", flags.token,
                 "Bearer token. Everyone on the machine can read it here: prefer --token-file or "
                 "env ANNEAL_TOKEN")
      ->type_name("TOKEN");
  app.add_option("--token-file", flags.token_file, "File that holds the bearer token")
      ->type_name("FILE");
  app.add_option("--username", flags.username, "User for basic authentication")->type_name("NAME");
  app.add_option("--password", flags.password,
                 "Password for basic authentication: prefer env ANNEAL_PASSWORD")
      ->type_name("TEXT");
  app.add_option("--timeout", flags.timeout, "Give up on an answer after this long")
      ->type_name("DURATION");
}

std::string AskedUrl(const ServerFlags& flags, const CliContext& context) {
  return FlagOrEnv(flags.url, context, "URL");
}

std::string AskedTenant(const ServerFlags& flags, const CliContext& context) {
  return FlagOrEnv(flags.tenant, context, "TENANT_ID");
}

Result<ServerAddress> ResolveServer(const ServerFlags& flags, const CliContext& context) {
  ServerAddress server;
  server.url = AskedUrl(flags, context);
  if (server.url.empty()) server.url = kDefaultUrl;
  const std::string ca_file = FlagOrEnv(flags.ca_file, context, "CA_FILE");
  if (!ca_file.empty()) TRY(context.http.Trust(ca_file));
  server.tenant = AskedTenant(flags, context);
  server.token = flags.token;
  if (server.token.empty() && !flags.token_file.empty()) {
    ASSIGN_OR_RETURN(server.token, ReadToken(flags, context));
  }
  if (flags.username.empty() && flags.password.empty()) {
    server.token = FlagOrEnv(server.token, context, "TOKEN");
  }
  server.username = FlagOrEnv(flags.username, context, "USERNAME");
  server.password = FlagOrEnv(flags.password, context, "PASSWORD");
  ASSIGN_OR_RETURN(server.timeout_ns, ParseDuration(flags.timeout));
  if (server.timeout_ns <= 0) return InvalidArgument("--timeout must be above 0");
  return server;
}

}  // namespace anneal
