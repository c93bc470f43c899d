#include "profile/merge.h"

#include <cmath>
#include <random>
#include <thread>

#include "profile/corpus_for_test.h"
#include "profile/pprof.h"
#include "profile/shapes_for_test.h"

namespace anneal {
namespace {

std::string Merged(std::span<const Profile> profiles) {
  Result<Profile> merged = MergeProfiles(profiles);
  EXPECT_TRUE(merged.ok()) << merged.status().ToString();
  Status valid = ValidateProfile(*merged);
  EXPECT_TRUE(valid.ok()) << valid.ToString();
  return EncodePprof(*merged);
}

int64_t Sum(const Profile& p, size_t column) {
  int64_t sum = 0;
  for (size_t s = 0; s < p.SampleCount(); ++s) sum += p.Values(s)[column];
  return sum;
}

// The laws of merge.h on one list of profiles, some permutations and some groupings.
void ExpectLaws(std::vector<Profile> profiles, uint32_t seed) {
  std::mt19937 random(seed);
  const std::string want = Merged(profiles);
  for (int i = 0; i < 4; ++i) {
    std::shuffle(profiles.begin(), profiles.end(), random);
    ASSERT_EQ(Merged(profiles), want) << "commutativity, seed " << seed;
    // Into groups, each merged, then the groups.
    std::vector<std::vector<Profile>> groups(3);
    for (const Profile& p : profiles) groups[random() % groups.size()].push_back(p);
    std::vector<Profile> parts;
    for (const std::vector<Profile>& group : groups) {
      if (!group.empty()) parts.push_back(MergeProfiles(group).value());
    }
    ASSERT_EQ(Merged(parts), want) << "associativity, seed " << seed;
  }
  // Idempotence, and through the wire.
  Profile merged = MergeProfiles(profiles).value();
  ASSERT_EQ(Merged({&merged, 1}), want);
  ASSERT_TRUE(DecodePprof(want).value() == merged);
}

TEST(MergeTest, LawsHoldForRandomProfiles) {
  for (uint32_t seed = 0; seed < 60; ++seed) {
    std::vector<Profile> profiles;
    for (uint32_t i = 0; i < 6; ++i) {
      profiles.push_back(MakeRandomProfile(seed * 10 + i, Sums::kNeverCancel));
    }
    ExpectLaws(profiles, seed);
    if (HasFatalFailure()) return;
  }
}

TEST(MergeTest, OrderDoesNotMatterWhereSumsCancel) {
  std::mt19937 random(1);
  for (uint32_t seed = 0; seed < 40; ++seed) {
    std::vector<Profile> profiles;
    for (uint32_t i = 0; i < 5; ++i) {
      profiles.push_back(MakeRandomProfile(seed * 10 + i, Sums::kMayCancel));
    }
    const std::string want = Merged(profiles);
    for (int i = 0; i < 4; ++i) {
      std::shuffle(profiles.begin(), profiles.end(), random);
      ASSERT_EQ(Merged(profiles), want) << seed;
    }
  }
}

TEST(MergeTest, LawsHoldForEachShape) {
  for (Shape shape : kShapes) {
    std::vector<Profile> profiles;
    for (uint32_t i = 0; i < 7; ++i) profiles.push_back(MakeProfile(shape, i));
    ExpectLaws(profiles, 5);
  }
}

TEST(MergeTest, LawsHoldForTheCorpus) {
  std::vector<Profile> all;
  int64_t sum = 0;
  for (size_t i = 0; i < Corpus().size(); i += 5) {
    all.push_back(CorpusProfile(i));
    sum += Sum(all.back(), 1);
  }
  EXPECT_EQ(Sum(MergeProfiles(all).value(), 1), sum);
  ExpectLaws(all, 2);
}

TEST(MergeTest, InputOrderOfEntitiesDoesNotMatter) {
  Profile p = MakeProfile(Shape::kGo, 3);
  // Samples reversed: entities are then met in another order.
  Profile reversed = p;
  reversed.stack_ends.clear();
  reversed.sample_locations.clear();
  reversed.sample_values.clear();
  for (size_t s = p.SampleCount(); s-- > 0;) {
    for (LocationId l : p.Stack(s)) reversed.sample_locations.push_back(l);
    reversed.stack_ends.push_back(static_cast<uint32_t>(reversed.sample_locations.size()));
    for (int64_t v : p.Values(s)) reversed.sample_values.push_back(v);
  }
  EXPECT_EQ(EncodePprof(Canonical(p)), EncodePprof(Canonical(reversed)));
}

TEST(MergeTest, NothingGivesAnEmptyProfile) { EXPECT_TRUE(MergeProfiles({}).value() == Profile()); }

TEST(MergeTest, DifferentTypesAreRefusedAndLeaveTheMergerAsItWas) {
  Merger merger;
  Profile go = MakeProfile(Shape::kGo, 1);
  ASSERT_TRUE(merger.Add(go).ok());
  Status status = merger.Add(MakeProfile(Shape::kJava, 1));
  EXPECT_EQ(status.code(), Code::kInvalidArgument);
  EXPECT_EQ(status.message(),
            "merge: sample types differ: samples/count, cpu/nanoseconds and itimer/count");
  Profile other_period = go;
  other_period.period_type.unit = StringId::kEmpty;
  EXPECT_EQ(merger.Add(other_period).message(),
            "merge: period types differ: cpu/nanoseconds and cpu/");
  EXPECT_EQ(EncodePprof(merger.Finish()), EncodePprof(Canonical(go)));
}

// A thread's mergers hand their memory on; what was in it must not be.
TEST(MergeTest, NothingIsLeftOfEarlierMerges) {
  std::vector<Profile> ones = {MakeProfile(Shape::kPython, 1), MakeProfile(Shape::kPython, 2)};
  std::string want;
  std::thread([&] { want = Merged(ones); }).join();  // a thread that has merged nothing before
  const Profile other = MakeProfile(Shape::kGo, 1);
  Merger merger;
  ASSERT_TRUE(merger.Add(other).ok());
  (void)merger.Finish();
  EXPECT_EQ(merger.bytes(), 0u);
  EXPECT_TRUE(merger.Finish() == Profile());
  {
    Merger unfinished;
    ASSERT_TRUE(unfinished.Add(other).ok());
    ASSERT_FALSE(unfinished.Add(ones[0]).ok());
  }
  for (const Profile& p : ones) ASSERT_TRUE(merger.Add(p).ok());
  EXPECT_EQ(EncodePprof(merger.Finish()), want);
}

TEST(MergeTest, HeadersCombine) {
  Profile a, b;
  for (Profile* p : {&a, &b}) {
    StringId t = p->strings.Append("samples");
    p->sample_types = {{t, t}};
  }
  a.time_ns = 0;
  b.time_ns = 70;
  a.duration_ns = 5;
  b.duration_ns = 6;
  a.period = 3;
  b.period = 9;
  a.drop_frames = a.strings.Append("zz");
  b.drop_frames = b.strings.Append("aa");
  b.doc_url = b.strings.Append("https://example.com");
  a.comments = {a.strings.Append("second"), a.strings.Append("first")};
  b.comments = {b.strings.Append("second")};
  std::vector<Profile> both = {a, b};
  Profile m = MergeProfiles(both).value();
  EXPECT_EQ(m.time_ns, 70);
  EXPECT_EQ(m.duration_ns, 11);
  EXPECT_EQ(m.period, 9);
  EXPECT_EQ(m.Text(m.drop_frames), "aa");
  EXPECT_EQ(m.Text(m.doc_url), "https://example.com");
  ASSERT_EQ(m.comments.size(), 2u);
  EXPECT_EQ(m.Text(m.comments[0]), "first");
}

// Two runs of one binary, loaded at different addresses.
TEST(MergeTest, AddressesAreRebasedOntoTheLowestStart) {
  auto run = [](uint64_t start, uint64_t size, const char* file) {
    Profile p;
    StringId t = p.strings.Append("samples");
    p.sample_types = {{t, t}};
    p.mappings.push_back({start, start + size, 0, p.strings.Append(file), p.strings.Append("id")});
    p.locations.push_back({MappingId{0}, start + 0x10, 0, 0, false});
    p.sample_locations = {LocationId{0}};
    p.stack_ends = {1};
    p.sample_values = {4};
    return p;
  };
  std::vector<Profile> runs = {run(0x7000, 0xff0, "/b"), run(0x5000, 0x1000, "/a")};
  Profile m = MergeProfiles(runs).value();
  ASSERT_EQ(m.mappings.size(), 1u);
  EXPECT_EQ(m.mappings[0].start, 0x5000u);
  EXPECT_EQ(m.mappings[0].limit, 0x6000u);
  EXPECT_EQ(m.Text(m.mappings[0].file), "/a");
  ASSERT_EQ(m.SampleCount(), 1u);
  EXPECT_EQ(m.Values(0)[0], 8);
  EXPECT_EQ(m.locations[0].address, 0x5010u);
  // Sizes that round to different pages are different mappings.
  runs[1] = run(0x5000, 0x1001, "/a");
  EXPECT_EQ(MergeProfiles(runs).value().mappings.size(), 2u);
}

TEST(MergeTest, SumsWrap) {
  Profile p = MakeProfile(Shape::kPython, 1);
  for (int64_t& v : p.sample_values) v = INT64_MAX;
  std::vector<Profile> twice = {p, p};
  Profile merged = MergeProfiles(twice).value();
  std::vector<Profile> once = {p};
  std::vector<Profile> nested = {MergeProfiles(once).value(), MergeProfiles(once).value()};
  EXPECT_EQ(EncodePprof(merged), Merged(nested));
}

TEST(DiffTest, OfAProfileWithItselfIsEmpty) {
  for (Shape shape : kShapes) {
    Profile p = MakeProfile(shape, 4);
    Profile diff = DiffProfiles(p, p).value();
    EXPECT_EQ(diff.SampleCount(), 0u);
    EXPECT_TRUE(diff.locations.empty());
  }
}

TEST(DiffTest, AddsBackToTheCandidate) {
  Profile a = MakeProfile(Shape::kGo, 1), b = MakeProfile(Shape::kGo, 2);
  Profile diff = DiffProfiles(a, b).value();
  EXPECT_EQ(Sum(diff, 1), Sum(b, 1) - Sum(a, 1));
  std::vector<Profile> parts = {a, diff};
  Profile back = MergeProfiles(parts).value(), want = Canonical(b);
  EXPECT_EQ(back.sample_values, want.sample_values);
  EXPECT_EQ(back.sample_locations.size(), want.sample_locations.size());
}

TEST(ScaleTest, RoundsAwayFromZeroAndSaturates) {
  struct Row {
    int64_t value;
    double ratio;
    int64_t want;
  };
  const Row rows[] = {
      {5, 0.5, 3},
      {-5, 0.5, -3},
      {1, 0.4, 0},
      {INT64_MAX, 1, INT64_MAX},
      {INT64_MAX, 2, INT64_MAX},
      {INT64_MIN, 2, INT64_MIN},
      {INT64_MAX, -2, INT64_MIN},
      {3, NAN, 0},
  };
  for (const Row& row : rows) {
    Profile p;
    StringId t = p.strings.Append("x");
    p.sample_types = {{t, t}, {t, t}};
    p.stack_ends = {0};
    p.sample_values = {row.value, 7};
    const double ratios[] = {row.ratio, 1};
    EXPECT_EQ(ScaleProfile(p, ratios).sample_values[0], row.want) << row.value << " " << row.ratio;
  }
}

TEST(ScaleTest, DropsSamplesThatBecomeZero) {
  Profile p = MakeProfile(Shape::kJava, 3);
  const double nothing[] = {0.0};
  Profile scaled = ScaleProfile(p, nothing);
  EXPECT_EQ(scaled.SampleCount(), 0u);
  EXPECT_TRUE(ValidateProfile(scaled).ok());
}

}  // namespace
}  // namespace anneal
