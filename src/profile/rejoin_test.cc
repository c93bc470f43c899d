#include "profile/rejoin.h"

#include <gtest/gtest.h>

#include "profile/folded.h"
#include "profile/merge.h"

namespace anneal {
namespace {

// "f<from>;…;f<to - 1>", root first.
std::string Frames(std::string_view name, int from, int to) {
  std::string out;
  for (int i = from; i < to; ++i) out += fmt::format("{}{}{}", i > from ? ";" : "", name, i);
  return out;
}

std::string Rejoined(const std::string& folded, std::string_view type = "cpu") {
  Profile profile = DecodeFolded(folded, type, "nanoseconds").value();
  return EncodeFolded(RejoinStacks(profile), 0);
}

TEST(RejoinTest, CutStacksGoOnAsOthersDo) {
  // One path of 80 frames: the deep stack lost its first 16, the shallow one is whole.
  std::string shallow = Frames("f", 0, 40) + " 5\n";
  std::string whole = Frames("f", 0, 80);
  EXPECT_EQ(Rejoined(shallow + Frames("f", 16, 80) + " 7\n"), shallow + whole + " 7\n");
}

TEST(RejoinTest, EqualStacksMerge) {
  std::string text = Frames("f", 0, 40) + " 5\n" + Frames("f", 10, 40) + ";" + Frames("g", 0, 34) +
                     " 7\n" + Frames("f", 14, 40) + ";" + Frames("g", 0, 34) + " 1\n";
  EXPECT_EQ(Rejoined(text),
            Frames("f", 0, 40) + " 5\n" + Frames("f", 0, 40) + ";" + Frames("g", 0, 34) + " 8\n");
}

TEST(RejoinTest, CutStacksAreFollowedOn) {
  // The deepest overlaps the whole one by too little; the one between joins them.
  std::string shallow = Frames("f", 0, 50) + " 5\n";
  std::string text = shallow + Frames("f", 30, 94) + " 7\n" + Frames("f", 60, 124) + " 9\n";
  EXPECT_EQ(Rejoined(text), shallow + Frames("f", 0, 94) + " 7\n" + Frames("f", 0, 124) + " 9\n");
}

TEST(RejoinTest, TheHeaviestWayWins) {
  std::string a = "a;" + Frames("f", 10, 50), b = "b;" + Frames("f", 10, 50);
  std::string cut = Frames("f", 10, 74);
  EXPECT_EQ(Rejoined(a + " 5\n" + b + " 4\n" + cut + " 1\n"),
            a + " 5\na;" + cut + " 1\n" + b + " 4\n");
  EXPECT_EQ(Rejoined(a + " 5\n" + b + " 6\n" + cut + " 1\n"),
            a + " 5\n" + b + " 6\nb;" + cut + " 1\n");
}

TEST(RejoinTest, LeavesWhatIsNotCut) {
  std::string shallow = Frames("f", 0, 40) + " 5\n";
  const std::string kRows[] = {
      shallow + Frames("f", 16, 70) + " 7\n",   // 54 frames: no limit of the runtime's
      shallow + Frames("f", 16, 116) + " 7\n",  // 100
      shallow + Frames("f", 26, 90) + " 7\n",   // 14 frames in common: too few
      shallow + Frames("g", 0, 64) + " 7\n",    // none
      "x 1\n",
      "",
  };
  for (const std::string& row : kRows) {
    EXPECT_EQ(Rejoined(row), EncodeFolded(DecodeFolded(row, "cpu").value(), 0)) << row;
  }
}

TEST(RejoinTest, LimitsDependOnTheType) {
  std::string shallow = Frames("f", 0, 24) + " 5\n";
  std::string cut = shallow + Frames("f", 4, 36) + " 7\n";
  EXPECT_EQ(Rejoined(cut, "cpu"), cut);
  EXPECT_EQ(Rejoined(cut, "alloc_space"), shallow + Frames("f", 0, 36) + " 7\n");
}

TEST(RejoinTest, PutsBackOnlySoMuch) {
  // Which of two stacks comes first is a matter of their names: compare by what is cut.
  for (const auto& [depth, rejoined] : {std::pair(64 + 4096, true), std::pair(64 + 4097, false)}) {
    const std::string whole = Frames("f", 0, depth);
    const std::string cut = Frames("f", depth - 64, depth) + " 7\n";
    const std::string out = Rejoined(whole + ";leaf 5\n" + cut);
    EXPECT_EQ(out.find("\n" + cut) == std::string::npos && !out.starts_with(cut), rejoined);
  }
}

TEST(RejoinTest, RecursionEnds) {
  // All 64 frames are one function; a whole stack of the same recursion shows its root.
  auto recursion = [](int depth, std::string_view leaf) {
    std::string out;
    for (int i = 0; i < depth; ++i) out += "r;";
    return out + std::string(leaf);
  };
  EXPECT_EQ(Rejoined(recursion(64, "r 3\n").substr(2)), recursion(64, "r 3\n").substr(2));
  std::string whole = "main;" + recursion(30, "x 5\n");
  EXPECT_EQ(Rejoined(whole + recursion(63, "y 3\n")), "main;" + recursion(63, "y 3\n") + whole);
  // However deep it is: each of its 20,000 positions matches, and only the last counts.
  whole = "main;" + recursion(20'000, "x 5\n");
  EXPECT_TRUE(Rejoined(whole + recursion(63, "y 3\n")) == whole + "main;" + recursion(63, "y 3\n"));
  // Two keys that lead to each other: loops are not followed for ever.
  std::string ab;
  for (int i = 0; i < 32; ++i) ab += "a;b;";
  std::string first = ab + "x", second = "b;" + ab.substr(0, ab.size() - 2) + "y";
  Profile profile =
      DecodeFolded(first.substr(4) + " 1\n" + second.substr(4) + " 2\n", "cpu").value();
  int64_t sum = 0;
  for (int64_t value : RejoinStacks(profile).sample_values) sum += value;
  EXPECT_EQ(sum, 3);
}

}  // namespace
}  // namespace anneal
