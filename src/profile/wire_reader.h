// WireReader: walks the fields of one protobuf message, without allocation or exceptions, and
// never reads past the message. A thin, inlined front of protozero's varint decoder.
//
// Nothing here hands out the reader's own address, so that its two pointers stay in registers:
// what is not inlined takes and returns them as values. (Half of the time of a decode otherwise.)
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
  const char* end() const { return end_; }
  WireError error() const { return error_; }

  // These return false at an error; then error() says which.
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
    LongVarint result = ReadLongVarint(position_, end_);
    value = result.value;
    if (result.next == nullptr) [[unlikely]] {
      return Fail(static_cast<WireError>(result.value), position_);
    }
    position_ = result.next;
    return true;
  }
  // A tag's byte, for callers that know the tags of one byte. REQUIRES: !AtEnd().
  uint8_t TakeByte() { return static_cast<uint8_t>(*position_++); }
  void MoveTo(const char* position) { position_ = position; }
  // What a field of wire type kBytes holds, once its tag has been taken.
  bool ReadBytes(std::string_view& bytes) {
    uint64_t size;
    const char* start = position_;
    if (!ReadVarint(size)) return false;
    if (size > static_cast<uint64_t>(end_ - position_)) [[unlikely]] {
      return Fail(WireError::kTruncated, start);
    }
    bytes = std::string_view(position_, static_cast<size_t>(size));
    position_ += size;
    return true;
  }
  // REQUIRES: !AtEnd().
  bool ReadField(WireField& field) {
    field.start = position_;
    uint64_t tag;
    if (!ReadVarint(tag)) return false;
    field.number = static_cast<uint32_t>(tag >> 3);
    field.type = static_cast<WireType>(tag & 7);
    if (tag < 8 || tag > UINT32_MAX) [[unlikely]] {
      return Fail(WireError::kBadTag, field.start);
    }
    switch (field.type) {
      case WireType::kBytes:
        return ReadBytes(field.bytes);
      case WireType::kVarint:
        return ReadVarint(field.value);
      case WireType::kFixed64:
        return SkipBytes(8);
      case WireType::kFixed32:
        return SkipBytes(4);
    }
    return Fail(WireError::kBadTag, field.start);
  }

 private:
  struct LongVarint {
    uint64_t value;    // when next is null: the WireError
    const char* next;  // just behind the varint
  };
  static LongVarint ReadLongVarint(const char* position, const char* end);

  bool SkipBytes(ptrdiff_t size) {
    if (end_ - position_ < size) return Fail(WireError::kTruncated, position_);
    position_ += size;
    return true;
  }
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
