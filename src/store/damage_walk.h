// Walking over damage. A cursor that meets a block that cannot be read stops for good, and how far
// the block reaches nobody can say; but from the end one comes back to just behind it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "base/status.h"
#include "store/kv.h"
#include "store/query_control.h"

namespace anneal {

// Of a cursor that stopped with kDataLoss behind `last`: places it on the first record behind the
// damage up to `to`, both ends included; false when there is none. What lies between two damaged
// blocks is passed over with them. `control` is asked now and then; null: not.
Result<bool> SeekPastDamage(KvCursor& cursor, std::string_view last, std::string_view to,
                            QueryControl* control = nullptr);

// Visits every record with a key in [begin, end) (empty `end`: to the last) that can be read, in
// their order, a piece at a time: between two pieces the database may change, be closed, and be
// opened again. What it reads pushes nothing out of the block cache.
class DamageWalk {
 public:
  using Visit = absl::FunctionRef<void(std::string_view key, std::string_view value)>;
  // When it meets damage it calls this with the last key before it, empty when there is none, and
  // goes on behind it.
  using OnDamage = absl::FunctionRef<void(std::string_view last, const Status& damage)>;

  // Of a piece, whichever is reached first: a few milliseconds' work.
  static constexpr size_t kPieceRecords = 1024, kPieceBytes = size_t{4} << 20;

  DamageWalk(Family family, std::string_view begin, std::string_view end)
      : family_(family), from_(begin), end_(end) {}

  // False when that was the last piece. Errors other than damage end it.
  Result<bool> NextPiece(Kv& kv, Visit visit, OnDamage on_damage);

 private:
  const Family family_;
  std::string from_;
  const std::string end_;
  std::string last_;
  bool damaged_ = false;
};

// All pieces.
Status WalkPastDamage(Kv& kv, Family family, std::string_view begin, std::string_view end,
                      DamageWalk::Visit visit, DamageWalk::OnDamage on_damage);

}  // namespace anneal
