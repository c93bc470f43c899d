// The record that says what a store is: its format version and the length of its epochs.
#pragma once

#include <cstdint>

#include "base/status.h"
#include "store/embedded.h"
#include "store/kv.h"

namespace anneal {

// The epoch length of the store; of a new one, the options' after writing it down.
// kFailedPrecondition when another version of the program wrote it, kDataLoss when it is damaged.
Result<int64_t> LoadFormat(Kv& kv, const EmbeddedOptions& options);

}  // namespace anneal
