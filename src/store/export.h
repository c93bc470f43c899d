// Exports: stored profiles as one stream that any store reads back. docs/format/export.md.
#pragma once

#include <cstdint>
#include <istream>
#include <ostream>

#include "base/status.h"
#include "store/store.h"

namespace anneal {

struct ExportCounts {
  uint64_t profiles = 0;
  uint64_t documents = 0;
  uint64_t bytes = 0;  // of the stream
};

// Writes every profile that one of `selections` selects. Equal content gives equal bytes. Memory
// use is that of one profile.
Result<ExportCounts> ExportProfiles(Store& store, std::span<const Selection> selections,
                                    std::ostream& out);

// Appends every profile of a stream. kDataLoss with the record's number when it is damaged or cut
// off; what came before it is stored then. Importing again changes nothing.
Result<ExportCounts> ImportProfiles(Store& store, std::istream& in);

}  // namespace anneal
