#include "profile/call_tree.h"

#include "profile/corpus_for_test.h"
#include "profile/flame_tree.h"
#include "profile/folded.h"
#include "profile/shapes_for_test.h"

namespace anneal {
namespace {

Profile Folded(std::string_view text) { return DecodeFolded(text).value(); }

std::vector<size_t> Depths(const CallTree& tree) {
  std::vector<size_t> depths(tree.nodes.size(), 0);
  for (size_t i = 1; i < tree.nodes.size(); ++i) depths[i] = depths[tree.nodes[i].parent] + 1;
  return depths;
}

std::string NameOf(const CallTree& tree, size_t node) {
  return node == 0 ? "" : tree.strings[tree.frames[tree.nodes[node].frame].name];
}

// One line a node: indented name, total, self; with a base, both of its figures behind a slash.
std::string Draw(const CallTree& tree) {
  std::string out;
  std::vector<size_t> depths = Depths(tree);
  for (size_t i = 0; i < tree.nodes.size(); ++i) {
    const CallTree::Node& n = tree.nodes[i];
    out += fmt::format("{}{} {} {}", std::string(depths[i], '.'), NameOf(tree, i), n.total, n.self);
    if (tree.nodes[0].base_total != 0) out += fmt::format(" / {} {}", n.base_total, n.base_self);
    out += '\n';
  }
  return out;
}

// What must hold of every tree.
void ExpectSound(const CallTree& tree) {
  std::vector<int64_t> rest, base_rest;
  for (const CallTree::Node& node : tree.nodes) {
    rest.push_back(node.total - node.self);
    base_rest.push_back(node.base_total - node.base_self);
  }
  for (size_t i = 1; i < tree.nodes.size(); ++i) {
    const CallTree::Node& node = tree.nodes[i];
    ASSERT_LT(node.parent, i);
    ASSERT_LT(node.frame, tree.frames.size());
    ASSERT_LE(node.inlined_total, node.total + node.base_total);
    rest[node.parent] -= node.total;
    base_rest[node.parent] -= node.base_total;
  }
  for (int64_t r : rest) ASSERT_EQ(r, 0);
  for (int64_t r : base_rest) ASSERT_EQ(r, 0);
  for (const CallTree::Frame& frame : tree.frames) {
    ASSERT_LT(frame.name, tree.strings.size());
    ASSERT_LT(frame.file, tree.strings.size());
    ASSERT_LT(frame.module, tree.strings.size());
  }
}

TEST(CallTree, SumsStacksLargestFirst) {
  CallTree tree = CallTree::Build(Folded("main;b;c 1\nmain;a 2\nmain;b 4\nidle 8\nmain;x -5\n"), 0);
  ExpectSound(tree);
  EXPECT_EQ(Draw(tree),
            " 15 0\n"
            ".idle 8 8\n"
            ".main 7 0\n"
            "..b 5 4\n"
            "...c 1 1\n"
            "..a 2 2\n");
}

TEST(CallTree, RecursionStaysApartByDepth) {
  CallTree tree = CallTree::Build(Folded("f;f;f 1\nf;g;f 2\nf 4\n"), 0);
  ExpectSound(tree);
  EXPECT_EQ(Draw(tree),
            " 7 0\n"
            ".f 7 4\n"
            "..g 2 0\n"
            "...f 2 2\n"
            "..f 1 0\n"
            "...f 1 1\n");
}

TEST(CallTree, TwoProfilesShareOneShape) {
  Profile base = Folded("main;a 5\nmain;gone 2\n");
  CallTree tree = CallTree::Build(Folded("main;a 3\nmain;new 1\n"), 0, &base, 0);
  ExpectSound(tree);
  EXPECT_EQ(Draw(tree),
            " 4 0 / 7 0\n"
            ".main 4 0 / 7 0\n"
            "..a 3 3 / 5 5\n"
            "..gone 0 0 / 2 2\n"
            "..new 1 1 / 0 0\n");
}

TEST(CallTree, AnEmptyProfileIsARoot) { EXPECT_EQ(Draw(CallTree::Build(Folded(""), 0)), " 0 0\n"); }

// A profile of functions f0…; each location is a list of (function, line), innermost first.
struct Made {
  explicit Made(std::vector<std::string_view> files) {
    StringId t = p.strings.Append("x");
    p.sample_types = {{t, t}};
    for (size_t i = 0; i < files.size(); ++i) {
      p.functions.push_back({.name = p.strings.Append(fmt::format("pkg.F{}", i)),
                             .file = p.strings.Append(files[i]),
                             .start_line = 10});
    }
  }
  LocationId At(std::initializer_list<std::pair<uint32_t, int64_t>> lines) {
    auto begin = static_cast<uint32_t>(p.lines.size());
    for (auto [function, line] : lines) p.lines.push_back({FunctionId{function}, line, 0});
    p.locations.push_back({.address = 0x4af,
                           .lines_begin = begin,
                           .lines_end = static_cast<uint32_t>(p.lines.size())});
    return static_cast<LocationId>(p.locations.size() - 1);
  }
  void Sample(std::initializer_list<LocationId> root_first, int64_t value) {
    std::vector<LocationId> stack(root_first);
    p.sample_locations.insert(p.sample_locations.end(), stack.rbegin(), stack.rend());
    p.stack_ends.push_back(static_cast<uint32_t>(p.sample_locations.size()));
    p.sample_values.push_back(value);
  }
  Profile p;
};

TEST(CallTree, CallLinesAreThoseOfTheHeaviestCallInTheCaller) {
  Made made({"/a/x/m.go", "/a/x/m.go", "/a/x/m.go"});
  LocationId root20 = made.At({{0, 20}}), root30 = made.At({{0, 30}});
  LocationId inlined = made.At({{2, 7}, {1, 15}});  // F2 inlined into F1
  LocationId bare = made.At({});
  made.Sample({root20, inlined}, 1);
  made.Sample({root30, inlined}, 5);
  made.Sample({root20, inlined, bare}, 2);
  CallTree tree = CallTree::Build(made.p, 0);
  ExpectSound(tree);
  ASSERT_EQ(tree.nodes.size(), 5u);
  EXPECT_EQ(Draw(tree), " 8 0\n.pkg.F0 8 0\n..pkg.F1 8 0\n...pkg.F2 8 6\n....0x4af 2 2\n");
  EXPECT_EQ(tree.nodes[1].call_line, 0);
  EXPECT_EQ(tree.nodes[2].call_line, 30);
  EXPECT_EQ(tree.nodes[3].call_line, 15);
  EXPECT_EQ(tree.nodes[4].call_line, 7);
  EXPECT_EQ(tree.nodes[2].inlined_total, 0);
  EXPECT_EQ(tree.nodes[3].inlined_total, 8);
}

TEST(CallTree, BuildsInOtherDirectoriesCompare) {
  Made one({"/build/1/x/m.go", "/build/1/x/m.c"}), two({"/build/2/x/m.go", "/build/2/x/m.c"});
  Made other({"/build/2/y/m.go", "/build/2/y/m.c"});
  for (Made* made : {&one, &two, &other}) made->Sample({made->At({{0, 1}}), made->At({{1, 1}})}, 3);
  EXPECT_EQ(Draw(CallTree::Build(one.p, 0, &two.p)),
            " 3 0 / 3 0\n.pkg.F0 3 0 / 3 0\n..pkg.F1 3 3 / 3 3\n");
  // Go's names are unique; two C files may have a function of one name each.
  EXPECT_EQ(Draw(CallTree::Build(one.p, 0, &other.p)),
            " 3 0 / 3 0\n.pkg.F0 3 0 / 3 0\n..pkg.F1 3 3 / 0 0\n..pkg.F1 0 0 / 3 3\n");
}

TEST(CallTree, FoldKeepsTheLargest) {
  CallTree tree = CallTree::Build(Folded("m;a 5\nm;b;p 3\nm;b;q 1\nm;c 1\nm;d 1\n"), 0);
  tree.Fold(4);
  ExpectSound(tree);
  EXPECT_EQ(Draw(tree),
            " 11 0\n"
            ".m 11 0\n"
            "..a 5 5\n"
            "..b 4 0\n"
            "...other 4 4\n"
            "..other 2 2\n");
  EXPECT_EQ(tree.folded_nodes, 4u);
  EXPECT_EQ(tree.frames[tree.nodes.back().frame].kind, FrameKind::kFolded);
}

TEST(CallTree, FoldLooksAtBothSides) {
  Profile base = Folded("b 9\nc 1\n");
  CallTree tree = CallTree::Build(Folded("a 5\nb 1\nc 2\n"), 0, &base);
  tree.Fold(3);
  EXPECT_EQ(Draw(tree), " 8 0 / 10 0\n.b 1 1 / 9 9\n.a 5 5 / 0 0\n.other 2 2 / 1 1\n");
}

TEST(CallTree, FoldNeverExceedsItsBoundAndLosesNothing) {
  for (Shape shape : kShapes) {
    Profile profile = MakeProfile(shape, 7), base = MakeProfile(shape, 8);
    for (size_t bound : {size_t{1}, size_t{2}, size_t{10}, size_t{100}, size_t{100'000}}) {
      CallTree tree = CallTree::Build(profile, 0, &base);
      int64_t total = tree.nodes[0].total;
      size_t before = tree.nodes.size();
      tree.Fold(bound);
      ExpectSound(tree);
      auto others = static_cast<size_t>(
          std::count_if(tree.nodes.begin() + 1, tree.nodes.end(), [&](const CallTree::Node& n) {
            return tree.frames[n.frame].kind == FrameKind::kFolded;
          }));
      EXPECT_LE(tree.nodes.size() - others, std::max<size_t>(bound, 1));
      EXPECT_EQ(tree.nodes.size() - others + tree.folded_nodes, before);
      EXPECT_EQ(tree.nodes[0].total, total);
    }
  }
}

// The tree by name alone, in name order, written independently.
TEST(CallTree, AgreesWithTheFlameTree) {
  for (uint32_t seed = 0; seed < 20; ++seed) {
    Profile profile = MakeRandomProfile(seed, Sums::kMayCancel);
    if (profile.sample_types.empty()) continue;
    CallTree tree = CallTree::Build(profile, 0);
    ExpectSound(tree);
    EXPECT_EQ(tree.nodes[0].total, FlameTree::Build(profile, 0).nodes[0].total);
  }
}

TEST(LinesOf, CountsAStackOncePerLine) {
  Made made({"/a/x/m.go", "/a/x/m.go"});
  LocationId f20 = made.At({{0, 20}}), f30 = made.At({{0, 30}}), g = made.At({{1, 5}, {0, 30}});
  made.Sample({f20, f20, f30}, 4);  // recursion on line 20
  made.Sample({f20, g}, 1);
  LineTotals lines = LinesOf("pkg.F0", made.p, 0, &made.p);
  EXPECT_EQ(lines.file, "/a/x/m.go");
  EXPECT_EQ(lines.start_line, 10);
  std::string out;
  for (const LineTotals::Line& l : lines.lines) {
    out += fmt::format("{}:{}/{} base {}/{} ", l.line, l.self, l.total, l.base_self, l.base_total);
  }
  EXPECT_EQ(out, "20:0/5 base 0/5 30:4/5 base 4/5 ");
  EXPECT_TRUE(LinesOf("pkg.None", made.p, 0).lines.empty());
}

// Opening each "other" with what KeepRest leaves of its path gives the tree that was folded.
TEST(CallTree, RestIsWhatWasFolded) {
  Profile base = Folded("main;a 1\nmain;d;e 6\n");
  Profile profile = Folded("main 2\nmain;a;x 8\nmain;b;y 4\nmain;b;z 2\nmain;c 4\nother_root 3\n");
  CallTree whole = CallTree::Build(profile, 0, &base, 0);
  CallTree folded = whole;
  folded.Fold(3);
  ExpectSound(folded);
  EXPECT_EQ(Draw(folded),
            " 23 0 / 7 0\n.main 20 2 / 7 0\n..a 8 0 / 1 1\n...other 8 8 / 0 0\n"
            "..other 10 10 / 6 6\n.other 3 3 / 0 0\n");
  CallTree rest = whole;
  rest.KeepRest(1, 1);  // all stacks but other_root's begin with main
  ExpectSound(rest);
  EXPECT_EQ(Draw(rest),
            " 10 0 / 6 0\n.main 10 0 / 6 0\n..b 6 0 / 0 0\n...y 4 4 / 0 0\n...z 2 2 / 0 0\n"
            "..d 0 0 / 6 0\n...e 0 0 / 6 6\n..c 4 4 / 0 0\n.other_root 0 0 / 0 0\n");
  rest = whole;
  rest.KeepRest(0, 1);
  EXPECT_EQ(Draw(rest), " 3 0\n.other_root 3 3\n");
  rest.KeepRest(0, 9);
  EXPECT_EQ(Draw(rest), " 0 0\n");
}

}  // namespace
}  // namespace anneal
