#include "cli/top_functions.h"

#include <gtest/gtest.h>

#include "collect/testing/small_profile.h"

namespace anneal {
namespace {

// main → work → (inlined) leaf; main → main (recursion); an address without symbols.
Profile Stacks() {
  Profile p =
      SmallProfile{{{"cpu", "nanoseconds"}}, {{"leaf", {0}}, {"main", {0}}, {"work", {0}}}}.Build();
  p.stack_ends.clear();
  p.sample_locations.clear();
  p.sample_values.clear();
  p.lines.clear();
  p.locations.clear();
  p.lines = {{.function = FunctionId{0}}, {.function = FunctionId{2}}, {.function = FunctionId{1}}};
  p.locations = {{.lines_begin = 0, .lines_end = 2},  // leaf inlined into work
                 {.lines_begin = 2, .lines_end = 3},  // main
                 {.address = 0x1234}};
  auto add = [&p](std::vector<uint32_t> stack, int64_t value) {
    for (uint32_t location : stack) p.sample_locations.push_back(LocationId{location});
    p.stack_ends.push_back(static_cast<uint32_t>(p.sample_locations.size()));
    p.sample_values.push_back(value);
  };
  add({0, 1}, 10);
  add({1, 1, 1}, 5);
  add({2, 1}, 1);
  return p;
}

TEST(TopFunctions, CountsEachFunctionOnceAStack) {
  FunctionCosts costs = TopFunctions(Stacks(), 0);
  EXPECT_EQ(costs.total, 16);
  struct Row {
    std::string name;
    int64_t self, total;
  };
  std::vector<Row> rows = {{"leaf", 10, 10}, {"main", 5, 16}, {"0x1234", 1, 1}, {"work", 0, 10}};
  ASSERT_EQ(costs.functions.size(), rows.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(costs.functions[i].name, rows[i].name);
    EXPECT_EQ(costs.functions[i].self, rows[i].self) << rows[i].name;
    EXPECT_EQ(costs.functions[i].total, rows[i].total) << rows[i].name;
  }
}

TEST(TopFunctions, OfAnEmptyProfileIsEmpty) {
  FunctionCosts costs = TopFunctions(SmallProfile{{{"cpu", "nanoseconds"}}, {}}.Build(), 0);
  EXPECT_EQ(costs.total, 0);
  EXPECT_TRUE(costs.functions.empty());
}

TEST(ValueText, ScalesUnits) {
  EXPECT_EQ(ValueText(0, "nanoseconds"), "0ns");
  EXPECT_EQ(ValueText(1500, "nanoseconds"), "1.50us");
  EXPECT_EQ(ValueText(2.5e6, "nanoseconds"), "2.50ms");
  EXPECT_EQ(ValueText(38.2e9, "nanoseconds"), "38.20s");
  EXPECT_EQ(ValueText(3.4 * 1024 * 1024, "bytes"), "3.4 MiB");
  EXPECT_EQ(ValueText(12, "count"), "12");
  EXPECT_EQ(ValueText(12, "pages"), "12 pages");
}

}  // namespace
}  // namespace anneal
