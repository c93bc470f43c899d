// Memory for what is made of a request's body.
#pragma once

#include <cstddef>

#include "base/status.h"
#include "net/http.h"

namespace anneal {

// Claims `bytes` of `memory` (null: unbounded). kUnavailable when others have it; kInvalidArgument
// when there is too little even for this request alone: to send it again does not help.
inline Status ClaimMemory(RequestMemory* memory, size_t bytes) {
  if (memory == nullptr) return {};
  Status claimed = memory->Claim(bytes);
  if (claimed.code() != Code::kResourceExhausted) return claimed;
  return InvalidArgument("{}", claimed.message());
}

}  // namespace anneal
