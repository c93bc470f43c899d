// The proof of a turn: baseline against candidate, and what follows for the artefact.
#pragma once

#include "base/status.h"
#include "cli/loop_run.h"
#include "cli/loop_turn.h"

namespace anneal {

// Measures the turn's two binaries against each other and writes verdict and plot to the work
// directory. The binaries run without profiling: {server} is empty.
Status VerifyCandidate(const LoopRun& run, LoopTurn* turn);

// Replaces the shipped artefact by the new one when a gain of at least min_gain was measured; the
// one it replaces is kept beside it as NAME.previous. Says why either way.
Status KeepOrDrop(const LoopRun& run, LoopTurn* turn);

// Of the last turn: 0 kept, or no gain where none was demanded; 3 no gain of min_gain; 4 worse.
int LoopExitStatus(const std::vector<LoopTurn>& turns);

}  // namespace anneal
