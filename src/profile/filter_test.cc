#include "profile/filter.h"

#include "profile/folded.h"
#include "profile/merge.h"
#include "profile/pprof.h"
#include "profile/shapes_for_test.h"

namespace anneal {
namespace {

Profile Folded(std::string_view text) { return DecodeFolded(text).value(); }
std::string Filtered(std::string_view text, const FilterOptions& options) {
  return EncodeFolded(FilterProfile(Folded(text), options).value(), 0);
}

constexpr std::string_view kStacks = "main;a;b;c 1\nmain;a;d 2\nmain;x;b 4\nmain 8\n";

TEST(FilterTest, Table) {
  struct Row {
    FilterOptions options;
    std::string want;
  };
  const Row rows[] = {
      {{}, "main 8\nmain;a;b;c 1\nmain;a;d 2\nmain;x;b 4\n"},
      {{.focus = "^b$"}, "main;a;b;c 1\nmain;x;b 4\n"},
      {{.ignore = "^b$"}, "main 8\nmain;a;d 2\n"},
      {{.focus = "a", .ignore = "c|x"}, "main 8\nmain;a;d 2\n"},
      {{.hide = "^(a|main)$"}, "b;c 1\nd 2\nx;b 4\n"},
      {{.show = "^[bd]$"}, "b 5\nd 2\n"},
      {{.show_from = "^a$"}, "a;b;c 1\na;d 2\n"},
      {{.focus = "nothing"}, ""},
      {{.hide = "^b$", .show_from = "a$"}, "a;c 1\na;d 2\n"},
  };
  for (const Row& row : rows) EXPECT_EQ(Filtered(kStacks, row.options), row.want);
}

TEST(FilterTest, ShowFromTakesTheHighestMatch) {
  EXPECT_EQ(Filtered("a;b;c;b 1\n", {.show_from = "b"}), "b;c;b 1\n");
  EXPECT_EQ(Filtered("a;b;c;b 1\n", {.show_from = "a"}), "a;b;c;b 1\n");
}

TEST(FilterTest, ABadPatternIsNamed) {
  Status status = FilterProfile(Folded(kStacks), {.hide = "a("}).status();
  EXPECT_EQ(status.code(), Code::kInvalidArgument);
  EXPECT_TRUE(status.message().starts_with("hide pattern 'a(': ")) << status.message();
}

TEST(FilterTest, KeepLeafLocations) {
  EXPECT_EQ(EncodeFolded(KeepLeafLocations(Folded(kStacks), 1), 0), "b 4\nc 1\nd 2\nmain 8\n");
  EXPECT_EQ(EncodeFolded(KeepLeafLocations(Folded(kStacks), 2), 0),
            "a;d 2\nb;c 1\nmain 8\nx;b 4\n");
  EXPECT_EQ(EncodeFolded(KeepLeafLocations(Folded(kStacks), 0), 0),
            EncodeFolded(Folded(kStacks), 0));
  // Inlined frames stay with their location; trimming commutes with merging.
  Profile a = MakeProfile(Shape::kGo, 1), b = MakeProfile(Shape::kGo, 2);
  std::vector<Profile> whole = {a, b};
  std::vector<Profile> trimmed = {KeepLeafLocations(a, 2), KeepLeafLocations(b, 2)};
  EXPECT_EQ(EncodePprof(KeepLeafLocations(MergeProfiles(whole).value(), 2)),
            EncodePprof(MergeProfiles(trimmed).value()));
}

TEST(FilterTest, SelectSampleType) {
  Profile p = MakeProfile(Shape::kNode, 1);
  Profile wall = SelectSampleType(p, 1);
  ASSERT_TRUE(ValidateProfile(wall).ok());
  ASSERT_EQ(wall.sample_types.size(), 1u);
  EXPECT_EQ(wall.FindSampleType("wall", "nanoseconds"), 0);
  EXPECT_EQ(wall.default_sample_type, StringId::kEmpty);  // it named the first column
  EXPECT_EQ(EncodeFolded(wall, 0), EncodeFolded(p, 1));
  Profile first = SelectSampleType(p, 0);
  EXPECT_EQ(first.Text(first.default_sample_type), "sample");
}

TEST(FilterTest, DropLabels) {
  Profile p = MakeProfile(Shape::kJava, 1);
  ASSERT_FALSE(p.labels.empty());
  Profile bare = DropLabels(p);
  EXPECT_TRUE(ValidateProfile(bare).ok());
  EXPECT_TRUE(bare.labels.empty());
  EXPECT_TRUE(bare.label_ends.empty());
  EXPECT_EQ(EncodeFolded(bare, 0), EncodeFolded(p, 0));
}

TEST(FoldedTest, RoundTrips) {
  const std::string text = "a b;c (x) 7\nmain;größe 3\n";
  EXPECT_EQ(EncodeFolded(Folded(text), 0), text);
  EXPECT_EQ(EncodeFolded(Folded("# comment\r\n\nmain 1\r\nmain 2"), 0), "main 3\n");
  EXPECT_EQ(EncodeFolded(Folded("main 1\nmain -1\n"), 0), "");
  Profile p = DecodeFolded("a 1", "cpu", "nanoseconds").value();
  EXPECT_EQ(p.FindSampleType("cpu", "nanoseconds"), 0);
}

TEST(FoldedTest, BadLinesAreExplained) {
  struct Row {
    std::string_view text, want;
  };
  const Row rows[] = {
      {"main 1\nmain", "folded: line 2: expected 'frame;frame count', found 'main'"},
      {" 4", "folded: line 1: expected 'frame;frame count', found ' 4'"},
      {"main x", "folded: line 1: 'x' is not a count"},
      {"main 99999999999999999999", "folded: line 1: '99999999999999999999' is not a count"},
      {"a;;b 1", "folded: line 1: an empty frame in 'a;;b 1'"},
      {"a\xff 1", "folded: not UTF-8 at byte 1"},
  };
  for (const Row& row : rows) EXPECT_EQ(DecodeFolded(row.text).status().message(), row.want);
}

}  // namespace
}  // namespace anneal
