// Repair of profiles that old .NET agents wrote.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "net/http.h"

namespace anneal {

// Those agents wrote every function with the id 0, functions and locations in the same order, and
// meant the location's id. The message with ids put in, uncompressed, when it is so (as many
// functions as locations, none with an id); empty when there is nothing to repair. `pprof`: gzipped
// or not. `max_bytes` after decompression; 0: unlimited. `memory`: for what is made; null:
// unbounded. kInvalidArgument when it is no pprof, and the errors of `memory`.
Result<std::string> RepairFunctionIds(std::string_view pprof, size_t max_bytes,
                                      RequestMemory* memory = nullptr);

}  // namespace anneal
