// Requests of OpenTelemetry's exporters, to the profiles that they stand for.
#include "api/otlp_profile.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace anneal;
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  Limits limits;
  limits.max_body_bytes = 1 << 20;
  limits.max_stack_depth = 100;
  Status read =
      ForEachOtlpProfile(bytes, std::nullopt, limits, nullptr, [](Result<OtlpProfile> part) {
        if (part.ok() && !ValidateProfile(part->profile).ok()) __builtin_trap();
      });
  (void)read;
  return 0;
}
