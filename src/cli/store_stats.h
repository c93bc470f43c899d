// What is stored, told to people.
#pragma once

#include <iosfwd>

#include "store/store.h"

namespace anneal {

// Tables by service, by tenant and by kind of document, and a line of totals.
void PrintStats(std::ostream& out, const StoreStats& stats);

}  // namespace anneal
