// Walking over damage. A cursor that meets a block that cannot be read stops for good, and how far
// the block reaches nobody can say; but from the end one comes back to just behind it.
#pragma once

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

// Calls `visit` for every record with a key in [begin, end) (empty `end`: to the last) that can be
// read, in their order. When it meets damage it calls `on_damage` with the last key before it,
// empty when there is none, and goes on behind it. Other errors end it.
Status WalkPastDamage(
    Kv& kv, Family family, std::string_view begin, std::string_view end,
    absl::FunctionRef<void(std::string_view key, std::string_view value)> visit,
    absl::FunctionRef<void(std::string_view last, const Status& damage)> on_damage);

}  // namespace anneal
