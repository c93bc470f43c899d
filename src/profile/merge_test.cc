#include "profile/merge.h"

#include <numeric>

#include "profile/corpus_for_test.h"
#include "profile/filter.h"
#include "profile/flame_tree.h"

namespace anneal {
namespace {

int64_t Sum(const Profile& p, size_t column) {
  int64_t sum = 0;
  for (size_t s = 0; s < p.SampleCount(); ++s) sum += p.Values(s)[column];
  return sum;
}

TEST(MergeTest, CorpusInAnyOrderAndGroupingGivesTheSameBytes) {
  std::vector<Profile> all;
  int64_t sum = 0;
  for (size_t i = 0; i < Corpus().size(); i += 4) {
    all.push_back(CorpusProfile(i));
    sum += Sum(all.back(), 1);
  }
  Profile merged = MergeProfiles(all).value();
  EXPECT_TRUE(ValidateProfile(merged).ok());
  EXPECT_EQ(Sum(merged, 1), sum);
  const std::string want = EncodePprof(merged);
  std::vector<Profile> reversed(all.rbegin(), all.rend());
  EXPECT_EQ(EncodePprof(MergeProfiles(reversed).value()), want);
  std::span<const Profile> span(all);
  std::vector<Profile> halves = {MergeProfiles(span.subspan(7)).value(),
                                 MergeProfiles(span.first(7)).value()};
  EXPECT_EQ(EncodePprof(MergeProfiles(halves).value()), want);
  EXPECT_EQ(EncodePprof(Canonical(merged)), want);
}

TEST(FlameTreeTest, TotalsOfTheCorpusAdd) {
  Profile p = CorpusProfile(3);
  FlameTree tree = FlameTree::Build(p, 1);
  EXPECT_EQ(tree.nodes[0].total, Sum(p, 1));
  std::vector<int64_t> rest;
  for (const FlameTree::Node& node : tree.nodes) rest.push_back(node.total - node.self);
  for (size_t i = 1; i < tree.nodes.size(); ++i) {
    ASSERT_LT(tree.nodes[i].parent, i);
    EXPECT_EQ(tree.nodes[i].depth, tree.nodes[tree.nodes[i].parent].depth + 1);
    rest[tree.nodes[i].parent] -= tree.nodes[i].total;
  }
  for (int64_t r : rest) EXPECT_EQ(r, 0);
  tree.Truncate(50);
  EXPECT_EQ(ToFlameGraph(tree).total, Sum(p, 1));
}

}  // namespace
}  // namespace anneal
