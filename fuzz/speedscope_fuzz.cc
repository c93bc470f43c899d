// speedscope's files.
#include "profile/speedscope.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace anneal;
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const DecodeLimits limits{.max_bytes = 1 << 20, .max_samples = 1'000, .max_stack_depth = 100};
  Result<std::vector<SpeedscopeProfile>> file = DecodeSpeedscope(bytes, limits);
  if (!file.ok()) return 0;
  for (const SpeedscopeProfile& entry : *file) {
    if (!ValidateProfile(entry.profile).ok()) __builtin_trap();
  }
  return 0;
}
