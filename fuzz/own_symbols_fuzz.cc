// ELF files, of which a self-profile names its functions.
#include <algorithm>

#include "server/own_symbols.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace anneal;
  const Result<ElfImage> image = ParseElf({reinterpret_cast<const char*>(data), size});
  if (image.ok() && !std::ranges::is_sorted(image->symbols, {}, &ElfSymbol::address)) {
    __builtin_trap();
  }
  if (!image.ok() && image.status().message().empty()) __builtin_trap();
  return 0;
}
