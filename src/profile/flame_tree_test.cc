#include "profile/flame_tree.h"

#include "profile/corpus_for_test.h"
#include "profile/folded.h"
#include "profile/shapes_for_test.h"

namespace anneal {
namespace {

FlameTree Tree(std::string_view folded) {
  return FlameTree::Build(DecodeFolded(folded).value(), 0);
}

// One line a node: indented name, total, self.
std::string Draw(const FlameTree& tree) {
  std::string out;
  for (const FlameTree::Node& node : tree.nodes) {
    out += fmt::format("{}{} {} {}\n", std::string(node.depth, '.'), tree.names[node.name],
                       node.total, node.self);
  }
  return out;
}

// What must hold of every tree.
void ExpectSound(const FlameTree& tree) {
  std::vector<int64_t> rest;
  for (const FlameTree::Node& node : tree.nodes) rest.push_back(node.total - node.self);
  for (size_t i = 1; i < tree.nodes.size(); ++i) {
    const FlameTree::Node& node = tree.nodes[i];
    ASSERT_LT(node.parent, i);
    ASSERT_LT(node.name, tree.names.size());
    ASSERT_EQ(node.depth, tree.nodes[node.parent].depth + 1);
    ASSERT_LE(node.depth, tree.nodes[i - 1].depth + 1);
    rest[node.parent] -= node.total;
  }
  for (int64_t r : rest) ASSERT_EQ(r, 0);
}

TEST(FlameTreeTest, SumsByNameInOrder) {
  FlameTree tree = Tree("main;b;c 1\nmain;a 2\nmain;b 4\nidle 8\nmain;x -5\n");
  ExpectSound(tree);
  EXPECT_EQ(Draw(tree),
            " 15 0\n"
            ".idle 8 8\n"
            ".main 7 0\n"
            "..a 2 2\n"
            "..b 5 4\n"
            "...c 1 1\n");
}

TEST(FlameTreeTest, ShortNamesAreOneFunction) {
  Profile p = DecodeFolded("main;f[go.shape.int] 1\nmain;f[go.shape.string];g 2\n").value();
  EXPECT_EQ(Draw(FlameTree::Build(p, 0, FrameNames::kShort)),
            " 3 0\n"
            ".main 3 0\n"
            "..f[...] 3 1\n"
            "...g 2 2\n");
  EXPECT_EQ(Draw(FlameTree::Build(p, 0)),
            " 3 0\n"
            ".main 3 0\n"
            "..f[go.shape.int] 1 1\n"
            "..f[go.shape.string] 2 0\n"
            "...g 2 2\n");
}

TEST(FlameTreeTest, InlinedFramesExpandAndAddressesNameTheRest) {
  Profile p;
  StringId t = p.strings.Append("x");
  p.sample_types = {{t, t}};
  p.functions = {{p.strings.Append("inlined"), t, t, 0}, {p.strings.Append("outer"), t, t, 0}};
  p.lines = {{FunctionId{0}, 1, 0}, {FunctionId{1}, 2, 0}};
  p.locations = {{MappingId::kNone, 0x4af, 0, 0, false}, {MappingId::kNone, 0x10, 0, 2, false}};
  p.sample_locations = {LocationId{0}, LocationId{1}};
  p.stack_ends = {2};
  p.sample_values = {3};
  EXPECT_EQ(Draw(FlameTree::Build(p, 0)), " 3 0\n.outer 3 0\n..inlined 3 0\n...4af 3 3\n");
}

TEST(FlameTreeTest, EmptyProfile) {
  FlameTree tree = FlameTree::Build(Profile(), 0);
  EXPECT_EQ(tree.nodes.size(), 1u);
  tree.Truncate(1);
  FlameGraph graph = ToFlameGraph(tree);
  EXPECT_EQ(graph.levels, (std::vector<std::vector<int64_t>>{{0, 0, 0, 0}}));
  EXPECT_EQ(graph.names, std::vector<std::string>{"total"});
}

TEST(FlameTreeTest, TruncateFoldsSmallChildrenIntoOther) {
  constexpr std::string_view kStacks = "m;a;p 1\nm;a;q 2\nm;b 10\nm;c 20\nm;z 3\n";
  FlameTree tree = Tree(kStacks);
  tree.Truncate(3);  // totals 36 20 10 | 3 3 2 1
  ExpectSound(tree);
  EXPECT_EQ(Draw(tree), " 36 0\n.m 36 0\n..b 10 10\n..c 20 20\n..other 6 6\n");

  tree = Tree(kStacks);
  tree.Truncate(5);  // the fifth largest is 3: both a and z stay
  EXPECT_EQ(Draw(tree), " 36 0\n.m 36 0\n..a 3 0\n...other 3 3\n..b 10 10\n..c 20 20\n..z 3 3\n");

  tree = Tree(kStacks);
  const std::string before = Draw(tree);
  tree.Truncate(0);
  EXPECT_EQ(Draw(tree), before);
  tree.Truncate(7);
  EXPECT_EQ(Draw(tree), before);

  // A frame that is named "other" joins, with all below it.
  tree = Tree("m;other;k 5\nm;x 1\nm;y 9\n");
  tree.Truncate(3);
  EXPECT_EQ(Draw(tree), " 15 0\n.m 15 0\n..y 9 9\n..other 6 6\n");
}

TEST(FlameTreeTest, GraphHasLevelsWithOffsetsFromThePreviousNode) {
  FlameGraph graph = ToFlameGraph(Tree("m;a;p 1\nm;b 10\nm 4\nn;b 2\n"));
  EXPECT_EQ(graph.total, 17);
  EXPECT_EQ(graph.max_self, 10);
  EXPECT_EQ(graph.names, (std::vector<std::string>{"total", "m", "a", "p", "b", "n"}));
  // m starts with its own 4, then a and b; b under n starts where n does, 0 behind b under m.
  EXPECT_EQ(graph.levels, (std::vector<std::vector<int64_t>>{{0, 17, 0, 0},
                                                             {0, 15, 4, 1, 0, 2, 0, 5},
                                                             {4, 1, 0, 2, 0, 10, 10, 4, 0, 2, 2, 4},
                                                             {4, 1, 1, 3}}));
}

TEST(FlameTreeTest, HugeValuesWrap) {
  FlameTree tree = Tree("a;b 9223372036854775807\na;c 2\nd 9223372036854775807\n");
  EXPECT_EQ(tree.nodes[0].total, 0);
  FlameGraph graph = ToFlameGraph(tree);
  EXPECT_EQ(graph.levels.size(), 3u);
  tree.Truncate(2);
  EXPECT_EQ(ToFlameGraph(tree).total, 0);
}

TEST(FlameTreeTest, CorpusAndShapesAreSoundWhateverTheTruncation) {
  std::vector<Profile> profiles = {CorpusProfile(0), CorpusProfile(50)};
  for (Shape shape : kShapes) profiles.push_back(MakeProfile(shape, 9));
  for (const Profile& p : profiles) {
    FlameTree whole = FlameTree::Build(p, 0);
    ExpectSound(whole);
    for (size_t max_nodes : {1u, 2u, 7u, 50u, 1000u}) {
      FlameTree tree = whole;
      tree.Truncate(max_nodes);
      ExpectSound(tree);
      FlameGraph graph = ToFlameGraph(tree);
      EXPECT_EQ(graph.total, whole.nodes[0].total);
      EXPECT_EQ(graph.levels[0].size(), 4u);
    }
  }
}

}  // namespace
}  // namespace anneal
