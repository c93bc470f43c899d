// The bytes of an ELF file (elf(5)). Files are hostile: every offset is checked against what is
// there.
#pragma once

#include <elf.h>

#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

namespace anneal {

// A copy of the T at `offset`, or nullopt beyond the end: nothing in the file is aligned for us.
template <typename T>
std::optional<T> ReadAt(std::string_view bytes, uint64_t offset) {
  if (offset > bytes.size() || bytes.size() - offset < sizeof(T)) return std::nullopt;
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

// Of a file of 64 bits, little endian; nullopt when the bytes are anything else.
inline std::optional<Elf64_Ehdr> ElfHeaderOf(std::string_view bytes) {
  const std::optional<Elf64_Ehdr> header = ReadAt<Elf64_Ehdr>(bytes, 0);
  if (!header || std::memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 ||
      header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_ident[EI_DATA] != ELFDATA2LSB) {
    return std::nullopt;
  }
  return header;
}

}  // namespace anneal
