// The checksum at the end of every record.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace anneal {

// Appends the CRC-32 (IEEE, as in gzip) of `key` followed by `value`, 4 bytes, low byte first.
// The key is covered, so that a record in the wrong place is found too.
void AppendChecksum(std::string_view key, std::string& value);

// Takes the checksum off the end of `value`; false when it does not fit.
bool CheckAndStripChecksum(std::string_view key, std::string_view& value);

// Takes it off without checking: for hot paths, where RocksDB's block checksums hold.
bool StripChecksum(std::string_view& value);

}  // namespace anneal
