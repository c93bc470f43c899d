// Symbol segments: how a SymbolTable is kept on disk. docs/format/store.md, "Symbols".
//
// Each append that met new symbols writes one segment with them; all segments of a partition in
// order rebuild the table. A segment says at which ids it begins, so a gap is found.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "store/symbol_table.h"

namespace anneal {

inline constexpr uint8_t kSegmentVersion = 1;

// What `table` holds from `from` on, without checksum.
std::string EncodeSegment(const SymbolTable& table, const SymbolCounts& from);

// Appends a segment's symbols. kDataLoss with what is wrong when it does not follow the table's
// content, or refers to what is not there; the table is then not to be used.
Status DecodeSegment(std::string_view segment, SymbolTable& table);

}  // namespace anneal
