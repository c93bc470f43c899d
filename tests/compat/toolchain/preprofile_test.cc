// Edge for edge: what anneal computes from a profile, and what is left of it in an artefact, must
// be to the byte what `go tool preprofile` makes of the original.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "go_toolchain.h"
#include "pgo/call_edges.h"
#include "pgo/go_artefact.h"
#include "pgo/made_profile.h"
#include "profile/merge.h"
#include "profile/pprof.h"

namespace anneal {
namespace {

std::vector<std::string> Corpus() {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(SourcePath("tests/corpus"))) {
    if (entry.path().extension() == ".cpuprof") paths.push_back(entry.path().string());
  }
  std::sort(paths.begin(), paths.end());
  EXPECT_GT(paths.size(), 100u);
  return paths;
}

class PreprofileTest : public ::testing::Test {
 protected:
  GoToolchain go_;

  Profile Decode(const std::string& path) {
    Result<Profile> profile = DecodePprof(go_.Read(path));
    EXPECT_TRUE(profile.ok()) << path << ": " << profile.status().ToString();
    return profile.ok() ? *profile : Profile{};
  }

  // Expects anneal to give `want` for a profile, and each of its artefacts to give it to Go.
  void ExpectEverywhere(const Profile& profile, const std::string& want) {
    Result<CallEdges> edges = ComputeCallEdges(profile);
    ASSERT_TRUE(edges.ok()) << edges.status().ToString();
    EXPECT_EQ(WritePreprofile(*edges), want);
    for (GoTrim trim : {GoTrim::kFull, GoTrim::kLeaf, GoTrim::kEdges}) {
      Result<GoArtefact> artefact = MakeGoArtefact(profile, trim);
      ASSERT_TRUE(artefact.ok()) << artefact.status().ToString();
      Result<std::string> read = go_.Preprofile(artefact->bytes);
      ASSERT_TRUE(read.ok()) << read.status().ToString();
      EXPECT_EQ(*read, want) << "trim " << static_cast<int>(trim);
    }
  }
};

TEST_F(PreprofileTest, EqualsGosOnEveryProfileOfTheCorpus) {
  for (const std::string& path : Corpus()) {
    SCOPED_TRACE(path);
    Result<std::string> want = go_.Preprofile(go_.Read(path));
    ASSERT_TRUE(want.ok()) << want.status().ToString();
    Profile profile = Decode(path);
    Result<CallEdges> edges = ComputeCallEdges(profile);
    ASSERT_TRUE(edges.ok()) << edges.status().ToString();
    EXPECT_EQ(WritePreprofile(*edges), *want);
    Result<CallEdges> back = ReadPreprofile(*want);
    ASSERT_TRUE(back.ok());
    EXPECT_EQ(*back, *edges);
    Result<GoArtefact> artefact = MakeGoArtefact(profile, GoTrim::kLeaf);
    ASSERT_TRUE(artefact.ok()) << artefact.status().ToString();
    EXPECT_LT(artefact->bytes.size(), go_.Read(path).size());
    EXPECT_EQ(*go_.Preprofile(artefact->bytes), *want);
  }
}

// decode, merge, trim by anneal against the merge by google/pprof.
TEST_F(PreprofileTest, EqualsGosOnMergesByPprof) {
  std::vector<std::string> corpus = Corpus();
  std::mt19937 random(20'261'123);
  for (size_t count : {2u, 3u, 7u, 20u, 60u, 110u}) {
    SCOPED_TRACE(count);
    std::vector<std::string> paths;
    std::sample(corpus.begin(), corpus.end(), std::back_inserter(paths), count, random);
    std::shuffle(paths.begin(), paths.end(), random);
    std::string theirs = go_.PprofMerge(paths);
    Result<std::string> want = go_.Preprofile(theirs);
    ASSERT_TRUE(want.ok()) << want.status().ToString();
    Merger merger;
    for (const std::string& path : paths) ASSERT_TRUE(merger.Add(Decode(path)).ok());
    ExpectEverywhere(merger.Finish(), *want);
    ExpectEverywhere(*DecodePprof(theirs), *want);
  }
}

TEST_F(PreprofileTest, TrimmedArtefactsAreMuchSmaller) {
  std::vector<std::string> paths = Corpus();
  Merger merger;
  for (const std::string& path : paths) ASSERT_TRUE(merger.Add(Decode(path)).ok());
  Profile merged = merger.Finish();
  size_t theirs = go_.PprofMerge(paths).size();
  size_t full = MakeGoArtefact(merged, GoTrim::kFull)->bytes.size();
  size_t leaf = MakeGoArtefact(merged, GoTrim::kLeaf)->bytes.size();
  size_t edges = MakeGoArtefact(merged, GoTrim::kEdges)->bytes.size();
  std::printf("google/pprof %zu, full %zu, leaf %zu, edges %zu bytes\n", theirs, full, leaf, edges);
  // Short stacks, few samples each: the least that trimming wins. Deep stacks of long windows
  // shrink more, since their number grows and that of edges does not.
  EXPECT_LT(full, theirs);
  EXPECT_LT(leaf * 5 / 2, theirs);
  EXPECT_LT(edges * 7 / 2, theirs);
}

const MadeLocation kLeafB{0x20, {{"b", 30, 31}}};
const MadeLocation kCallerA{0x10, {{"a", 10, 12}}};

TEST_F(PreprofileTest, EqualsGosOnHostileProfiles) {
  const int64_t max = std::numeric_limits<int64_t>::max();
  const MadeLocation again{0x11, {{"a", 10, 12}}}, other{0x21, {{"b", 30, 31}}};
  const MadeLocation inlined{0x30, {{"c", 50, 51}, {"b", 30, 31}, {"c", 50, 51}}};
  const std::vector<MadeSample> rows[] = {
      {},
      {{{kLeafB}, {1}}},
      {{{}, {1}}, {{kLeafB}, {1}}},
      {{{kLeafB, kCallerA}, {0}}, {{kLeafB}, {1}}},
      {{{kLeafB, kCallerA}, {-3}}},
      {{{kLeafB, kCallerA}, {3}}, {{other, kCallerA}, {-3}}, {{kLeafB, again}, {1}}},
      {{{kLeafB, kCallerA}, {3}},
       {{kLeafB, kCallerA}, {-3}},
       {{kCallerA}, {1}},
       {{kLeafB, again}, {9}}},
      {{{kLeafB, kCallerA}, {max}}, {{kLeafB, kCallerA}, {2}}},
      {{{kCallerA, kCallerA}, {5}}, {{kCallerA, again}, {7}}, {{again, kCallerA, again}, {1}}},
      {{{inlined, kCallerA}, {5}}, {{inlined, inlined}, {7}}, {{kLeafB, inlined}, {11}}},
      {{{{0x31, inlined.frames}, inlined}, {5}}, {{inlined}, {1}}},
      {{{kLeafB, {0x99, {}}}, {1}}, {{{0x98, {}}, {0x99, {}}}, {2}}, {{{0, {}}, {0, {}}}, {4}}},
      {{{kLeafB, {1, {{"y", 10, -5}}}}, {1}}, {{kLeafB, {1, {{"y", -10, 5}}}}, {1}}},
      {{{kLeafB, {1, {{"y", 1, std::numeric_limits<int64_t>::min()}}}}, {1}}},
      {{{kLeafB, {1, {{"\xc3\xa9", 1, 1}}}}, {1}}, {{kLeafB, {1, {{"z", 1, 1}}}}, {1}}},
      {{{kLeafB, {1, {{"", 1, 1}}}}, {1}}},
  };
  int row_number = 0;
  for (const auto& samples : rows) {
    SCOPED_TRACE(row_number++);
    Profile profile = MadeCounts(samples);
    Result<std::string> want = go_.Preprofile(EncodePprof(profile));
    ASSERT_TRUE(want.ok()) << want.status().ToString();
    Result<CallEdges> edges = ComputeCallEdges(profile);
    ASSERT_TRUE(edges.ok()) << edges.status().ToString();
    EXPECT_EQ(WritePreprofile(*edges), *want);
    Result<GoArtefact> artefact = MakeGoArtefact(profile, GoTrim::kLeaf);
    ASSERT_TRUE(artefact.ok()) << artefact.status().ToString();
    Result<std::string> read = go_.Preprofile(artefact->bytes);
    ASSERT_TRUE(read.ok()) << read.status().ToString();
    EXPECT_EQ(*read, *want);
  }
}

// Random stacks over few functions, so that every kind of recursion and sharing comes about.
TEST_F(PreprofileTest, EqualsGosOnRandomProfiles) {
  std::mt19937 random(7);
  auto pick = [&](int n) { return static_cast<int64_t>(random() % static_cast<unsigned>(n)); };
  for (int round = 0; round < 60; ++round) {
    SCOPED_TRACE(round);
    std::vector<MadeSample> samples;
    for (int64_t s = 1 + pick(40); s > 0; --s) {
      MadeSample sample;
      for (int64_t depth = pick(5); depth > 0; --depth) {
        MadeLocation location{static_cast<uint64_t>(pick(6)), {}};
        for (int64_t frames = pick(4); frames > 0; --frames) {
          int64_t f = pick(4);
          location.frames.push_back({std::string(1, static_cast<char>('f' + f)), f * 10, pick(3)});
        }
        sample.stack.push_back(location);
      }
      sample.values = {pick(4) - (round % 3 == 0 ? 2 : 0)};
      samples.push_back(sample);
    }
    Profile profile = MadeCounts(samples);
    Result<std::string> want = go_.Preprofile(EncodePprof(profile));
    Result<CallEdges> edges = ComputeCallEdges(profile);
    ASSERT_EQ(edges.ok(), want.ok()) << edges.status().ToString() << want.status().ToString();
    if (!want.ok()) continue;
    EXPECT_EQ(WritePreprofile(*edges), *want);
    Result<GoArtefact> artefact = MakeGoArtefact(profile, GoTrim::kLeaf);
    ASSERT_TRUE(artefact.ok()) << artefact.status().ToString();
    EXPECT_EQ(*go_.Preprofile(artefact->bytes), *want);
    bool positive = std::all_of(edges->edges.begin(), edges->edges.end(),
                                [](const CallEdge& edge) { return edge.weight > 0; });
    if (!positive) continue;
    EXPECT_EQ(*go_.Preprofile(MakeGoArtefact(profile, GoTrim::kEdges)->bytes), *want);
  }
}

TEST_F(PreprofileTest, RefusesWhatGoRefuses) {
  const MadeLocation leaf{2, {{"b", 0, 31}}}, caller{1, {{"a", 0, 12}}};
  const Profile rows[] = {
      MadeCounts({{{leaf, caller}, {1}}}),
      MadeProfile({{"alloc_space", "bytes"}}, {{{kLeafB, kCallerA}, {1}}}),
      MadeProfile({{"samples", "Count"}}, {{{kLeafB, kCallerA}, {1}}}),
      MadeProfile({{"contentions", "count"}, {"delay", "nanoseconds"}}, {{{kLeafB}, {1, 2}}}),
  };
  for (const Profile& profile : rows) {
    EXPECT_FALSE(go_.Preprofile(EncodePprof(profile)).ok());
    EXPECT_EQ(MakeGoArtefact(profile, GoTrim::kLeaf).status().code(), Code::kFailedPrecondition);
  }
}

}  // namespace
}  // namespace anneal
