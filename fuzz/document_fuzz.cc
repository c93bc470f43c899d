// Documents' records and exports: whatever bytes come, an answer and no crash.
#include <cstdint>

#include "store/document.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  size_t split = size == 0 ? 0 : data[0] % size;
  std::string_view key = bytes.substr(0, split), value = bytes.substr(split);
  (void)anneal::DecodeDocument(key, value);
  anneal::Result<anneal::DocumentName> name = anneal::DecodeDocumentKey(key);
  if (!name.ok()) return 0;
  // What decodes names the same document again.
  anneal::Result<anneal::DocumentName> again =
      anneal::DecodeDocumentKey(anneal::DocumentKey(*name));
  if (!again.ok() || *again != *name) __builtin_trap();
  return 0;
}
