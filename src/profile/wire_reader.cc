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

bool WireReader::ReadLongVarint(uint64_t& value) {
  try {
    value = protozero::decode_varint(&position_, end_);
    return true;
  } catch (const protozero::varint_too_long_exception&) {
    return Fail(WireError::kVarintTooLong, position_);
  } catch (const protozero::exception&) {
    return Fail(WireError::kTruncated, position_);
  }
}

bool WireReader::SkipFixed(const WireField& field) {
  ptrdiff_t size;
  if (field.type == WireType::kFixed64) {
    size = 8;
  } else if (field.type == WireType::kFixed32) {
    size = 4;
  } else {
    return Fail(WireError::kBadTag, field.start);
  }
  if (end_ - position_ < size) return Fail(WireError::kTruncated, field.start);
  position_ += size;
  return true;
}

}  // namespace anneal
