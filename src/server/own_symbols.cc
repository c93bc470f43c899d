#include "server/own_symbols.h"

#include <cxxabi.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <tuple>

#include "base/build_id.h"
#include "base/elf_file.h"
#include "base/fs.h"

namespace anneal {
namespace {

std::string_view Part(std::string_view bytes, uint64_t offset, uint64_t size) {
  if (offset > bytes.size()) return {};
  return bytes.substr(offset, std::min<uint64_t>(size, bytes.size() - offset));
}

std::string_view TextAt(std::string_view table, uint64_t offset) {
  if (offset >= table.size()) return {};
  const std::string_view rest = table.substr(offset);
  return rest.substr(0, rest.find('\0'));
}

void AddSymbols(std::string_view bytes, const Elf64_Shdr& section, std::string_view names,
                std::vector<ElfSymbol>& symbols) {
  const std::string_view table = Part(bytes, section.sh_offset, section.sh_size);
  for (uint64_t at = 0;; at += sizeof(Elf64_Sym)) {
    const auto symbol = ReadAt<Elf64_Sym>(table, at);
    if (!symbol) return;
    const unsigned type = ELF64_ST_TYPE(symbol->st_info);
    if ((type != STT_FUNC && type != STT_GNU_IFUNC) || symbol->st_shndx == SHN_UNDEF) continue;
    const std::string_view name = TextAt(names, symbol->st_name);
    if (!name.empty()) symbols.push_back({symbol->st_value, symbol->st_size, std::string(name)});
  }
}

CodeSymbol Named(uint64_t start, const std::string& name) {
  int status = 0;
  char* demangled = abi::__cxa_demangle(name.c_str(), nullptr, nullptr, &status);
  CodeSymbol symbol{.start = start, .name = status == 0 ? demangled : name, .system_name = name};
  std::free(demangled);
  return symbol;
}

// "7f00-7f10 r-xp 00001000 08:01 123   /usr/lib/x.so" when it is code.
std::optional<CodeMapping> ParseMapsLine(std::string_view line) {
  CodeMapping mapping;
  const auto number = [&](uint64_t& into, char end) {
    const char* last = line.data() + line.size();
    const auto parsed = std::from_chars(line.data(), last, into, 16);
    if (parsed.ec != std::errc() || parsed.ptr == last || *parsed.ptr != end) return false;
    line.remove_prefix(static_cast<size_t>(parsed.ptr - line.data()) + 1);
    return true;
  };
  if (!number(mapping.start, '-') || !number(mapping.limit, ' ')) return std::nullopt;
  if (line.size() < 5 || line[2] != 'x') return std::nullopt;
  line.remove_prefix(5);
  if (!number(mapping.offset, ' ')) return std::nullopt;
  const size_t path = line.find_first_of("/[");
  if (path == std::string_view::npos) return std::nullopt;
  mapping.file = std::string(line.substr(path));
  return mapping;
}

}  // namespace

Result<ElfImage> ParseElf(std::string_view bytes) {
  const std::optional<Elf64_Ehdr> header = ElfHeaderOf(bytes);
  if (!header) return InvalidArgument("not a 64-bit little-endian ELF file");
  ElfImage image;
  image.build_id = GnuBuildId(bytes);
  for (uint64_t i = 0; i < header->e_phnum; ++i) {
    const auto segment = ReadAt<Elf64_Phdr>(bytes, header->e_phoff + i * sizeof(Elf64_Phdr));
    if (!segment) break;
    if (segment->p_type == PT_LOAD && (segment->p_flags & PF_X) != 0) {
      image.segments.push_back({segment->p_offset, segment->p_vaddr, segment->p_filesz});
    }
  }
  for (uint64_t i = 0; i < header->e_shnum; ++i) {
    const auto section = ReadAt<Elf64_Shdr>(bytes, header->e_shoff + i * sizeof(Elf64_Shdr));
    if (!section) break;
    if (section->sh_type != SHT_SYMTAB && section->sh_type != SHT_DYNSYM) continue;
    const auto names =
        ReadAt<Elf64_Shdr>(bytes, header->e_shoff + section->sh_link * sizeof(Elf64_Shdr));
    if (!names) continue;
    AddSymbols(bytes, *section, Part(bytes, names->sh_offset, names->sh_size), image.symbols);
  }
  // Of names for one address the one with a size, then the smallest, so that it is always the same.
  std::sort(image.symbols.begin(), image.symbols.end(), [](const ElfSymbol& a, const ElfSymbol& b) {
    return std::tuple(a.address, a.size == 0, std::string_view(a.name)) <
           std::tuple(b.address, b.size == 0, std::string_view(b.name));
  });
  image.symbols.erase(
      std::unique(image.symbols.begin(), image.symbols.end(),
                  [](const ElfSymbol& a, const ElfSymbol& b) { return a.address == b.address; }),
      image.symbols.end());
  return image;
}

OwnSymbols::OwnSymbols() {
  const Result<std::string> maps = Fs::System().ReadFile("/proc/self/maps");
  if (!maps.ok()) return;
  for (std::string_view rest = *maps; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    if (std::optional<CodeMapping> mapping = ParseMapsLine(line)) {
      mappings_.push_back(std::move(*mapping));
    }
  }
  std::error_code error;
  const std::string self = std::filesystem::read_symlink("/proc/self/exe", error).string();
  std::stable_partition(mappings_.begin(), mappings_.end(),
                        [&](const CodeMapping& mapping) { return mapping.file == self; });
}

const CodeMapping& OwnSymbols::Mapping(size_t index) {
  mappings_[index].build_id = FileOf(index).image.build_id;
  return mappings_[index];
}

int OwnSymbols::MappingOf(uint64_t address) const {
  for (size_t i = 0; i < mappings_.size(); ++i) {
    if (address >= mappings_[i].start && address < mappings_[i].limit) return static_cast<int>(i);
  }
  return -1;
}

const OwnSymbols::File& OwnSymbols::FileOf(size_t mapping) {
  const std::string& path = mappings_[mapping].file;
  const auto [file, is_new] = files_.try_emplace(path);
  if (!is_new) return file->second;
  file->second.base_name = path.substr(path.rfind('/') + 1);
  if (!path.starts_with('/')) return file->second;  // "[vdso]"
  // A file that is gone or replaced since leaves its functions without names.
  const Result<std::string> bytes = Fs::System().ReadFile(path);
  Result<ElfImage> image = bytes.ok() ? ParseElf(*bytes) : Result<ElfImage>(bytes.status());
  if (image.ok()) file->second.image = std::move(image).value();
  return file->second;
}

const CodeSymbol& OwnSymbols::Find(uint64_t address) {
  const auto [found, is_new] = by_address_.try_emplace(address);
  CodeSymbol& symbol = found->second;
  if (!is_new) return symbol;
  const int mapping = MappingOf(address);
  if (mapping < 0) return symbol = Named(address, "[unknown]");
  const CodeMapping& code = mappings_[static_cast<size_t>(mapping)];
  const File& file = FileOf(static_cast<size_t>(mapping));
  const uint64_t offset = address - code.start + code.offset;
  for (const ElfImage::Segment& segment : file.image.segments) {
    if (offset < segment.offset || offset - segment.offset >= segment.size) continue;
    const uint64_t linked = offset - segment.offset + segment.address;
    const std::vector<ElfSymbol>& symbols = file.image.symbols;
    auto next = std::upper_bound(symbols.begin(), symbols.end(), linked,
                                 [](uint64_t a, const ElfSymbol& s) { return a < s.address; });
    if (next == symbols.begin()) break;
    --next;
    // Hand-written assembly has no size: it reaches to the next symbol.
    if (next->size != 0 && linked - next->address >= next->size) break;
    return symbol = Named(address - (linked - next->address), next->name);
  }
  const std::string_view name = file.base_name;
  return symbol = Named(code.start,
                        name.starts_with('[') ? std::string(name) : fmt::format("[{}]", name));
}

}  // namespace anneal
