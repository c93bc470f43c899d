// Serialised trees and tries of stacks.
#include "profile/stack_tree.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace anneal;
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const DecodeLimits limits{.max_bytes = 1 << 20, .max_samples = 1'000, .max_stack_depth = 100};
  for (const Result<Profile>& profile : {DecodeStackTree(bytes, "samples", "count", limits),
                                         DecodeStackTrie(bytes, "samples", "count", limits)}) {
    if (profile.ok() && !ValidateProfile(*profile).ok()) __builtin_trap();
  }
  return 0;
}
