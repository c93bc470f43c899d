// Names for the program counters of this process, from the symbol tables of the files that are
// mapped into it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace anneal {

// A stretch of the address space that is code of one file.
struct CodeMapping {
  uint64_t start = 0, limit = 0, offset = 0;
  std::string file;
  std::string build_id;  // hexadecimal; empty: none
};

struct CodeSymbol {
  uint64_t start = 0;       // in the address space
  std::string name;         // demangled
  std::string system_name;  // as linked
};

// The symbols of one ELF file.
struct ElfSymbol {
  uint64_t address = 0, size = 0;  // as linked
  std::string name;                // mangled
};
struct ElfImage {
  std::vector<ElfSymbol> symbols;  // functions, by address
  std::string build_id;
  // A loaded segment's file offset and address: what turns one into the other.
  struct Segment {
    uint64_t offset = 0, address = 0, size = 0;
  };
  std::vector<Segment> segments;  // executable ones
};
// kInvalidArgument for what is no ELF file of this machine's kind; every offset is checked.
Result<ElfImage> ParseElf(std::string_view bytes);

class OwnSymbols {
 public:
  // Reads /proc/self/maps; files only when an address in them is asked for. Not thread-safe.
  OwnSymbols();

  // The index of the mapping that holds the address, those of the program first; or -1.
  int MappingOf(uint64_t address) const;
  // REQUIRES: an index that MappingOf gave.
  const CodeMapping& Mapping(size_t index);
  // The function whose body holds the address; without a symbol for it, the mapping's file in
  // brackets, "[libc.so.6]". The reference lives as long as this.
  const CodeSymbol& Find(uint64_t address);

 private:
  struct File {
    ElfImage image;
    std::string base_name;
  };
  const File& FileOf(size_t mapping);

  std::vector<CodeMapping> mappings_;
  std::map<std::string, File> files_;          // by path
  std::map<uint64_t, CodeSymbol> by_address_;  // answers, by the address asked for
};

}  // namespace anneal
