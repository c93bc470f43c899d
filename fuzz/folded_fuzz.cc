// Any text into the folded decoder; what it accepts must come back the same from its own encoding.
#include <cstdlib>

#include "profile/folded.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace anneal;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  Result<Profile> decoded = DecodeFolded(text);
  if (!decoded.ok()) return 0;
  if (!ValidateProfile(*decoded).ok()) std::abort();
  std::string encoded = EncodeFolded(*decoded, 0);
  Result<Profile> again = DecodeFolded(encoded);
  if (!again.ok() || EncodeFolded(*again, 0) != encoded) std::abort();
  return 0;
}
