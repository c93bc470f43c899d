// What a loop's program is asked to do: the same when it is profiled and when it is measured.
#pragma once

#include <vector>

#include "cli/loop_config.h"
#include "verify/verify.h"

namespace anneal {

// A sequence of requests in which each input comes as often as its weight says against the
// others', spread evenly; inputs of weight 0 are left out. Repeated endlessly it is the load.
std::vector<LoadRequest> RequestMix(const std::vector<LoopInput>& inputs);

}  // namespace anneal
