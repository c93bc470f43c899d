// The file of tokens: what passes has names and rights, and hashes of a form that can be compared.
#include "server/token_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace anneal;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Result<std::vector<TokenEntry>> entries = ParseTokenFile(text);
  if (entries.ok()) {
    for (const TokenEntry& entry : *entries) {
      if (entry.name.empty() || entry.rights.empty() || entry.hash.empty()) __builtin_trap();
    }
  }
  if (!entries.ok() && entries.status().message().empty()) __builtin_trap();
  return 0;
}
