#include "profile/stack_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "profile/folded.h"

namespace anneal {
namespace {

using testing::HasSubstr;

// A node with one-byte numbers.
std::string Node(std::string_view name, char value, char children) {
  std::string out(1, static_cast<char>(name.size()));
  return out + std::string(name) + value + children;
}

std::string Folded(const Result<Profile>& profile) {
  return profile.ok() ? EncodeFolded(*profile, 0) : profile.status().ToString();
}

const std::string kTree = Node("", 0, 2) + Node("main", 1, 2) + Node("work", 7, 0) +
                          Node("rest", 2, 0) + Node("idle", 3, 1) + Node("gc[a;b]", 4, 0);

const std::string kTrie = Node("", 0, 2) + Node("ma", 0, 2) + Node("in;wor", 5, 1) +
                          Node("k", 2, 0) + Node("x", 1, 0) + Node("\xc3", 0, 1) +
                          Node("\xa9;a", 3, 0);

TEST(StackTreeTest, ReadsFramesAndPieces) {
  Result<Profile> tree = DecodeStackTree(kTree, "cpu", "nanoseconds");
  EXPECT_EQ(Folded(tree), "idle 3\nidle;gc[a_b] 4\nmain 1\nmain;rest 2\nmain;work 7\n");
  EXPECT_TRUE(ValidateProfile(*tree).ok());
  EXPECT_EQ(tree->FindSampleType("cpu", "nanoseconds"), 0);
  Result<Profile> trie = DecodeStackTrie(kTrie, "samples", "count");
  EXPECT_EQ(Folded(trie), "main;wor 5\nmain;work 2\nmax 1\n\xc3\xa9;a 3\n");
  EXPECT_TRUE(ValidateProfile(*trie).ok());
  EXPECT_EQ(Folded(DecodeStackTree(Node("", 0, 0), "a", "b")), "");
}

TEST(StackTreeTest, NoPrefixIsATreeAndNothingMayFollow) {
  for (const std::string* text : {&kTree, &kTrie}) {
    for (size_t size = 0; size < text->size(); ++size) {
      std::string_view prefix = std::string_view(*text).substr(0, size);
      EXPECT_EQ(DecodeStackTree(prefix, "a", "b").status().code(), Code::kInvalidArgument) << size;
      EXPECT_EQ(DecodeStackTrie(prefix, "a", "b").status().code(), Code::kInvalidArgument) << size;
    }
    EXPECT_THAT(Folded(DecodeStackTrie(*text + Node("a", 1, 0), "a", "b")),
                HasSubstr("bytes follow"));
  }
}

TEST(StackTreeTest, RefusesWhatCannotBe) {
  struct Row {
    std::string bytes;
    std::string_view message;
  };
  const Row kRows[] = {
      {Node("", 0, 1) + Node("\xff", 1, 0), "UTF-8"},
      {Node("", 0, 100) + Node("a", 1, 0), "number of children"},
      {std::string("\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\0", 12), "63 bits"},
      {std::string("\xff\xff\xff\xff\x0f", 5), "name is cut short"},
  };
  for (const Row& row : kRows) {
    EXPECT_THAT(Folded(DecodeStackTree(row.bytes, "a", "b")), HasSubstr(std::string(row.message)));
  }
  EXPECT_THAT(Folded(DecodeStackTrie(Node("", 0, 1) + Node("\xff", 1, 0), "a", "b")),
              HasSubstr("UTF-8"));
}

TEST(StackTreeTest, CutsDeepStacksOnTheLeafsSide) {
  std::string deep = Node("", 0, 1) + Node("a", 1, 1) + Node("b", 2, 1) + Node("c", 4, 2) +
                     Node("d", 8, 0) + Node("e", 16, 0);
  EXPECT_EQ(Folded(DecodeStackTree(deep, "a", "b", {.max_stack_depth = 2})), "a 1\na;b 30\n");
  EXPECT_EQ(Folded(DecodeStackTrie(Node("a;b;c", 1, 1) + Node(";d", 2, 0), "a", "b",
                                   {.max_stack_depth = 2})),
            "a;b 3\n");
}

// A chain of n nodes of a few bytes each stands for n² / 2 frames.
TEST(StackTreeTest, AFewBytesMayNotBecomeVeryMany) {
  std::string chain = Node("", 0, 1);
  for (int i = 0; i < 100'000; ++i) chain += Node("a", 1, 1);
  chain += Node("a", 1, 0);
  DecodeLimits limits{.max_bytes = 1 << 20};
  EXPECT_EQ(DecodeStackTree(chain, "a", "b", limits).status().code(), Code::kResourceExhausted);
  EXPECT_EQ(DecodeStackTrie(chain, "a", "b", limits).status().code(), Code::kResourceExhausted);
  limits = {.max_samples = 3};
  EXPECT_EQ(DecodeStackTree(kTree, "a", "b", limits).status().code(), Code::kResourceExhausted);
  EXPECT_EQ(DecodeStackTrie(kTrie, "a", "b", limits).status().code(), Code::kResourceExhausted);
}

}  // namespace
}  // namespace anneal
