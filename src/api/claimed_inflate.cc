#include "api/claimed_inflate.h"

#include <algorithm>

#include "profile/compress.h"

namespace anneal {
namespace {

// Profiles inflate to some four times their size. What takes more is inflated again with four
// times the room, and so on: what a stream says of its own size is not trusted when it is more,
// since that of a damaged one is any number.
constexpr size_t kUsualRatio = 16;
constexpr size_t kGrowth = 4;

size_t FirstRoom(std::string_view bytes, size_t max_bytes) {
  const size_t usual = bytes.size() * kUsualRatio;
  const size_t hint = InflatedSizeHint(bytes);
  return std::min(max_bytes, hint > bytes.size() && hint < usual ? hint : usual);
}

}  // namespace

Result<std::string> GunzipClaimed(std::string_view bytes, size_t max_bytes, RequestMemory* memory) {
  if (memory == nullptr) return Gunzip(bytes, max_bytes);
  size_t claimed = 0;
  for (size_t room = FirstRoom(bytes, max_bytes);;
       room = room > max_bytes / kGrowth ? max_bytes : room * kGrowth) {
    TRY(memory->Claim(room - claimed));
    claimed = room;
    Result<std::string> inflated = Gunzip(bytes, room);
    const bool fits = inflated.ok() || inflated.status().code() != Code::kResourceExhausted;
    if (!fits && room != max_bytes) continue;
    memory->Release(inflated.ok() ? claimed - inflated->size() : claimed);
    return inflated;
  }
}

}  // namespace anneal
