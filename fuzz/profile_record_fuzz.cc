// Profile records: what a damaged disk may hold. What decodes is encoded anew and must read alike.
#include "store/profile_record.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace anneal;
  constexpr size_t kStacks = 4096;
  std::string_view record(reinterpret_cast<const char*>(data), size);
  Result<ProfileRecordReader> reader = ProfileRecordReader::Open(record);
  if (!reader.ok()) return 0;
  StackSums sums;
  sums.Resize(kStacks);
  const bool values_ok = reader->AddTo(sums).ok();
  std::vector<StackValue> values = sums.Take();
  Result<std::vector<LinkedValue>> links = reader->Links(kStacks);
  if (!values_ok || !links.ok()) return 0;
  std::string encoded = EncodeProfileRecord(reader->header(), values, *links);
  Result<ProfileRecordReader> again = ProfileRecordReader::Open(encoded);
  if (!again.ok() || !again->AddTo(sums).ok() || sums.Take().size() != values.size()) {
    __builtin_trap();
  }
  if (!again->Links(kStacks).ok() || again->Links(kStacks)->size() > links->size()) {
    __builtin_trap();
  }
  return 0;
}
