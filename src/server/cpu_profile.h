// A CPU profile of this process, as the Profile that Go's runtime would make of it: sample types
// samples/count and cpu/nanoseconds.
#pragma once

#include <cstdint>

#include "profile/profile.h"
#include "server/cpu_sampler.h"
#include "server/own_symbols.h"

namespace anneal {

// `time_ns`: when sampling began, since 1970 UTC.
Profile MakeCpuProfile(const CpuSamples& samples, int64_t time_ns, int64_t duration_ns,
                       OwnSymbols& symbols);

}  // namespace anneal
