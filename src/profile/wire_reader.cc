#include "profile/wire_reader.h"

#include <protozero/exception.hpp>
#include <protozero/varint.hpp>

namespace anneal {

std::string_view WireErrorText(WireError error) {
  switch (error) {
    case WireError::kNone:
      return "no error";
    case WireError::kTruncated:
      return "the input ends inside this field (is it cut off?)";
    case WireError::kVarintTooLong:
      return "a varint is longer than ten bytes";
    case WireError::kBadTag:
      return "not a field tag of proto3 (is this a pprof message?)";
  }
  return "unknown error";
}

WireReader::LongVarint WireReader::ReadLongVarint(const char* position, const char* end) {
  auto error = [](WireError e) { return LongVarint{static_cast<uint64_t>(e), nullptr}; };
  try {
    uint64_t value = protozero::decode_varint(&position, end);
    return {value, position};
  } catch (const protozero::varint_too_long_exception&) {
    return error(WireError::kVarintTooLong);
  } catch (const protozero::exception&) {
    return error(WireError::kTruncated);
  }
}

}  // namespace anneal
