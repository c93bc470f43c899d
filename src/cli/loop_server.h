// The profile server of a loop.
#pragma once

#include "base/status.h"
#include "cli/loop_run.h"

namespace anneal {

// Sets run.server_url: the config's server, or one that runs in this process on a free loopback
// port, with its store in the work directory, until the LoopRun goes.
Status StartServer(LoopRun& run);

}  // namespace anneal
