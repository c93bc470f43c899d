#include "pgo/edge_diff.h"

#include <gtest/gtest.h>

namespace anneal {
namespace {

CallEdges Edges(std::vector<CallEdge> edges) {
  CallEdges result{std::move(edges), 0};
  SortCallEdges(result.edges);
  for (const CallEdge& e : result.edges) result.total_weight += e.weight;
  return result;
}

TEST(EdgeDiff, ComparesSharesAndNotWeights) {
  CallEdges before = Edges({{"a", "b", 1, 50}, {"a", "c", 2, 30}, {"a", "d", 3, 20}});
  CallEdges after = Edges({{"a", "b", 1, 500}, {"a", "c", 2, 100}, {"a", "e", 4, 400}});
  EdgeDiff diff = DiffCallEdges(before, after);
  ASSERT_EQ(diff.gained.size(), 1u);
  EXPECT_EQ(diff.gained[0].callee, "e");
  EXPECT_DOUBLE_EQ(diff.gained[0].after_share, 0.4);
  ASSERT_EQ(diff.lost.size(), 1u);
  EXPECT_EQ(diff.lost[0].callee, "d");
  ASSERT_EQ(diff.changed.size(), 1u);
  EXPECT_EQ(diff.changed[0].callee, "c");
  EXPECT_EQ(diff.changed[0].before_weight, 30);
  EXPECT_EQ(diff.changed[0].after_weight, 100);
  EXPECT_TRUE(diff.changed[0].after_hot);
  EXPECT_EQ(diff.unchanged, 1u);
}

TEST(EdgeDiff, ListsTheLargestChangeFirst) {
  CallEdges before = Edges({{"a", "b", 1, 10}, {"a", "c", 1, 40}, {"a", "d", 1, 50}});
  EdgeDiff diff = DiffCallEdges(before, {});
  ASSERT_EQ(diff.lost.size(), 3u);
  EXPECT_EQ(diff.lost[0].callee, "d");
  EXPECT_EQ(diff.lost[2].callee, "b");
  EXPECT_EQ(DiffCallEdges({}, before).gained.size(), 3u);
  EXPECT_EQ(DiffCallEdges(before, before).unchanged, 3u);
}

TEST(HotOverlap, WeighsEdgesHotInBoth) {
  CallEdges a = Edges({{"a", "b", 1, 60}, {"a", "c", 1, 40}});
  CallEdges b = Edges({{"a", "b", 1, 20}, {"a", "d", 1, 80}});
  HotOverlap overlap = CompareHotEdges(a, b);
  EXPECT_EQ(overlap.both, 1u);
  EXPECT_EQ(overlap.either, 3u);
  EXPECT_DOUBLE_EQ(overlap.weight_share, 0.8 / 2);
  EXPECT_DOUBLE_EQ(CompareHotEdges(a, a).weight_share, 1);
  EXPECT_DOUBLE_EQ(CompareHotEdges(a, a).Jaccard(), 1);
  EXPECT_DOUBLE_EQ(CompareHotEdges({}, {}).Jaccard(), 1);
  EXPECT_DOUBLE_EQ(CompareHotEdges(a, {}).weight_share, 0);
}

}  // namespace
}  // namespace anneal
