// What the loop tells at its end: text for people, JSON for machines. Same data in both.
#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "cli/loop_run.h"
#include "cli/loop_turn.h"

namespace anneal {

// The verdict first, then where it comes from; with several turns a table of what changed.
std::string LoopReportText(const LoopRun& run, const std::vector<LoopTurn>& turns);
// docs/guide/loop.md describes it; "version" changes when a field changes its meaning.
std::string LoopReportJson(const LoopRun& run, const std::vector<LoopTurn>& turns);
// The JSON of one turn as turnN-report.json in the work directory, so that an interrupted loop
// leaves what it had found.
Status WriteTurnReport(const LoopRun& run, const LoopTurn& turn);
// --dry-run: what would be done, step by step.
std::string DescribePlan(const LoopConfig& config, int iterations);

}  // namespace anneal
