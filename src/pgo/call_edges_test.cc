#include "pgo/call_edges.h"

#include <gtest/gtest.h>

#include <limits>

#include "base/wrapping.h"
#include "pgo/made_profile.h"

namespace anneal {
namespace {

constexpr int64_t kMax = std::numeric_limits<int64_t>::max();

struct Row {
  std::string name;
  std::vector<MadeSample> samples;
  std::vector<CallEdge> edges;
};

// What each row expects was seen from `go tool preprofile`; tests/compat/toolchain runs it on the
// same.
const MadeLocation kLeafB{0x20, {{"b", 30, 31}}};
const MadeLocation kCallerA{0x10, {{"a", 10, 12}}};
const MadeLocation kRoot{0x5, {{"root", 1, 3}}};

TEST(CallEdges, FollowTheRulesOfTheCompiler) {
  const Row rows[] = {
      {"caller and callee", {{{kLeafB, kCallerA}, {7}}}, {{"a", "b", 2, 7}}},
      {"only two locations count", {{{kLeafB, kCallerA, kRoot}, {7}}}, {{"a", "b", 2, 7}}},
      {"inlined frames of both count",
       {{{{0x20, {{"c", 50, 51}, {"b", 30, 31}}}, {0x10, {{"i", 70, 75}, {"a", 10, 12}}}, kRoot},
         {1}}},
       {{"a", "i", 2, 1}, {"b", "c", 1, 1}, {"i", "b", 5, 1}}},
      {"one location with inlined frames is enough",
       {{{{0x20, {{"c", 50, 51}, {"b", 30, 31}}}}, {4}}},
       {{"b", "c", 1, 4}}},
      {"addresses are summed by name",
       {{{{0x21, {{"b", 30, 33}}}, kCallerA}, {2}}, {{kLeafB, {0x11, {{"a", 10, 12}}}}, {3}}},
       {{"a", "b", 2, 5}}},
      {"versions with other start lines, too",
       {{{kLeafB, kCallerA}, {2}}, {{kLeafB, {0x10, {{"a", 20, 22}}}}, {3}}},
       {{"a", "b", 2, 5}}},
      {"by falling weight, then caller, callee, offset",
       {{{kLeafB, {1, {{"z", 10, 12}}}}, {5}},
        {{kLeafB, {2, {{"y", 10, 13}}}}, {5}},
        {{kLeafB, {3, {{"y", 10, 12}}}}, {5}},
        {{{9, {{"a", 1, 1}}}, {4, {{"y", 10, 14}}}}, {5}},
        {{kLeafB, kCallerA}, {9}}},
       {{"a", "b", 2, 9}, {"y", "a", 4, 5}, {"y", "b", 2, 5}, {"y", "b", 3, 5}, {"z", "b", 2, 5}}},
      {"names compare by byte",
       {{{kLeafB, {1, {{"\xc3\xa9", 1, 1}}}}, {1}}, {{kLeafB, {1, {{"z", 1, 1}}}}, {1}}},
       {{"z", "b", 0, 1}, {"\xc3\xa9", "b", 0, 1}}},
      {"recursion within a line has two addresses",
       {{{{0x10, {{"f", 5, 6}}}, {0x18, {{"f", 5, 6}}}}, {3}}},
       {{"f", "f", 1, 3}}},
      {"the same frame twice is one", {{{{0x10, {{"f", 5, 6}}}, {0x10, {{"f", 5, 6}}}}, {3}}}, {}},
      {"an edge counts once a sample",
       {{{{0x10, {{"g", 9, 9}, {"f", 5, 6}}}, {0x10, {{"g", 9, 9}, {"f", 5, 6}}}}, {3}}},
       {{"f", "g", 1, 3}, {"g", "f", 0, 3}}},
      {"at two addresses it is two edges",
       {{{{0x10, {{"g", 9, 9}, {"f", 5, 6}}}, {0x18, {{"g", 9, 9}, {"f", 5, 6}}}}, {3}}},
       {{"f", "g", 1, 6}, {"g", "f", 0, 3}}},
      {"offsets may be negative", {{{kLeafB, {1, {{"y", 10, 2}}}}, {1}}}, {{"y", "b", -8, 1}}},
      {"a caller without a line", {{{kLeafB, {1, {{"y", 10, 0}}}}, {1}}}, {{"y", "b", -10, 1}}},
      {"locations without lines are nameless",
       {{{kLeafB, {0x99, {}}}, {1}}, {{{0x98, {}}, kCallerA}, {2}}},
       {{"a", "", 2, 2}, {"", "b", 0, 1}}},
      {"no caller, no edge", {{{kLeafB}, {1}}}, {}},
      {"no stack, no edge", {{{}, {1}}, {{kLeafB, kCallerA}, {1}}}, {{"a", "b", 2, 1}}},
      {"values of zero are skipped", {{{kLeafB, kCallerA}, {0}}, {{kLeafB}, {1}}}, {}},
      {"negative weights", {{{kLeafB, kCallerA}, {-3}}}, {{"a", "b", 2, -3}}},
      {"a caller that adds up to nothing drops out",
       {{{kLeafB, kCallerA}, {3}},
        {{{0x30, {{"c", 1, 1}}}, kCallerA}, {-3}},
        {{kLeafB, kRoot}, {1}}},
       {{"root", "b", 2, 1}}},
      {"an edge may weigh nothing",
       {{{kLeafB, kCallerA}, {3}},
        {{kLeafB, kCallerA}, {-3}},
        {{kCallerA}, {1}},
        {{kLeafB, kRoot}, {1}}},
       {{"root", "b", 2, 1}, {"a", "b", 2, 0}}},
      {"sums wrap",
       {{{kLeafB, kCallerA}, {kMax}}, {{kLeafB, kCallerA}, {2}}},
       {{"a", "b", 2, std::numeric_limits<int64_t>::min() + 1}}},
      {"so do offsets",
       {{{kLeafB, {1, {{"y", 1, std::numeric_limits<int64_t>::min()}}}}, {1}}},
       {{"y", "b", kMax, 1}}},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    Result<CallEdges> edges = ComputeCallEdges(MadeCounts(row.samples));
    ASSERT_TRUE(edges.ok()) << edges.status().ToString();
    EXPECT_EQ(WritePreprofile(*edges), WritePreprofile({row.edges, 0}));
    int64_t total = 0;
    for (const CallEdge& edge : row.edges) total = WrappingAdd(total, edge.weight);
    EXPECT_EQ(edges->total_weight, total);
  }
}

TEST(CallEdges, ReadTheFirstColumnOfTwoKinds) {
  using Types = std::vector<std::pair<std::string, std::string>>;
  const std::pair<Types, int> rows[] = {
      {{{"samples", "count"}, {"cpu", "nanoseconds"}}, 0},
      {{{"cpu", "nanoseconds"}, {"samples", "count"}}, 0},
      {{{"alloc_space", "bytes"}, {"cpu", "nanoseconds"}, {"samples", "count"}}, 1},
      {{{"samples", "Count"}, {"cpu", "seconds"}}, -1},
      {{{"contentions", "count"}, {"delay", "nanoseconds"}}, -1},
      {{}, -1},
  };
  for (const auto& [types, column] : rows) {
    EXPECT_EQ(GoValueColumn(MadeProfile(types, {})), column);
  }
}

TEST(CallEdges, RefuseWhatTheCompilerRefuses) {
  Result<CallEdges> heap =
      ComputeCallEdges(MadeProfile({{"alloc_space", "bytes"}}, {{{kLeafB, kCallerA}, {1}}}));
  ASSERT_FALSE(heap.ok());
  EXPECT_EQ(heap.status().code(), Code::kFailedPrecondition);
  EXPECT_NE(heap.status().message().find("alloc_space/bytes"), std::string::npos);

  const MadeLocation leaf{2, {{"b", 0, 31}}}, caller{1, {{"a", 0, 12}}};
  Result<CallEdges> no_start = ComputeCallEdges(MadeCounts({{{leaf, caller}, {1}}}));
  ASSERT_FALSE(no_start.ok());
  EXPECT_NE(no_start.status().message().find("start line"), std::string::npos);

  // One start line is enough, unless it is further up the stack or of a sample of no weight.
  EXPECT_TRUE(ComputeCallEdges(MadeCounts({{{leaf, caller}, {1}}, {{kRoot}, {1}}})).ok());
  EXPECT_FALSE(ComputeCallEdges(MadeCounts({{{leaf, caller, kRoot}, {1}}})).ok());
  EXPECT_FALSE(ComputeCallEdges(MadeCounts({{{leaf, caller}, {1}}, {{kRoot}, {0}}})).ok());
}

TEST(CallEdges, ManyFramesInlinedIntoOneCountOnceEach) {
  MadeLocation leaf{0x20, {}};
  constexpr int kFrames = 100;
  for (int i = 0; i < kFrames; ++i) leaf.frames.push_back({fmt::format("f{}", i % 80), i % 80, 99});
  Result<CallEdges> edges = ComputeCallEdges(MadeCounts({{{leaf}, {3}}}));
  ASSERT_TRUE(edges.ok()) << edges.status().ToString();
  // From 99 to 80 the frames and their edges repeat; only that from the repeated f0 to f79 is new.
  EXPECT_EQ(edges->edges.size(), 80u);
  for (const CallEdge& edge : edges->edges) EXPECT_EQ(edge.weight, 3) << edge.caller;
}

TEST(CallEdges, OfAnEmptyProfileAreNone) {
  Result<CallEdges> none = ComputeCallEdges(Profile{});
  ASSERT_TRUE(none.ok());
  EXPECT_EQ(*none, CallEdges{});
  // Even a heap profile, if it has no samples.
  EXPECT_TRUE(ComputeCallEdges(MadeProfile({{"alloc_space", "bytes"}}, {})).ok());
}

TEST(HotEdges, PassTheShareWithTheEdgeThatIsLast) {
  CallEdges edges{{{"a", "b", 1, 60}, {"a", "b", 2, 30}, {"a", "b", 3, 9}, {"a", "b", 4, 1}}, 100};
  struct {
    double percent;
    size_t count;
    int64_t threshold;
  } const rows[] = {{50, 1, 60}, {60, 2, 30}, {89, 2, 30}, {90, 3, 9}, {99, 4, 1}, {100, 4, 0}};
  for (const auto& row : rows) {
    HotEdges hot = FindHotEdges(edges, row.percent);
    EXPECT_EQ(hot.count, row.count) << row.percent;
    EXPECT_EQ(hot.threshold_weight, row.threshold) << row.percent;
    EXPECT_EQ(hot.threshold_percent, static_cast<double>(row.threshold)) << row.percent;
  }
  EXPECT_EQ(FindHotEdges(CallEdges{}).count, 0u);
}

}  // namespace
}  // namespace anneal
