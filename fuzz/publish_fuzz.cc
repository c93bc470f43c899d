// Published records: an answer and no crash, and what is accepted is accepted again.
#include <cstdint>

#include "api/publish.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  anneal::Result<anneal::PublishedRecord> published = anneal::ParsePublished(text);
  if (!published.ok()) return 0;
  if (!anneal::ParsePublished(
           published->record.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace))
           .ok()) {
    __builtin_trap();
  }
  (void)anneal::DiffPublishedDecisions(published->record, published->record);
  return 0;
}
