#include "store/checksum.h"

#include <libdeflate.h>

namespace anneal {
namespace {

constexpr size_t kChecksumSize = 4;

uint32_t Crc(std::string_view key, std::string_view value) {
  uint32_t crc = libdeflate_crc32(0, key.data(), key.size());
  return libdeflate_crc32(crc, value.data(), value.size());
}

}  // namespace

void AppendChecksum(std::string_view key, std::string& value) {
  uint32_t crc = Crc(key, value);
  for (int i = 0; i < 4; ++i) value.push_back(static_cast<char>(crc >> (8 * i)));
}

bool StripChecksum(std::string_view& value) {
  if (value.size() < kChecksumSize) return false;
  value.remove_suffix(kChecksumSize);
  return true;
}

bool CheckAndStripChecksum(std::string_view key, std::string_view& value) {
  if (value.size() < kChecksumSize) return false;
  std::string_view stored = value.substr(value.size() - kChecksumSize);
  value.remove_suffix(kChecksumSize);
  uint32_t crc = Crc(key, value);
  for (size_t i = 0; i < kChecksumSize; ++i) {
    if (static_cast<uint8_t>(stored[i]) != static_cast<uint8_t>(crc >> (8 * i))) return false;
  }
  return true;
}

}  // namespace anneal
