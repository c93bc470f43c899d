#include "pgo/go_symbols.h"

#include <gtest/gtest.h>

namespace anneal {
namespace {

void PutWord(std::string& out, uint64_t word, size_t size, bool big_endian) {
  for (size_t i = 0; i < size; ++i) {
    size_t digit = big_endian ? size - 1 - i : i;
    out.push_back(static_cast<char>(word >> (8 * digit) & 0xff));
  }
}

// A pclntab with these names and nothing in its other tables.
std::string Table(std::string_view names, size_t pointer_size, bool big_endian) {
  std::string out = big_endian ? "\xff\xff\xff\xf1" : "\xf1\xff\xff\xff";
  out += std::string("\0\0\1", 3);
  out.push_back(static_cast<char>(pointer_size));
  uint64_t begin = 8 + 8 * pointer_size, end = begin + names.size();
  for (uint64_t word : {uint64_t{3}, uint64_t{1}, uint64_t{0}, begin, end, end, end, end}) {
    PutWord(out, word, pointer_size, big_endian);
  }
  return out.append(names);
}

constexpr std::string_view kNames("runtime.main\0main.F[go.shape.int]\0main.main\0main.main\0", 54);

TEST(GoSymbols, AreFoundWhereverTheTableLies) {
  for (bool big_endian : {false, true}) {
    for (size_t pointer_size : {4u, 8u}) {
      std::string decoy = "\xf1\xff\xff\xff is also a constant in debug/gosym \xff\xff\xff\xf1";
      std::string binary =
          "\x7f"
          "ELF" +
          decoy + Table(kNames, pointer_size, big_endian) + "tail";
      Result<GoSymbols> symbols = ReadGoSymbols(binary);
      ASSERT_TRUE(symbols.ok()) << symbols.status().ToString();
      EXPECT_EQ(symbols->names,
                (std::vector<std::string>{"main.F[go.shape.int]", "main.main", "runtime.main"}));
      EXPECT_TRUE(symbols->Contains("main.F[go.shape.int]"));
      EXPECT_FALSE(symbols->Contains("main.F"));
    }
  }
}

TEST(GoSymbols, AreNotFoundInAnythingElse) {
  std::string table = Table(kNames, 8, false);
  for (size_t n = 0; n < table.size(); ++n) {
    EXPECT_FALSE(ReadGoSymbols(std::string_view(table).substr(0, n)).ok()) << n;
  }
  EXPECT_FALSE(ReadGoSymbols("").ok());
  EXPECT_FALSE(ReadGoSymbols(Table(std::string_view("main.main\0", 10), 8, false)).ok());
  // Offsets that point outside.
  for (size_t word = 3; word < 8; ++word) {
    std::string broken = table;
    broken[8 + word * 8 + 7] = '\x7f';
    EXPECT_FALSE(ReadGoSymbols(broken).ok()) << word;
  }
}

}  // namespace
}  // namespace anneal
