#include "base/build_id.h"

#include <elf.h>
#include <gtest/gtest.h>

#include <cstring>

namespace anneal {
namespace {

template <typename T>
std::string BytesOf(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof(T)};
}

std::string Note(uint32_t type, std::string name, std::string id) {
  Elf64_Nhdr header{static_cast<uint32_t>(name.size()), static_cast<uint32_t>(id.size()), type};
  name.resize((name.size() + 3) / 4 * 4);
  id.resize((id.size() + 3) / 4 * 4);
  return BytesOf(header) + name + id;
}

// A file with one segment of notes behind one of another type.
std::string File(const std::string& notes) {
  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_phoff = sizeof(header);
  header.e_phnum = 2;
  Elf64_Phdr other{}, segment{};
  other.p_type = PT_LOAD;
  segment.p_type = PT_NOTE;
  segment.p_offset = sizeof(header) + 2 * sizeof(segment);
  segment.p_filesz = notes.size();
  return BytesOf(header) + BytesOf(other) + BytesOf(segment) + notes;
}

// As Go's linker does it: its own note is a segment, GNU's a section only.
std::string FileWithSection(const std::string& notes) {
  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_shoff = sizeof(header) + notes.size();
  header.e_shnum = 2;
  Elf64_Shdr none{}, section{};
  section.sh_type = SHT_NOTE;
  section.sh_offset = sizeof(header);
  section.sh_size = notes.size();
  return BytesOf(header) + notes + BytesOf(none) + BytesOf(section);
}

const std::string kGnu("GNU", 4), kGo("Go\0\0", 4);

TEST(BuildId, IsTheNoteOfTheLinker) {
  struct Row {
    std::string file, id;
  };
  for (const Row& row : {
           Row{File(Note(NT_GNU_BUILD_ID, kGnu, "\x01\xab\xff")), "01abff"},
           Row{File(Note(4, kGo, "abcde") + Note(NT_GNU_BUILD_ID, kGnu, "\x10")), "10"},
           Row{FileWithSection(Note(NT_GNU_BUILD_ID, kGnu, "\x7f\x80")), "7f80"},
           Row{File(Note(NT_GNU_BUILD_ID, kGo, "x")), ""},
           Row{File(Note(1, kGnu, "x")), ""},
           Row{File(Note(NT_GNU_BUILD_ID, kGnu, std::string(65, 'x'))), ""},
           Row{File(""), ""},
           Row{"", ""},
           Row{"#!/bin/sh\n", ""},
       }) {
    EXPECT_EQ(GnuBuildId(row.file), row.id);
  }
}

TEST(BuildId, EveryPrefixIsWithout) {
  const std::string file = File(Note(4, kGo, "abcde") + Note(NT_GNU_BUILD_ID, kGnu, "\x10\x20"));
  for (size_t n = 0; n + 2 < file.size(); ++n) EXPECT_EQ(GnuBuildId(file.substr(0, n)), "") << n;
}

TEST(BuildId, HugeNumbersEndNothing) {
  std::string file = File(Note(NT_GNU_BUILD_ID, kGnu, "\x10"));
  for (size_t i = SELFMAG; i + 8 <= file.size(); ++i) {
    std::string broken = file;
    broken.replace(i, 8, 8, '\xff');
    GnuBuildId(broken);
  }
}

}  // namespace
}  // namespace anneal
