// Publishing: sending what a turn of the loop or a measurement found to a server, which keeps it
// for the page. docs/format/publish.md has the record.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "cli/context.h"
#include "cli/loop_run.h"
#include "cli/loop_turn.h"
#include "collect/connect_call.h"
#include "verify/verdict.h"

namespace CLI {
class App;
}

namespace anneal {

// Where to publish. There is no flag for the token itself: everybody on the machine could read it.
struct PublishFlags {
  std::string url, service, token_file, artefact;
};

// --publish, --publish-token-file; for `anneal loop`.
void AddPublishFlags(CLI::App& app, PublishFlags& flags);
// These, --service and --artefact; for `anneal verify`.
void AddVerdictPublishFlags(CLI::App& app, PublishFlags& flags);

// The server of the flags; tenant and token may come from the environment (ANNEAL_TENANT_ID,
// ANNEAL_TOKEN). Fails when the token file cannot be read.
Result<ServerAddress> PublishAddress(const PublishFlags& flags, const CliContext& context);

// Sends one record; gives its id.
Result<std::string> PublishRecord(Http& http, const ServerAddress& server,
                                  const std::string& record);

// The record of a whole turn. Reads the artefact's file.
Result<std::string> TurnRecord(const LoopRun& run, const LoopTurn& turn);
// The record of a verdict alone, with the artefact of `flags` when one is named.
Result<std::string> VerdictRecord(const Verdict& verdict, const PublishFlags& flags,
                                  const CliContext& context);

}  // namespace anneal
