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

}  // namespace
}  // namespace anneal
