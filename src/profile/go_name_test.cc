#include "profile/go_name.h"

#include <gtest/gtest.h>

namespace anneal {
namespace {

TEST(GoNameTest, ShortensShapesOnly) {
  struct Row {
    std::string_view name, want;
  };
  const Row kRows[] = {
      {"", ""},
      {"main.work", "main.work"},
      {"main.work[go.shape.int]", "main.work[...]"},
      {"main.work[go.shape.int,go.shape.string].func1", "main.work[...].func1"},
      {"main.(*Set[go.shape.[]uint8]).Add", "main.(*Set[...]).Add"},
      {"main.F[go.shape.map[string][4]int].G[go.shape.int]", "main.F[...].G[...]"},
      {R"(main.F[go.shape.struct { A int "json:\"a]\"" }].func2)", "main.F[...].func2"},
      {"main.F[int]", "main.F[int]"},
      {"a[go.shape.int", "a[go.shape.int"},
      {"a[go.shape.int].b[go.shape.[int", "a[...].b[go.shape.[int"},
      {"std::vector<int>::operator[]", "std::vector<int>::operator[]"},
  };
  for (const Row& row : kRows) EXPECT_EQ(ShortGoName(row.name), row.want) << row.name;
}

}  // namespace
}  // namespace anneal
