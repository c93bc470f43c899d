#include "api/push_batch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/fake_memory.h"
#include "api/made_profile.h"
#include "profile/compress.h"
#include "profile/pprof.h"
#include "store/labels.h"

namespace anneal {
namespace {

std::vector<LabelPair> Labels() {
  return {{"__name__", "process_cpu"}, {"service_name", "shop"}, {"region", "eu"}};
}

// The label region of the samples gives way to the series': all of them are one profile then.
TEST(PushBatchTest, GroupsThatEndUpInOneSeriesAreOneProfile) {
  Limits limits;
  PushBatch batch(limits, 1);
  Profile profile = Make({.samples = {{{"a"}, {1, 10}, {{"region", "us"}}},
                                      {{"b"}, {2, 20}, {{"region", "ap"}}},
                                      {{"c"}, {4, 40}, {{"region", "us"}, {"zone", "1"}}}}});
  ASSERT_TRUE(batch.Add(Labels(), std::move(profile), "bytes", 0).ok());
  ASSERT_EQ(batch.writes().size(), 4u);  // with zone and without, two columns each
  int64_t sums[2] = {0, 0};
  for (const ProfileWrite& write : batch.writes()) {
    EXPECT_EQ(FindLabel(write.labels, "region"), "eu");
    for (uint32_t sample : *write.samples) {
      sums[write.sample_type] += write.profile->Values(sample)[write.sample_type];
    }
    EXPECT_TRUE(std::is_sorted(write.samples->begin(), write.samples->end()));
  }
  EXPECT_EQ(sums[0], 7);
  EXPECT_EQ(sums[1], 70);
}

TEST(PushBatchTest, AllProfilesOfARequestShareItsLimit) {
  const std::string pprof =
      EncodePprof(Make({.sample_types = {{"a", "b"}}, .samples = {{{"f"}, {1}}}}));
  Limits limits;
  limits.max_body_bytes = 2 * pprof.size() + pprof.size() / 2;
  PushBatch batch(limits, 1);
  for (const std::string& bytes : {Gzip(pprof), pprof}) {
    EXPECT_TRUE(batch.Decode(bytes).ok());
  }
  for (const std::string& bytes : {Gzip(pprof), pprof}) {
    Status refused = batch.Decode(bytes).status();
    EXPECT_EQ(refused.code(), Code::kInvalidArgument) << "429 would have it sent again";
    EXPECT_THAT(refused.message(), testing::HasSubstr("limits.body for all profiles"));
  }
  limits.max_profile_bytes = pprof.size() - 1;
  EXPECT_THAT(PushBatch(limits, 1).Decode(pprof).status().message(),
              testing::HasSubstr("limits.profile"));
  Limits few;
  few.max_profiles = 1;
  PushBatch small(few, 1);
  EXPECT_TRUE(small.Decode(pprof).ok());
  EXPECT_THAT(small.Decode(pprof).status().message(), testing::HasSubstr("limits.profiles"));
}

TEST(PushBatchTest, LabelsOfManyProfilesAreCounted) {
  Limits limits;
  limits.max_body_bytes = 10'000;
  PushBatch batch(limits, 1);
  std::vector<LabelPair> labels = Labels();
  labels.push_back({"long", std::string(1'000, 'x')});
  const MadeProfile made{.sample_types = {{"a", "b"}}, .samples = {{{"f"}, {1}}}};
  int stored = 0;
  Status refused;
  for (int i = 0; i < 20; ++i) {
    Status added = batch.Add(labels, Make(made), fmt::format("{}", i), 0);
    stored += added.ok() ? 1 : 0;
    if (!added.ok()) refused = added;
  }
  EXPECT_EQ(stored, 8);
  EXPECT_THAT(refused.message(), testing::HasSubstr("limits.body"));
}

// Each group of samples is a series of its own per column, with copies of its labels.
TEST(PushBatchTest, LabelsOfSamplesAreCountedAndClaimed) {
  constexpr int kGroups = 100;
  constexpr size_t kColumns = 4;
  MadeProfile made{.sample_types = {{"a", "u"}, {"b", "u"}, {"c", "u"}, {"d", "u"}}};
  const std::string shared(1'000, 'x');
  for (int i = 0; i < kGroups; ++i) {
    made.samples.push_back({{"f"}, {1, 1, 1, 1}, {{"long", shared}, {"n", fmt::format("{}", i)}}});
  }
  const Profile profile = Make(made);
  const size_t written = kGroups * kColumns * shared.size();
  Limits limits;
  {
    FakeMemory memory(size_t{64} << 20);
    PushBatch batch(limits, 1, &memory);
    ASSERT_TRUE(batch.Add(Labels(), profile, "x", 0).ok());
    EXPECT_EQ(batch.writes().size(), kGroups * kColumns);
    size_t held = batch.writes().size() * sizeof(ProfileWrite);
    for (const ProfileWrite& write : batch.writes()) {
      for (const LabelPair& label : write.labels) {
        held += sizeof(LabelPair) + label.name.size() + label.value.size();
      }
    }
    EXPECT_GT(held, written);
    EXPECT_GE(memory.most, held);
    EXPECT_LT(memory.most, 4 * held);
  }
  FakeMemory little(written);
  PushBatch unlucky(limits, 1, &little);
  EXPECT_EQ(unlucky.Add(Labels(), profile, "x", 0).code(), Code::kUnavailable);
  EXPECT_TRUE(unlucky.writes().empty());
  limits.max_body_bytes = written;
  PushBatch narrow(limits, 1);
  EXPECT_THAT(narrow.Add(Labels(), profile, "x", 0).message(), testing::HasSubstr("limits.body"));
  EXPECT_TRUE(narrow.writes().empty());
}

TEST(PushBatchTest, LabelsOfSamplesKeepTheLimitsOfLabels) {
  Limits limits;
  limits.max_label_name_bytes = limits.max_label_value_bytes = 100;
  auto add = [&](const std::string& name, const std::string& value, const std::string& type) {
    PushBatch batch(limits, 1);
    return std::string(
        batch
            .Add(Labels(),
                 Make({.sample_types = {{type, "u"}}, .samples = {{{"f"}, {1}, {{name, value}}}}}),
                 "x", 0)
            .message());
  };
  const std::string exact(100, 'x'), longer(101, 'x');
  EXPECT_EQ(add(exact, exact, "t"), "");
  EXPECT_THAT(add(longer, "v", "t"), testing::HasSubstr("limits.label_name"));
  EXPECT_THAT(add("n", longer, "t"), testing::HasSubstr("limits.label_value"));
  EXPECT_EQ(add("span_id", longer, "t"), "") << "no label of a series";
  EXPECT_THAT(add("n", "v", longer), testing::HasSubstr("limits.label_value"));
}

TEST(PushBatchTest, CutsWhatIsTooLong) {
  Limits limits;
  limits.max_stack_depth = 1;
  limits.max_symbol_bytes = 3;
  PushBatch batch(limits, 1);
  Profile profile = Make({.sample_types = {{"a", "b"}}, .samples = {{{"pkg.F", "leaf"}, {1}}}});
  ASSERT_TRUE(batch.Add(Labels(), std::move(profile), "x", 0).ok());
  ASSERT_EQ(batch.writes().size(), 1u);
  EXPECT_EQ(Show(*batch.writes()[0].profile), "g.F 1\n");
}

TEST(PushBatchTest, RefusesColumnsThatOneSeriesCannotHold) {
  Limits limits;
  PushBatch batch(limits, 1);
  Profile twice =
      Make({.sample_types = {{"cpu", "ns"}, {"cpu", "ns"}}, .samples = {{{"a"}, {1, 2}, {}}}});
  EXPECT_THAT(batch.Add(Labels(), std::move(twice), "bytes", 0).message(),
              testing::HasSubstr("occurs twice"));
  MadeProfile many{.sample_types = {}};
  for (int i = 0; i < 65; ++i) many.sample_types.emplace_back(fmt::format("t{}", i), "count");
  EXPECT_THAT(batch.Add(Labels(), Make(many), "bytes", 0).message(),
              testing::HasSubstr("65 sample types"));
  EXPECT_TRUE(batch.writes().empty());
}

// Functions without anything in them take many times their bytes.
TEST(PushBatchTest, ClaimsWhatTinyFunctionsTake) {
  std::string pprof = EncodePprof(Make({.sample_types = {{"a", "b"}}, .samples = {{{"f"}, {1}}}}));
  for (char id = 2; id < 127; ++id) pprof.append("\x2a\x02\x08").push_back(id);
  const size_t decoded = 120 * sizeof(Function);
  ASSERT_GT(decoded, 4 * pprof.size()) << "what is claimed before";
  FakeMemory memory(size_t{1} << 30);
  Limits limits;
  PushBatch batch(limits, 1, &memory);
  ASSERT_TRUE(batch.Decode(pprof).ok());
  EXPECT_GE(memory.held, decoded);
}

}  // namespace
}  // namespace anneal
