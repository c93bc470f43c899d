// WireReader: walks the fields of one protobuf message, without allocation or exceptions.
// A thin, inlined front of protozero's varint decoder; it never reads past the message.
#pragma once

#include <cstdint>
#include <string_view>

namespace anneal {

enum class WireError : uint8_t {
  kNone,
  kTruncated,      // the message ends inside a field
  kVarintTooLong,  // a varint of more than ten bytes
  kBadTag,         // field number 0, or a wire type that proto3 does not have
};
std::string_view WireErrorText(WireError error);

enum class WireType : uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

struct WireField {
  uint32_t number = 0;
  WireType type = WireType::kVarint;
  uint64_t value = 0;           // kVarint: the value
  std::string_view bytes;       // kBytes: the content
  const char* start = nullptr;  // first byte of the tag
};

class WireReader {
 public:
  explicit WireReader(std::string_view message)
      : position_(message.data()), end_(message.data() + message.size()) {}

  bool AtEnd() const { return position_ == end_; }
  // Where the next read starts; after an error, where the unreadable item starts.
  const char* position() const { return position_; }
  WireError error() const { return error_; }

  // Both return false at an error; then error() says which.
  bool ReadVarint(uint64_t& value) {
    if (position_ < end_ && static_cast<int8_t>(*position_) >= 0) [[likely]] {
      value = static_cast<uint8_t>(*position_++);
      return true;
    }
    if (end_ - position_ >= 2 && static_cast<int8_t>(position_[1]) >= 0) {
      value = (static_cast<uint64_t>(*position_) & 0x7f) | static_cast<uint64_t>(position_[1]) << 7;
      position_ += 2;
      return true;
    }
    return ReadLongVarint(value);
  }
  // REQUIRES: !AtEnd().
  bool ReadField(WireField& field) {
    field.start = position_;
    uint64_t tag;
    if (!ReadVarint(tag)) return false;
    field.number = static_cast<uint32_t>(tag >> 3);
    field.type = static_cast<WireType>(tag & 7);
    if (tag < 8 || tag > UINT32_MAX) return Fail(WireError::kBadTag, field.start);
    if (field.type == WireType::kVarint) return ReadVarint(field.value);
    if (field.type == WireType::kBytes) [[likely]] {
      uint64_t size;
      if (!ReadVarint(size)) return false;
      if (size > static_cast<uint64_t>(end_ - position_)) {
        return Fail(WireError::kTruncated, field.start);
      }
      field.bytes = std::string_view(position_, static_cast<size_t>(size));
      position_ += size;
      return true;
    }
    return SkipFixed(field);
  }

 private:
  bool ReadLongVarint(uint64_t& value);
  bool SkipFixed(const WireField& field);
  bool Fail(WireError error, const char* position) {
    error_ = error;
    position_ = position;
    return false;
  }

  const char* position_;
  const char* end_;
  WireError error_ = WireError::kNone;
};

}  // namespace anneal
