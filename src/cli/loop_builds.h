// The builds of a turn: baseline, artefact, candidate, and what the compiler decided.
#pragma once

#include "base/status.h"
#include "cli/loop_run.h"
#include "cli/loop_turn.h"
#include "profile/profile.h"

namespace anneal {

// Builds what ships now: with the artefact that is there, else with "off".
Status BuildBaseline(const LoopRun& run, LoopTurn* turn);

// Makes the artefact of a merged profile, writes it to the work directory (never over the one that
// ships) and reports what it is worth. kFailedPrecondition when the compiler would not use it.
Status WriteArtefact(const LoopRun& run, const Profile& profile, LoopTurn* turn);

// Builds with the new artefact and checks that the binary says so.
Status BuildCandidate(const LoopRun& run, LoopTurn* turn);

// What the compiler did because of the old artefact and because of the new one. Without a profile
// there are no such decisions, so "off" costs no build.
Status DiffBuildDecisions(const LoopRun& run, LoopTurn* turn);

}  // namespace anneal
