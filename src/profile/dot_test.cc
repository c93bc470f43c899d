#include "profile/dot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "profile/folded.h"

namespace anneal {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string Dot(std::string_view folded, const DotOptions& options = {}) {
  return EncodeDot(DecodeFolded(folded, "cpu", "nanoseconds").value(), 0, options);
}

TEST(DotTest, DrawsFunctionsAndCalls) {
  EXPECT_EQ(Dot("main;work;leaf 3000000000\nmain;work 1000000000\n", {.title = "a \"b\""}),
            "digraph \"a \\\"b\\\"\" {\n"
            "node [style=filled fillcolor=\"#f8f8f8\" shape=box]\n"
            "subgraph cluster_L { L [fontsize=16 label=\"Type: cpu\\lShowing nodes accounting for "
            "4.00s (100.00%) of 4.00s total\\l\"] }\n"
            "N1 [label=\"main\\n0 (0.00%)\\nof 4.00s (100.00%)\" fontsize=8 "
            "tooltip=\"main 4.00s (100.00%)\"]\n"
            "N2 [label=\"work\\n1.00s (25.00%)\\nof 4.00s (100.00%)\" fontsize=16 "
            "tooltip=\"work 4.00s (100.00%)\"]\n"
            "N3 [label=\"leaf\\n3.00s (75.00%)\" fontsize=22 tooltip=\"leaf 3.00s (75.00%)\"]\n"
            "N1 -> N2 [label=\" 4.00s\" weight=101 penwidth=6.00]\n"
            "N2 -> N3 [label=\" 3.00s\" weight=76 penwidth=4.75]\n"
            "}\n");
}

TEST(DotTest, WhatIsLeftOutIsBridgedByDashes) {
  // `thin` carries little; `main` still reaches `leaf` through it.
  std::string dot = Dot("main;thin;leaf 30\nmain;leaf 70\nmain;x 1\n", {.max_nodes = 2});
  EXPECT_THAT(dot, HasSubstr("Showing 2 nodes out of 4"));
  EXPECT_THAT(dot, HasSubstr("N1 -> N2 [label=\" 100ns\" weight=100 penwidth=5.95 style=dashed]"));
  EXPECT_THAT(dot, Not(HasSubstr("thin")));
}

TEST(DotTest, RecursionCountsOnceASample) {
  std::string dot = Dot("f;f;f 10\n");
  EXPECT_THAT(dot, HasSubstr("N1 [label=\"f\\n10ns (100.00%)\" "));
  EXPECT_THAT(dot, HasSubstr("N1 -> N1 [label=\" 10ns\""));
}

TEST(DotTest, SmallSharesAreDropped) {
  std::string dot = Dot("main;a 9990\nmain;b 10\n");
  EXPECT_THAT(dot, Not(HasSubstr("\"b\\n")));
  dot = Dot("main;a 9990\nmain;b 10\n", {.max_nodes = 0, .min_node_share = 0, .min_edge_share = 0});
  EXPECT_THAT(dot, HasSubstr("\"b\\n10ns (0.10%)\""));
}

TEST(DotTest, NamesAreEscapedAndShort) {
  EXPECT_THAT(Dot("a\"b\\c 1\n"), HasSubstr(R"(label="a\"b\\c\n1ns)"));
  EXPECT_THAT(Dot("f[go.shape.int] 1\nf[go.shape.string] 1\n"), HasSubstr("\"f[...]\\n2ns"));
  EXPECT_THAT(Dot(""), HasSubstr("0 (0.00%) of 0 total"));
}

TEST(DotTest, Quantities) {
  struct Row {
    int64_t value;
    std::string_view unit, want;
  };
  const Row kRows[] = {{1'250'000'000, "nanoseconds", "1.25s"},
                       {1'500'000, "nanoseconds", "1.5ms"},
                       {7'200'000'000, "microseconds", "2.00h"},
                       {2'500, "nanoseconds", "2.5us"},
                       {12, "count", "12"},
                       {2048, "bytes", "2.0 KiB"},
                       {-3, "seconds", "-3.00s"}};
  for (const Row& row : kRows) EXPECT_EQ(ShowQuantity(row.value, row.unit), row.want);
}

}  // namespace
}  // namespace anneal
