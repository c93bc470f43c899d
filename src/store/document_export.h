// Documents in exports: the part of the stream behind the profiles. docs/format/export.md.
#pragma once

#include <cstdint>
#include <istream>
#include <ostream>
#include <span>

#include "base/status.h"
#include "store/store.h"

namespace anneal {

struct DocumentCounts {
  uint64_t documents = 0;
  uint64_t bytes = 0;  // of the stream
};

// Writes all documents of `tenants` (nothing at all when there is none). Equal content gives equal
// bytes.
Result<DocumentCounts> ExportDocuments(Store& store, std::span<const std::string> tenants,
                                       std::ostream& out);

// Puts every document of a stream that stands behind its profiles, of which exports made by older
// programs have none. kDataLoss when it is damaged or cut off.
Result<DocumentCounts> ImportDocuments(Store& store, std::istream& in);

}  // namespace anneal
