#include "store/damage_walk.h"

#include <string>
#include <utility>

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

Result<bool> DamageWalk::NextPiece(Kv& kv, Visit visit, OnDamage on_damage) {
  ASSIGN_OR_RETURN(KvCursor cursor, kv.Sweep(family_, from_, end_));
  size_t records = 0, bytes = 0;
  for (;; cursor.Next()) {
    if (!cursor.Valid()) {
      const Status status = cursor.status();
      if (status.ok()) return false;
      if (status.code() != Code::kDataLoss) return status;
      if (std::exchange(damaged_, true)) return false;
      on_damage(last_, status);
      // Above all keys of the family, none of which is longer than a profile's.
      const std::string top(kProfileKeySize + 1, '\xff');
      ASSIGN_OR_RETURN(const bool more, SeekPastDamage(cursor, last_, end_.empty() ? top : end_));
      if (!more) return false;
    }
    if (records == kPieceRecords || bytes >= kPieceBytes) {
      from_ = cursor.key();
      return true;
    }
    last_ = cursor.key();
    visit(cursor.key(), cursor.value());
    ++records;
    bytes += cursor.key().size() + cursor.value().size();
  }
}

Status WalkPastDamage(Kv& kv, Family family, std::string_view begin, std::string_view end,
                      DamageWalk::Visit visit, DamageWalk::OnDamage on_damage) {
  DamageWalk walk(family, begin, end);
  for (bool more = true; more;) {
    ASSIGN_OR_RETURN(more, walk.NextPiece(kv, visit, on_damage));
  }
  return {};
}

}  // namespace anneal
