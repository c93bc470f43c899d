// Bytes: how numbers and strings lie in the store's records. docs/format/store.md, "Primitives".
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace anneal {

// Big-endian, so that the order of keys is the order of numbers.
inline void PutBig32(std::string& out, uint32_t v) {
  const char bytes[4] = {static_cast<char>(v >> 24), static_cast<char>(v >> 16),
                         static_cast<char>(v >> 8), static_cast<char>(v)};
  out.append(bytes, 4);
}
inline void PutBig64(std::string& out, uint64_t v) {
  PutBig32(out, static_cast<uint32_t>(v >> 32));
  PutBig32(out, static_cast<uint32_t>(v));
}
// REQUIRES: 4 (8) bytes from `p`.
inline uint32_t GetBig32(const char* p) {
  const auto* u = reinterpret_cast<const uint8_t*>(p);
  return static_cast<uint32_t>(u[0]) << 24 | static_cast<uint32_t>(u[1]) << 16 |
         static_cast<uint32_t>(u[2]) << 8 | u[3];
}
inline uint64_t GetBig64(const char* p) {
  return static_cast<uint64_t>(GetBig32(p)) << 32 | GetBig32(p + 4);
}

// Base 128, low group first, as in protobuf.
inline void PutVarint(std::string& out, uint64_t v) {
  char bytes[10];
  size_t n = 0;
  for (; v >= 0x80; v >>= 7) bytes[n++] = static_cast<char>(v | 0x80);
  bytes[n++] = static_cast<char>(v);
  out.append(bytes, n);
}
// 0, -1, 1, -2 … → 0, 1, 2, 3 …
constexpr uint64_t ZigZag(int64_t v) {
  return (static_cast<uint64_t>(v) << 1) ^ static_cast<uint64_t>(v >> 63);
}
constexpr int64_t UnZigZag(uint64_t v) {
  return static_cast<int64_t>(v >> 1) ^ -static_cast<int64_t>(v & 1);
}
inline void PutZigZag(std::string& out, int64_t v) { PutVarint(out, ZigZag(v)); }
inline void PutBytes(std::string& out, std::string_view bytes) {
  PutVarint(out, bytes.size());
  out.append(bytes);
}

// Reads what the Put functions wrote. After the first bad read ok() stays false and every read
// gives zero, so that a decoder checks once at its end.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes)
      : p_(reinterpret_cast<const uint8_t*>(bytes.data())), end_(p_ + bytes.size()) {}

  bool ok() const { return ok_; }
  bool AtEnd() const { return p_ == end_; }
  size_t Remaining() const { return static_cast<size_t>(end_ - p_); }

  uint8_t Byte() {
    if (p_ == end_) return Fail();
    return *p_++;
  }
  uint64_t Varint() {
    if (p_ != end_ && *p_ < 0x80) return *p_++;
    uint64_t v = 0;
    for (unsigned shift = 0; shift < 70 && p_ != end_; shift += 7) {
      uint8_t byte = *p_++;
      if (shift == 63 && byte > 1) break;
      v |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return v;
    }
    return Fail();
  }
  uint32_t Varint32() {
    uint64_t v = Varint();
    return v <= UINT32_MAX ? static_cast<uint32_t>(v) : Fail();
  }
  int64_t ZigZag() { return UnZigZag(Varint()); }
  std::string_view Bytes() {
    uint64_t size = Varint();
    if (size > Remaining()) {
      Fail();
      return {};
    }
    std::string_view bytes(reinterpret_cast<const char*>(p_), size);
    p_ += size;
    return bytes;
  }
  uint64_t Big64() {
    if (Remaining() < 8) return Fail();
    p_ += 8;
    return GetBig64(reinterpret_cast<const char*>(p_ - 8));
  }
  // Skips `count` varints without reading them.
  void SkipVarints(uint64_t count) {
    while (count >= 8 && Remaining() >= 8) {
      uint64_t word;
      std::memcpy(&word, p_, 8);
      count -= static_cast<unsigned>(std::popcount(~word & 0x8080808080808080u));
      p_ += 8;
    }
    for (; count > 0 && p_ != end_; ++p_) count -= *p_ < 0x80 ? 1 : 0;
    if (count > 0) Fail();
  }
  // Marks the input as bad; returns 0.
  uint8_t Fail() {
    ok_ = false;
    p_ = end_;
    return 0;
  }

 private:
  const uint8_t* p_;
  const uint8_t* end_;
  bool ok_ = true;
};

}  // namespace anneal
