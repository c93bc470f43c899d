#include "pgo/go_artefact.h"

#include <gtest/gtest.h>

#include <limits>

#include "pgo/made_profile.h"
#include "profile/compress.h"
#include "profile/pprof.h"

namespace anneal {
namespace {

constexpr GoTrim kTrims[] = {GoTrim::kFull, GoTrim::kLeaf, GoTrim::kEdges};

// The profile as it reads back from an artefact.
Profile ReadBack(const GoArtefact& artefact) {
  Result<Profile> profile = DecodePprof(artefact.bytes);
  EXPECT_TRUE(profile.ok()) << profile.status().ToString();
  return profile.ok() ? *profile : Profile{};
}

// A small program: recursion in one line, inlining, a generic function, a deep stack.
Profile Program() {
  const MadeLocation main{0x100, {{"main.main", 10, 14}}};
  const MadeLocation round{0x200, {{"main.Round", 20, 25}}};
  const MadeLocation tally{0x300, {{"main.Weigh", 40, 43}, {"main.Tally[go.shape.int]", 30, 33}}};
  const MadeLocation odd{0x400, {{"main.Odd", 50, 51}}}, odd_call{0x408, {{"main.Odd", 50, 51}}};
  Profile p = MadeProfile({{"samples", "count"}, {"cpu", "nanoseconds"}},
                          {{{tally, round, main}, {5, 50'000'000}},
                           {{odd, odd_call, odd_call, odd_call, round, main}, {3, 30'000'000}},
                           {{odd_call, odd_call, round, main}, {2, 20'000'000}},
                           {{round, main}, {1, 10'000'000}},
                           {{main}, {1, 10'000'000}}});
  p.time_ns = 1'700'000'000'000'000'000;
  p.duration_ns = 120'000'000;
  return p;
}

TEST(GoArtefact, KeepsEveryEdgeInEachTrim) {
  Profile program = Program();
  Result<CallEdges> edges = ComputeCallEdges(program);
  ASSERT_TRUE(edges.ok());
  ASSERT_EQ(edges->edges.size(), 4u);
  for (GoTrim trim : kTrims) {
    Result<GoArtefact> artefact = MakeGoArtefact(program, trim);
    ASSERT_TRUE(artefact.ok()) << artefact.status().ToString();
    EXPECT_EQ(artefact->edges, *edges);
    EXPECT_TRUE(artefact->warnings.empty());
    Profile back = ReadBack(*artefact);
    Result<CallEdges> read = ComputeCallEdges(back);
    ASSERT_TRUE(read.ok());
    EXPECT_EQ(*read, *edges);
    EXPECT_EQ(back.time_ns, program.time_ns);
    EXPECT_EQ(back.duration_ns, program.duration_ns);
  }
}

TEST(GoArtefact, LeafTrimLeavesOutWhatTheCompilerDoesNotRead) {
  Profile program = Program();
  program.mappings.push_back({.start = 0x100, .limit = 0x1000});
  for (Location& l : program.locations) l.mapping = MappingId{0};
  Result<GoArtefact> artefact = MakeGoArtefact(program, GoTrim::kLeaf);
  ASSERT_TRUE(artefact.ok());
  Profile back = ReadBack(*artefact);
  EXPECT_TRUE(back.mappings.empty());
  ASSERT_EQ(back.sample_types.size(), 1u);
  EXPECT_EQ(back.Text(back.sample_types[0].type), "samples");
  int64_t total = 0;
  for (size_t i = 0; i < back.SampleCount(); ++i) {
    EXPECT_LE(back.Stack(i).size(), 2u);
    total += back.Values(i)[0];
  }
  EXPECT_EQ(total, 12);  // samples without a caller are kept
  EXPECT_EQ(back.functions.size(), 5u);
  // Leaf lines are kept, and only the leaf of recursion within a line has an address.
  for (const Location& l : back.locations) EXPECT_LE(l.address, 1u);
}

TEST(GoArtefact, EdgesAloneKeepRecursionOnEveryLine) {
  for (int64_t offset : {-2, -1, 0, 1}) {
    CallEdges edges{{{"f", "f", offset, 3}, {"g", "f", offset, 2}}, 5};
    EXPECT_EQ(*ComputeCallEdges(ProfileFromEdges(edges, "samples", "count")), edges) << offset;
  }
}

TEST(GoArtefact, EqualProfilesGiveEqualBytes) {
  Profile a = Program();
  Profile b = MadeProfile({{"samples", "count"}, {"cpu", "nanoseconds"}}, {});
  // The same samples, the other way round.
  std::vector<MadeSample> samples;
  for (size_t i = a.SampleCount(); i-- > 0;) {
    MadeSample sample{{}, {a.Values(i).begin(), a.Values(i).end()}};
    for (LocationId id : a.Stack(i)) {
      MadeLocation location{a.locations[Index(id)].address, {}};
      for (const Line& line : a.Lines(id)) {
        location.frames.push_back({std::string(a.FunctionName(line)),
                                   a.functions[Index(line.function)].start_line, line.line});
      }
      sample.stack.push_back(location);
    }
    samples.push_back(sample);
  }
  b = MadeProfile({{"samples", "count"}, {"cpu", "nanoseconds"}}, samples);
  b.time_ns = a.time_ns;
  b.duration_ns = a.duration_ns;
  for (GoTrim trim : kTrims) {
    Result<GoArtefact> x = MakeGoArtefact(a, trim), y = MakeGoArtefact(b, trim);
    ASSERT_TRUE(x.ok() && y.ok());
    EXPECT_EQ(x->bytes, y->bytes);
  }
}

TEST(GoArtefact, StartLinesOfLeavesAloneStillCount) {
  // The only start line is that of a sample without edges.
  Profile p =
      MadeCounts({{{{2, {{"b", 0, 31}}}, {1, {{"a", 0, 12}}}}, {4}}, {{{3, {{"c", 7, 8}}}}, {1}}});
  for (GoTrim trim : kTrims) EXPECT_TRUE(MakeGoArtefact(p, trim).ok());
}

TEST(GoArtefact, HostileValuesKeepTheirEdges) {
  const MadeLocation leaf{0x20, {{"b", 30, 31}}}, other{0x21, {{"b", 30, 31}}};
  const MadeLocation caller{0x10, {{"a", 10, 12}}}, again{0x11, {{"a", 10, 12}}};
  const int64_t max = std::numeric_limits<int64_t>::max();
  const std::vector<MadeSample> rows[] = {
      {{{leaf, caller}, {3}}, {{other, caller}, {-3}}, {{leaf, again}, {1}}},
      {{{leaf, caller}, {max}}, {{leaf, again}, {max}}, {{other, again}, {2}}},
      {{{leaf, caller}, {3}}, {{leaf, caller}, {-3}}, {{caller}, {1}}, {{leaf, again}, {9}}},
      {{{leaf, {0x99, {}}}, {1}}, {{{0x98, {}}, {0x99, {}}}, {2}}, {{{0, {}}, {0, {}}}, {4}}},
      {{{{0x98, {{"", 0, 0}}}, {0x99, {}}}, {2}}, {{leaf, caller}, {1}}},
  };
  for (const auto& samples : rows) {
    Profile p = MadeCounts(samples);
    Result<CallEdges> edges = ComputeCallEdges(p);
    ASSERT_TRUE(edges.ok());
    Result<GoArtefact> artefact = MakeGoArtefact(p, GoTrim::kLeaf);
    ASSERT_TRUE(artefact.ok()) << artefact.status().ToString();
    EXPECT_EQ(WritePreprofile(*ComputeCallEdges(ReadBack(*artefact))), WritePreprofile(*edges));
  }
}

TEST(GoArtefact, WarnsAndRefuses) {
  Result<GoArtefact> empty = MakeGoArtefact(MadeCounts({}), GoTrim::kLeaf);
  ASSERT_TRUE(empty.ok());
  ASSERT_EQ(empty->warnings.size(), 1u);
  EXPECT_NE(empty->warnings[0].find("no samples"), std::string::npos);

  Result<GoArtefact> flat =
      MakeGoArtefact(MadeCounts({{{{1, {{"a", 1, 2}}}}, {5}}}), GoTrim::kLeaf);
  ASSERT_TRUE(flat.ok());
  ASSERT_EQ(flat->warnings.size(), 1u);
  EXPECT_NE(flat->warnings[0].find("caller and a callee"), std::string::npos);

  const MadeLocation leaf{2, {{"b", 3, 4}}}, caller{1, {{"a", 1, 2}}};
  Profile negative = MadeCounts({{{leaf, caller}, {-1}}});
  Result<GoArtefact> difference = MakeGoArtefact(negative, GoTrim::kLeaf);
  ASSERT_TRUE(difference.ok());
  EXPECT_EQ(difference->warnings.size(), 1u);
  EXPECT_EQ(MakeGoArtefact(negative, GoTrim::kEdges).status().code(), Code::kFailedPrecondition);

  for (const std::string& name :
       {std::string("a\nb"), std::string("a\r"), std::string(70'000, 'x')}) {
    Profile p = MadeCounts({{{leaf, {1, {{name, 1, 2}}}}, {1}}});
    EXPECT_EQ(MakeGoArtefact(p, GoTrim::kLeaf).status().code(), Code::kFailedPrecondition);
  }
  EXPECT_FALSE(MakeGoArtefact(MadeProfile({{"inuse_space", "bytes"}}, {{{leaf, caller}, {1}}}),
                              GoTrim::kLeaf)
                   .ok());
}

TEST(GoTrim, HasNames) {
  EXPECT_EQ(ParseGoTrim("full"), GoTrim::kFull);
  EXPECT_EQ(ParseGoTrim("leaf"), GoTrim::kLeaf);
  EXPECT_EQ(ParseGoTrim("edges"), GoTrim::kEdges);
  EXPECT_EQ(ParseGoTrim("Leaf"), std::nullopt);
}

}  // namespace
}  // namespace anneal
