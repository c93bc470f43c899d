#include "base/suggest.h"

#include <gtest/gtest.h>

namespace anneal {
namespace {

TEST(EditDistance, CountsTheLeastEdits) {
  struct Row {
    std::string_view a, b;
    size_t distance;
  };
  for (const Row& row : std::vector<Row>{{"", "", 0},
                                         {"", "abc", 3},
                                         {"serve", "serve", 0},
                                         {"serve", "sevre", 1},  // neighbours swapped
                                         {"serve", "srve", 1},
                                         {"serve", "serves", 1},
                                         {"serve", "sarve", 1},
                                         {"kitten", "sitting", 3}}) {
    EXPECT_EQ(EditDistance(row.a, row.b), row.distance) << row.a << " " << row.b;
    EXPECT_EQ(EditDistance(row.b, row.a), row.distance) << row.b << " " << row.a;
  }
}

TEST(Suggest, TakesTheNearestWithinAThirdOfTheWord) {
  std::vector<std::string> names = {"serve", "scrape", "query", "--query", "--profile-type"};
  EXPECT_EQ(Suggest("sevre", names), "serve");
  EXPECT_EQ(Suggest("scarpe", names), "scrape");
  EXPECT_EQ(Suggest("--qurey", names), "--query");
  EXPECT_EQ(Suggest("--profle-typ", names), "--profile-type");
  EXPECT_EQ(Suggest("xyz", names), "");
  EXPECT_EQ(Suggest("s", names), "");
  EXPECT_EQ(Suggest("", names), "");
  EXPECT_EQ(Suggest("anything", {}), "");
}

}  // namespace
}  // namespace anneal
