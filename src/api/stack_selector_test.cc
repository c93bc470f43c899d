#include "api/stack_selector.h"

#include <gtest/gtest.h>

#include "api/made_profile.h"
#include "api/sample_groups.h"

namespace anneal {
namespace {

const MadeProfile kMade = {.sample_types = {{"cpu", "nanoseconds"}},
                           .samples = {{{"main", "a:10", "b:20"}, {1}},
                                       {{"main", "a:10", "b:21"}, {2}},
                                       {{"main", "a:10"}, {4}},
                                       {{"main", "c"}, {8}}}};

// The same lines in another order mean the same.
std::vector<std::string> Lines(const Profile& profile) {
  std::vector<std::string> lines;
  std::string shown = Show(profile);
  for (size_t at = 0; at < shown.size();) {
    size_t end = shown.find('\n', at);
    lines.push_back(shown.substr(at, end - at));
    at = end + 1;
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

using testing::ElementsAre;

TEST(StackSelectorTest, KeepsACallSite) {
  EXPECT_THAT(Lines(SelectCallSite(Make(kMade), {"main", "a"})),
              ElementsAre("main;a:10 4", "main;a:10;b:20 1", "main;a:10;b:21 2"));
  EXPECT_THAT(Lines(SelectCallSite(Make(kMade), {"main", "a", "b"})),
              ElementsAre("main;a:10;b:20 1", "main;a:10;b:21 2"));
  EXPECT_EQ(Lines(SelectCallSite(Make(kMade), {})).size(), 4u);
  EXPECT_THAT(Lines(SelectCallSite(Make(kMade), {"a"})), ElementsAre());
  EXPECT_THAT(Lines(SelectCallSite(Make(kMade), {"main", "c", "d"})), ElementsAre());
  // Frames without a name are called by their address, as in flame graphs.
  Profile unnamed = Make({.sample_types = {{"cpu", "nanoseconds"}},
                          .samples = {{{"main", "a"}, {1}}, {{"main", "b"}, {2}}}});
  LocationId a = unnamed.Stack(0)[0];
  unnamed.locations[Index(a)].lines_end = unnamed.locations[Index(a)].lines_begin;
  std::string address = fmt::format("{:x}", unnamed.locations[Index(a)].address);
  EXPECT_EQ(SelectCallSite(unnamed, {"main", address}).sample_values, std::vector<int64_t>{1});
  EXPECT_EQ(SelectCallSite(unnamed, {"main", "b"}).sample_values, std::vector<int64_t>{2});
  EXPECT_EQ(SelectCallSite(unnamed, {"main"}).SampleCount(), 2u);
}

TEST(StackSelectorTest, KeepsStacksThroughAndAround) {
  const Profile profile = Make(kMade);
  EXPECT_EQ(Lines(SelectThrough(profile, {}, {})).size(), 4u);
  EXPECT_THAT(Lines(SelectThrough(profile, {"b"}, {})),
              ElementsAre("main;a:10;b:20 1", "main;a:10;b:21 2"));
  EXPECT_THAT(Lines(SelectThrough(profile, {"main", "a"}, {"b"})), ElementsAre("main;a:10 4"));
  EXPECT_THAT(Lines(SelectThrough(profile, {}, {"a"})), ElementsAre("main;c 8"));
  EXPECT_THAT(Lines(SelectThrough(profile, {"b", "c"}, {})), ElementsAre());
  EXPECT_THAT(Lines(SelectThrough(profile, {}, {"main"})), ElementsAre());
  EXPECT_THAT(Lines(SelectThrough(profile, {"ai"}, {})), ElementsAre()) << "whole names";
}

TEST(StackSelectorTest, GoPgoKeepsTheLeafLocations) {
  EXPECT_THAT(Lines(SelectGoPgo(Make(kMade), 1, CalleeLines::kKeep)),
              ElementsAre("a:10 4", "b:20 1", "b:21 2", "c 8"));
  EXPECT_THAT(Lines(SelectGoPgo(Make(kMade), 0, CalleeLines::kKeep)),
              ElementsAre("main;a:10 4", "main;a:10;b:20 1", "main;a:10;b:21 2", "main;c 8"));
}

// The location a:10 is a leaf in one stack and a caller in two: as a caller it keeps its line.
TEST(StackSelectorTest, AggregatedCalleesDoNotCorruptCallers) {
  Profile profile = Make(kMade);
  DropAddresses(profile);
  EXPECT_THAT(Lines(SelectGoPgo(profile, 2, CalleeLines::kAggregate)),
              ElementsAre("a:10;b:0 3", "main;a:0 4", "main;c:0 8"));
  EXPECT_THAT(Lines(SelectGoPgo(profile, 0, CalleeLines::kAggregate)),
              ElementsAre("main;a:0 4", "main;a:10;b:0 3", "main;c:0 8"));
}

TEST(StackSelectorTest, OnlyTheInnermostInlinedFrameIsAggregated) {
  Profile profile = Make({.sample_types = {{"cpu", "nanoseconds"}}, .samples = {{{"a:1"}, {5}}}});
  // a:1 inlined into b:2: two lines of one location.
  profile.functions.push_back({.name = profile.strings.Append("b")});
  profile.lines.push_back({.function = static_cast<FunctionId>(1), .line = 2});
  profile.locations[0].lines_end = 2;
  EXPECT_THAT(Lines(SelectGoPgo(profile, 1, CalleeLines::kAggregate)), ElementsAre("b:2;a:0 5"));
}

TEST(StackSelectorTest, EmptyStacksAndFramelessLeavesPass) {
  Profile profile = Make({.sample_types = {{"cpu", "nanoseconds"}}, .samples = {{{}, {5}}}});
  EXPECT_EQ(SelectGoPgo(profile, 5, CalleeLines::kAggregate).SampleCount(), 1u);
  profile.locations.push_back({.mapping = static_cast<MappingId>(0), .address = 0x400010});
  profile.sample_locations.push_back(static_cast<LocationId>(0));
  profile.stack_ends[0] = 1;
  EXPECT_EQ(SelectGoPgo(profile, 5, CalleeLines::kAggregate).SampleCount(), 1u);
}

}  // namespace
}  // namespace anneal
