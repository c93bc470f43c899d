#include "cli/text_table.h"

#include <gtest/gtest.h>

namespace anneal {
namespace {

TEST(TextTable, AlignsAndTrims) {
  using Align = TextTable::Align;
  TextTable table({{"N", Align::kRight}, {"NAME", Align::kLeft}, {"X", Align::kLeft}});
  table.AddRow({"1", "µs", "long"});
  table.AddRow({"1234", "abcdef", ""});
  EXPECT_EQ(table.Render(),
            "   N  NAME    X\n"
            "   1  µs      long\n"
            "1234  abcdef\n");
}

TEST(TextTable, WithoutRowsIsItsTitles) { EXPECT_EQ(TextTable({{"A"}, {"B"}}).Render(), "A  B\n"); }

}  // namespace
}  // namespace anneal
