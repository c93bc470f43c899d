#include "profile/string_order.h"

#include <gtest/gtest.h>

#include <random>

namespace anneal {
namespace {

// The strings in the order that SortByText puts them in.
std::vector<std::string> Sorted(const std::vector<std::string>& texts) {
  StringTable strings;
  std::vector<StringId> ids;
  for (const std::string& text : texts) ids.push_back(strings.Append(text));
  SortByText(strings, ids);
  std::vector<std::string> out;
  for (StringId id : ids) out.emplace_back(strings.Get(id));
  return out;
}

void ExpectSorts(std::vector<std::string> texts) {
  std::mt19937 random(20261128);
  std::shuffle(texts.begin(), texts.end(), random);
  std::vector<std::string> got = Sorted(texts);
  std::sort(texts.begin(), texts.end());  // std::string compares bytes as unsigned
  EXPECT_EQ(got, texts);
}

TEST(StringOrder, ZeroBytesAndHighBytesCount) {
  std::vector<std::string> texts;
  for (const char* stem : {"", "a", "runtime.", "runtime.mallocgc"}) {
    for (size_t zeros = 0; zeros < 20; ++zeros) {
      texts.push_back(std::string(stem) + std::string(zeros, '\0'));
      if (zeros > 0) texts.push_back(texts.back() + "z");
    }
    texts.push_back(std::string(stem) + "\xc3\xa4");
  }
  std::sort(texts.begin(), texts.end());
  texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
  ExpectSorts(texts);
}

TEST(StringOrder, PrefixesComeBeforeTheirExtensions) {
  std::vector<std::string> texts;
  std::string chain;
  for (int i = 0; i < 500; ++i) texts.push_back(chain += static_cast<char>('a' + i % 3));
  ExpectSorts(texts);
}

TEST(StringOrder, AVeryLongSharedPrefixIsNoDeepRecursion) {
  std::vector<std::string> texts;
  for (int i = 0; i < 6; ++i) {
    texts.push_back(std::string(size_t{8} << 20, 'x') + static_cast<char>('a' + i));
  }
  ExpectSorts(texts);
}

}  // namespace
}  // namespace anneal
