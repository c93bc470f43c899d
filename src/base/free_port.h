// A free TCP port on 127.0.0.1, for programs that are told which port to listen on.
#pragma once

#include <cstdint>

#include "base/status.h"

namespace anneal {

// The kernel picks it; nothing holds it, so another program could take it before ours does. That
// shows as a failed start, and starting again is the mend.
Result<uint16_t> FreeLoopbackPort();

}  // namespace anneal
