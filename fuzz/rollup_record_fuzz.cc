// Rollup records: what a damaged disk may hold. What decodes is encoded anew and must read alike.
#include "store/rollup_record.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace anneal;
  constexpr size_t kStacks = 4096;
  RollupSums sums(kStacks);
  if (!sums.AddRollup({reinterpret_cast<const char*>(data), size}).ok()) return 0;
  Result<RollupReader> reader = RollupReader::Open({reinterpret_cast<const char*>(data), size});
  if (!reader.ok() || !reader->MergedTime().ok()) __builtin_trap();
  const std::string encoded = sums.Encode();
  if (!sums.AddRollup(encoded).ok() || sums.Encode() != encoded) __builtin_trap();
  return 0;
}
