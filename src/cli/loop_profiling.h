// Controlled profiling: the program under load for some rounds, its profiles in the database, and
// the merge of the window back out of it.
#pragma once

#include "base/status.h"
#include "cli/loop_run.h"
#include "cli/loop_turn.h"
#include "profile/profile.h"

namespace anneal {

// Runs the turn's baseline binary under load, in rounds with the clean-up hook between them, and
// fills turn->profiling. Afterwards the program has ended and its profiles are stored: it pushed
// them itself, or they were scraped, or read from the file that `bench` writes.
Status ProfileUnderLoad(const LoopRun& run, LoopTurn* turn);

// The sum of the profiles of turn.profiling's window. kFailedPrecondition, saying where to look,
// when there is none.
Result<Profile> MergeWindow(const LoopRun& run, const LoopTurn& turn);

}  // namespace anneal
