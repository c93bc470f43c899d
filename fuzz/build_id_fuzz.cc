// Binaries that are measured: whatever the file holds, an id or none.
#include <cstdint>

#include "base/build_id.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string id = anneal::GnuBuildId({reinterpret_cast<const char*>(data), size});
  if (id.size() % 2 != 0 || id.size() > 128) __builtin_trap();
  return 0;
}
