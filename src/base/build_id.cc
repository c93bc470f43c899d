#include "base/build_id.h"

#include <fmt/format.h>

#include "base/elf_file.h"

namespace anneal {
namespace {

// Room for any hash; what claims to be longer is no id.
constexpr size_t kMaxIdBytes = 64;

std::string_view Part(std::string_view bytes, uint64_t offset, uint64_t size) {
  if (offset > bytes.size() || bytes.size() - offset < size) return {};
  return bytes.substr(offset, size);
}

uint64_t Aligned(uint64_t size) { return (size + 3) & ~uint64_t{3}; }

std::string IdIn(std::string_view notes) {
  for (uint64_t at = 0;;) {
    std::optional<Elf64_Nhdr> note = ReadAt<Elf64_Nhdr>(notes, at);
    if (!note) return {};
    uint64_t name_at = at + sizeof(*note), id_at = name_at + Aligned(note->n_namesz);
    std::string_view id = Part(notes, id_at, note->n_descsz);
    if (note->n_type == NT_GNU_BUILD_ID && !id.empty() && id.size() <= kMaxIdBytes &&
        Part(notes, name_at, note->n_namesz) == std::string_view("GNU\0", 4)) {
      std::string hex;
      for (char c : id) hex += fmt::format("{:02x}", static_cast<uint8_t>(c));
      return hex;
    }
    at = id_at + Aligned(note->n_descsz);
  }
}

std::string_view NotesOf(std::string_view file, const Elf64_Phdr& segment) {
  return segment.p_type == PT_NOTE ? Part(file, segment.p_offset, segment.p_filesz)
                                   : std::string_view();
}

std::string_view NotesOf(std::string_view file, const Elf64_Shdr& section) {
  return section.sh_type == SHT_NOTE ? Part(file, section.sh_offset, section.sh_size)
                                     : std::string_view();
}

// Of a table of segments or sections.
template <typename Row>
std::string IdOfTable(std::string_view file, uint64_t offset, uint64_t count) {
  if (offset > file.size()) return {};
  for (uint64_t i = 0; i < count; ++i) {
    std::optional<Row> row = ReadAt<Row>(file, offset + i * sizeof(Row));
    if (!row) return {};
    std::string id = IdIn(NotesOf(file, *row));
    if (!id.empty()) return id;
  }
  return {};
}

}  // namespace

std::string GnuBuildId(std::string_view file) {
  const std::optional<Elf64_Ehdr> header = ElfHeaderOf(file);
  if (!header) return {};
  std::string id = IdOfTable<Elf64_Phdr>(file, header->e_phoff, header->e_phnum);
  // Go's linker lists its own note alone among the segments.
  return id.empty() ? IdOfTable<Elf64_Shdr>(file, header->e_shoff, header->e_shnum) : id;
}

}  // namespace anneal
