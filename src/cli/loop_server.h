// The servers of a loop: where its profiles and its records go.
#pragma once

#include "base/status.h"
#include "cli/loop_run.h"

namespace anneal {

// Sets run.profile_server and run.publish_server: the config's, or one that runs in this process
// on a free loopback port, with its store in the work directory, until the LoopRun goes. Fails
// when a token file cannot be read, or the profile server cannot be asked with what we have.
Status StartServer(LoopRun& run);

}  // namespace anneal
