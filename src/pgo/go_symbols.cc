#include "pgo/go_symbols.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <optional>

namespace anneal {
namespace {

// The start of a pclntab: magic, two zero bytes, instruction quantum, pointer size, then words of
// pointer size: functions, files, unused, and the offsets, from the header, of function names,
// compilation units, files, pc tables and the function table, in this order.
struct Header {
  uint64_t functions = 0;
  uint64_t names_begin = 0, names_end = 0;  // offsets from the header
};

constexpr size_t kFixedSize = 8;
constexpr size_t kWords = 8;

uint64_t Word(std::string_view bytes, size_t at, size_t size, std::endian order) {
  uint64_t value = 0;
  for (size_t i = 0; i < size; ++i) {
    size_t digit = order == std::endian::little ? size - 1 - i : i;
    value = value << 8 | static_cast<unsigned char>(bytes[at + digit]);
  }
  return value;
}

// The header at the start of `bytes`, if what follows the magic number bears it out: the number
// also stands in the code of programs that read such tables.
std::optional<Header> ParseHeader(std::string_view bytes, std::endian order) {
  if (bytes.size() < kFixedSize) return std::nullopt;
  auto byte = [&](size_t i) { return static_cast<unsigned char>(bytes[i]); };
  bool quantum_known = byte(6) == 1 || byte(6) == 2 || byte(6) == 4;
  bool size_known = byte(7) == 4 || byte(7) == 8;
  if (byte(4) != 0 || byte(5) != 0 || !quantum_known || !size_known) return std::nullopt;
  size_t size = byte(7);
  if (bytes.size() < kFixedSize + kWords * size) return std::nullopt;
  std::array<uint64_t, kWords> words{};
  for (size_t i = 0; i < kWords; ++i) words[i] = Word(bytes, kFixedSize + i * size, size, order);
  Header header{.functions = words[0], .names_begin = words[3], .names_end = words[4]};
  bool rising = std::is_sorted(words.begin() + 3, words.end());
  bool fits = words[7] <= bytes.size() && words[3] >= kFixedSize + kWords * size;
  if (header.functions == 0 || !rising || !fits || header.names_begin == header.names_end) {
    return std::nullopt;
  }
  return header;
}

std::vector<std::string> Names(std::string_view table) {
  std::vector<std::string> names;
  while (!table.empty()) {
    size_t end = table.find('\0');
    if (end != 0) names.emplace_back(table.substr(0, end));
    table.remove_prefix(end == std::string_view::npos ? table.size() : end + 1);
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

}  // namespace

bool GoSymbols::Contains(std::string_view name) const {
  return std::binary_search(names.begin(), names.end(), name, std::less<>());
}

Result<GoSymbols> ReadGoSymbols(std::string_view binary) {
  struct Magic {
    std::string_view bytes;
    std::endian order;
  };
  for (const Magic& magic : {Magic{"\xf1\xff\xff\xff", std::endian::little},
                             Magic{"\xff\xff\xff\xf1", std::endian::big}}) {
    for (size_t at = binary.find(magic.bytes); at != std::string_view::npos;
         at = binary.find(magic.bytes, at + 1)) {
      std::string_view tail = binary.substr(at);
      std::optional<Header> header = ParseHeader(tail, magic.order);
      if (!header) continue;
      GoSymbols symbols{
          Names(tail.substr(header->names_begin, header->names_end - header->names_begin))};
      // Each program has this one; a table of something else has not.
      if (symbols.Contains("runtime.main") || symbols.Contains("runtime.goexit")) return symbols;
    }
  }
  return Error(Code::kNotFound,
               "no function table of Go 1.20 or later: not a Go binary, or one packed or built by "
               "an older Go");
}

}  // namespace anneal
