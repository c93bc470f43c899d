#include "api/sample_groups.h"

#include <gtest/gtest.h>

#include "api/made_profile.h"

namespace anneal {
namespace {

// "labels: samples" per group.
std::string Show(const std::vector<SampleGroup>& groups) {
  std::string out;
  for (const SampleGroup& group : groups) {
    out += ToString(group.labels) + ":";
    if (!group.samples) out += " all";
    for (uint32_t sample : group.samples.value_or(std::vector<uint32_t>())) {
      out += fmt::format(" {}", sample);
    }
    out += "\n";
  }
  return out;
}

struct Row {
  std::string_view what;
  std::vector<MadeSample> samples;
  std::string_view groups;
};

TEST(SampleGroupsTest, GroupsByTextLabels) {
  const Row kRows[] = {
      {"no samples", {}, ""},
      {"no labels", {{{"a"}, {1, 2}}, {{"b"}, {3, 4}}}, "{}: all\n"},
      {"zeros and negatives are left out",
       {{{"a"}, {0, 0}}, {{"b"}, {1, 0}}, {{"c"}, {2, -1}}, {{"d"}, {0, 5}}},
       "{}: 1 3\n"},
      {"nothing counts", {{{"a"}, {0, 0}}, {{"b"}, {-1, 1}}}, ""},
      {"a negative one first", {{{"a"}, {-1, 0}}, {{"b"}, {1, 1}}}, "{}: 1\n"},
      {"two values of a label",
       {{{"a"}, {1, 1}, {{"k", "y"}}},
        {{"b"}, {1, 1}, {{"k", "x"}}},
        {{"c"}, {1, 1}, {{"k", "y"}}}},
       "{k=\"x\"}: 1\n{k=\"y\"}: 0 2\n"},
      {"all with one label", {{{"a"}, {1, 1}, {{"k", "x"}}}}, "{k=\"x\"}: all\n"},
      {"some without", {{{"a"}, {1, 1}, {{"k", "x"}}}, {{"b"}, {1, 1}}}, "{}: 1\n{k=\"x\"}: 0\n"},
      {"span ids do not group",
       {{{"a"}, {1, 1}, {{"span_id", "1"}}},
        {{"b"}, {1, 1}, {{"trace_id", "2"}, {"profile_id", "3"}}}},
       "{}: all\n"},
      {"numbers do not group", {{{"a"}, {1, 1}, {{"bytes", ""}}}, {{"b"}, {1, 1}}}, "{}: all\n"},
      {"order of labels is no matter",
       {{{"a"}, {1, 1}, {{"j", "1"}, {"k", "2"}}}, {{"b"}, {1, 1}, {{"k", "2"}, {"j", "1"}}}},
       "{j=\"1\", k=\"2\"}: all\n"},
      {"a key twice", {{{"a"}, {1, 1}, {{"k", "2"}, {"k", "1"}}}}, "{k=\"1\"}: all\n"},
      {"labelled zeros",
       {{{"a"}, {0, 0}, {{"k", "x"}}}, {{"b"}, {1, 1}, {{"k", "x"}}}},
       "{k=\"x\"}: 1\n"},
  };
  for (const Row& row : kRows) {
    Result<std::vector<SampleGroup>> groups = GroupSamples(Make({.samples = row.samples}), 0);
    ASSERT_TRUE(groups.ok()) << row.what;
    EXPECT_EQ(Show(*groups), row.groups) << row.what;
  }
}

TEST(SampleGroupsTest, StringsThatOccurTwiceAreOneLabel) {
  Profile profile =
      Make({.samples = {{{"a"}, {1, 1}, {{"k", "x"}}}, {{"b"}, {1, 1}, {{"k", "x"}}}}});
  profile.labels[1].key = profile.strings.Append("k");
  profile.labels[1].str = profile.strings.Append("x");
  EXPECT_EQ(Show(*GroupSamples(profile, 0)), "{k=\"x\"}: all\n");
}

TEST(SampleGroupsTest, RefusesTooManyGroups) {
  Profile profile =
      Make({.samples = {{{"a"}, {1, 1}, {{"k", "x"}}}, {{"a"}, {1, 1}, {{"k", "y"}}}}});
  EXPECT_TRUE(GroupSamples(profile, 2).ok());
  Result<std::vector<SampleGroup>> groups = GroupSamples(profile, 1);
  EXPECT_EQ(groups.status().code(), Code::kInvalidArgument);
  EXPECT_THAT(groups.status().message(), testing::HasSubstr("limits.series_per_profile"));
}

TEST(SampleGroupsTest, DropsAddressesOfNamedFramesOnly) {
  Profile profile = Make({.samples = {{{"a", "b"}, {1, 1}}}});
  profile.mappings.push_back({.start = 0x1000, .limit = 0x2000});
  profile.locations.push_back({.mapping = static_cast<MappingId>(1), .address = 0x1234});
  profile.locations.push_back({.mapping = static_cast<MappingId>(0), .address = 0x400999});
  DropAddresses(profile);
  EXPECT_EQ(profile.locations[0].address, 0u);
  EXPECT_EQ(profile.locations[1].address, 0u);
  EXPECT_EQ(profile.locations[2].address, 0x1234u) << "its mapping has no functions";
  EXPECT_EQ(profile.locations[3].address, 0x400999u) << "without lines it is all there is";
  EXPECT_EQ(profile.mappings[0].start, 0u);
  EXPECT_EQ(profile.mappings[0].limit, 0u);
  EXPECT_EQ(profile.mappings[1].start, 0x1000u);
}

// Two stacks end in a call of f by itself within one line; the others do not.
TEST(SampleGroupsTest, RecursionWithinOneLineStaysTwoFrames) {
  Profile profile = Make({.samples = {{{"g", "f"}, {1, 1}}}});
  Location again = profile.locations[0];
  again.address += 5;
  profile.locations.push_back(again);
  const auto f = static_cast<LocationId>(0), g = static_cast<LocationId>(1);
  const auto f_again = static_cast<LocationId>(2);
  profile.stack_ends = {3, 6, 8, 10};
  profile.sample_locations = {f_again, f, g, f_again, f, g, f, g, f, f};
  profile.sample_values = {1, 1, 2, 2, 3, 3, 4, 4};
  DropAddresses(profile);
  ASSERT_TRUE(ValidateProfile(profile).ok());
  LocationId leaf = profile.Stack(0)[0];
  EXPECT_EQ(profile.Stack(1)[0], leaf);
  EXPECT_EQ(profile.locations[Index(leaf)].address, 1u);
  EXPECT_EQ(profile.FunctionName(profile.Lines(leaf)[0]), "f");
  EXPECT_EQ(profile.locations[Index(profile.Stack(0)[1])].address, 0u);
  EXPECT_EQ(profile.Stack(2)[0], f) << "its caller is another function";
  EXPECT_EQ(profile.Stack(3)[0], f) << "one address twice is one frame to the compiler too";
  EXPECT_EQ(profile.locations[0].address, 0u);
}

TEST(SampleGroupsTest, ManyInlinedFramesAreRefused) {
  Profile profile = Make({.sample_types = {{"a", "b"}}, .samples = {{{"x", "y", "z"}, {1}}}});
  profile.locations[0].lines_begin = 0;
  profile.locations[0].lines_end = 3;
  EXPECT_TRUE(CheckPushedProfile(profile, {.max_inlined_frames = 3}).ok());
  EXPECT_THAT(CheckPushedProfile(profile, {.max_inlined_frames = 2}).message(),
              testing::HasSubstr("3 frames; limits.inlined_frames allows 2"));
}

TEST(SampleGroupsTest, DeepStacksLoseTheirLeaves) {
  Profile profile = Make({.sample_types = {{"a", "b"}},
                          .samples = {{{"a", "b", "c", "d"}, {1}},
                                      {{}, {2}},
                                      {{"a", "b"}, {3}},
                                      {{"x", "a", "b", "c"}, {4}}}});
  CutStacks(profile, 2);
  EXPECT_EQ(Show(profile), "a;b 1\n 2\na;b 3\nx;a 4\n");
  EXPECT_TRUE(ValidateProfile(profile).ok());
  CutStacks(profile, 2);
  EXPECT_EQ(Show(profile), "a;b 1\n 2\na;b 3\nx;a 4\n");
}

TEST(SampleGroupsTest, LongStringsKeepTheirEnd) {
  Profile profile = Make({.sample_types = {{"a", "b"}},
                          .samples = {{{"example.com/x.F", "\u00fc\u00fc\u00fc"}, {1}}}});
  CutStrings(profile, 100);
  EXPECT_EQ(Show(profile), "example.com/x.F;\u00fc\u00fc\u00fc 1\n");
  CutStrings(profile, 5);
  EXPECT_EQ(Show(profile), "m/x.F;\u00fc\u00fc 1\n") << "no half of a character";
  EXPECT_TRUE(ValidateProfile(profile).ok());
}

TEST(SampleGroupsTest, ChecksProfilesAgainstLimits) {
  struct Check {
    std::string_view what;
    MadeProfile made;
    Limits limits;
    std::string_view message;  // empty: accepted
  };
  const MadeSample kSample = {{"a"}, {1}, {{"k", "x"}, {"l", "y"}}};
  const Check kRows[] = {
      {"fine", {.sample_types = {{"a", "b"}}, .samples = {kSample}}, {}, ""},
      {"no types", {.sample_types = {}}, {}, "no sample types"},
      {"hyphen", {.sample_types = {{"a-b", "c"}}}, {}, "sample type `a-b/c`"},
      {"colon", {.sample_types = {{"a", "c:d"}}}, {}, "sample type `a/c:d`"},
      {"unnamed", {.sample_types = {{"", "c"}}}, {}, "sample type `/c`"},
      {"period", {.period_type = {"x:", ""}}, {}, "period type"},
      {"labels",
       {.sample_types = {{"a", "b"}}, .samples = {kSample}},
       {.max_sample_labels = 1},
       "limits.sample_labels allows 1"},
      {"unlimited",
       {.sample_types = {{"a", "b"}}, .samples = {kSample}},
       {.max_sample_labels = 0, .max_inlined_frames = 0},
       ""},
  };
  for (const Check& row : kRows) {
    Status status = CheckPushedProfile(Make(row.made), row.limits);
    EXPECT_EQ(status.ok(), row.message.empty()) << row.what << ": " << status.message();
    EXPECT_THAT(status.message(), testing::HasSubstr(std::string(row.message))) << row.what;
  }
}

}  // namespace
}  // namespace anneal
