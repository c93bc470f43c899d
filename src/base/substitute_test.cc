#include "base/substitute.h"

#include <gtest/gtest.h>

namespace anneal {
namespace {

TEST(Substitute, ReplacesKnownNamesOnce) {
  struct Case {
    std::string_view text, want;
  };
  const Case cases[] = {
      {"", ""},
      {"./app", "./app"},
      {"./app -p {port}", "./app -p 80"},
      {"{port}{port}", "8080"},
      {"{other} {port", "{other} {port"},
      {"{{port}}", "{80}"},
      {"awk '{print $1}' {out}", "awk '{print $1}' {port}/x"},
      {"{por}{portx}{", "{por}{portx}{"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(Substitute(c.text, {{"port", "80"}, {"out", "{port}/x"}}), c.want) << c.text;
  }
}

TEST(ShellWordTest, IsOneWordWhateverItHolds) {
  struct Row {
    const char* text;
    const char* word;
  };
  for (const Row& row : {Row{"/a/b-1.pgo", "/a/b-1.pgo"}, Row{"", "''"}, Row{"a b", "'a b'"},
                         Row{"it's", "'it'\\''s'"}, Row{"$x*", "'$x*'"}, Row{"A=b", "'A=b'"}}) {
    EXPECT_EQ(ShellWord(row.text), row.word);
  }
}

}  // namespace
}  // namespace anneal
