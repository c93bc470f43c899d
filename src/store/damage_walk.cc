#include "store/damage_walk.h"

#include <string>

#include "store/keys.h"

namespace anneal {
namespace {

constexpr uint32_t kCheckEvery = 256;  // records

}  // namespace

Result<bool> SeekPastDamage(KvCursor& cursor, std::string_view last, std::string_view to,
                            QueryControl* control) {
  std::string first;
  uint32_t read = 0;
  for (cursor.SeekForPrev(to); cursor.Valid() && cursor.key() > last; cursor.Prev()) {
    if (control != nullptr && ++read % kCheckEvery == 0) TRY(control->Check());
    first = cursor.key();
  }
  const Status status = cursor.status();
  if (!status.ok() && status.code() != Code::kDataLoss) return status;
  if (first.empty()) return false;
  cursor.Seek(first);
  return cursor.Valid();
}

Status WalkPastDamage(
    Kv& kv, Family family, std::string_view begin, std::string_view end,
    absl::FunctionRef<void(std::string_view key, std::string_view value)> visit,
    absl::FunctionRef<void(std::string_view last, const Status& damage)> on_damage) {
  ASSIGN_OR_RETURN(KvCursor cursor, kv.Cursor(family, begin, end));
  std::string last;
  auto walk = [&] {
    for (; cursor.Valid(); cursor.Next()) {
      last = cursor.key();
      visit(cursor.key(), cursor.value());
    }
    return cursor.status();
  };
  Status status = walk();
  if (status.code() != Code::kDataLoss) return status;
  on_damage(last, status);
  // Above all keys of the family, none of which is longer than a profile's.
  const std::string top(kProfileKeySize + 1, '\xff');
  ASSIGN_OR_RETURN(const bool more, SeekPastDamage(cursor, last, end.empty() ? top : end));
  if (!more) return {};
  status = walk();
  return status.code() == Code::kDataLoss ? Status() : status;
}

}  // namespace anneal
