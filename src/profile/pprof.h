// The pprof codec: bytes ⇄ Profile, every field of google/pprof proto/profile.proto.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"
#include "profile/profile.h"

namespace anneal {

// Bounds on what a decoder accepts; beyond them kResourceExhausted.
struct DecodeLimits {
  size_t max_bytes = size_t{256} << 20;  // after decompression
  size_t max_samples = 10'000'000;
  size_t max_stack_depth = 65'536;  // locations of one sample
};

// Decodes a pprof message, gzipped (any number of members) or raw. Unknown fields are skipped.
// Bad input gives kInvalidArgument (kResourceExhausted for a limit), with what and at which byte:
// truncation, an index out of range, an id of 0 or used twice, a sample whose value count differs
// from the sample types, a string that is not UTF-8, string 0 not empty, a wrong wire type.
Result<Profile> DecodePprof(std::string_view bytes, const DecodeLimits& limits = {});

// Bytes of memory that DecodePprof fills for an uncompressed message, by counting what is in it;
// of one that cannot be read, for the part that can.
size_t DecodedSize(std::string_view message);

// The uncompressed message. Equal profiles give equal bytes; ids are position + 1.
std::string EncodePprof(const Profile& profile);

}  // namespace anneal
