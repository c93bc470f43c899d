#include "store/retention.h"

#include <gmock/gmock.h>

#include "store/engine.h"
#include "store/profiles_for_test.h"
#include "store/temp_dir_for_test.h"

namespace anneal {
namespace {

constexpr int64_t kHourNs = 3600 * kTestSecondNs;

TEST(RetentionPolicy, TheNarrowestRuleDecidesOnAge) {
  const RetentionPolicy policy(
      std::vector<RetentionRule>{{.max_age_ns = 1},
                                 {.tenant = "t", .max_age_ns = 2},
                                 {.service = "s", .max_age_ns = 3},
                                 {.tenant = "t", .service = "s", .max_age_ns = 0},
                                 {.tenant = "u", .max_age_ns = 4},
                                 {.tenant = "u", .max_age_ns = 5}});
  EXPECT_EQ(policy.MaxAgeNs("x", "y"), 1);
  EXPECT_EQ(policy.MaxAgeNs("t", "y"), 2);
  EXPECT_EQ(policy.MaxAgeNs("x", "s"), 3);
  EXPECT_EQ(policy.MaxAgeNs("t", "s"), 0);
  EXPECT_EQ(policy.MaxAgeNs("u", "s"), 5) << "a tenant's before a service's, the last of equals";
  EXPECT_EQ(RetentionPolicy().MaxAgeNs("t", "s"), 0);
}

TEST(RetentionPolicy, ARuleOfSizeLeavesTheAgeToOthers) {
  const RetentionPolicy policy(
      std::vector<RetentionRule>{{.max_age_ns = 7}, {.service = "s", .max_bytes = 1}});
  EXPECT_EQ(policy.MaxAgeNs("t", "s"), 7);
}

TEST(RetentionPolicy, TheLongestAge) {
  struct Row {
    std::vector<RetentionRule> rules;
    int64_t longest_ns;
  };
  for (const Row& row : {Row{{}, 0}, Row{{{.max_age_ns = 3}}, 3},
                         Row{{{.max_age_ns = 3}, {.service = "s", .max_age_ns = 5}}, 5},
                         Row{{{.max_age_ns = 3}, {.tenant = "t", .max_age_ns = 2}}, 3},
                         Row{{{.max_age_ns = 3}, {.service = "s", .max_age_ns = 0}}, 0},
                         Row{{{.max_age_ns = 3}, {.service = "s", .max_bytes = 9}}, 3},
                         Row{{{.service = "s", .max_age_ns = 5}}, 0}}) {
    EXPECT_EQ(RetentionPolicy(row.rules).LongestAgeNs(), row.longest_ns);
  }
}

class RetentionTest : public testing::Test {
 protected:
  RetentionTest() : clock_(kTestBaseNs / kHourNs * kHourNs) {
    EmbeddedOptions options;
    options.directory = dir_.path();
    options.epoch_ns = kHourNs;
    options.clock = &clock_;
    store_ = EmbeddedStore::Open(options, nullptr).value();
  }
  Status Push(const std::string& tenant, const std::string& service, int64_t hours_ago) {
    Profile profile = RandomProfile(3);
    ProfileWrite write;
    write.labels = TestLabels(service, kTestCpuType);
    write.time_ns = clock_.NowNs() - hours_ago * kHourNs;
    write.profile = &profile;
    return AppendAndWait(*store_, tenant, {&write, 1});
  }
  // How many hours ago the profiles of a service began.
  std::vector<int64_t> Kept(const std::string& tenant, const std::string& service) {
    Selection selection = SelectAll(kTestCpuType, {{"service_name", {}, service}});
    selection.tenant = tenant;
    std::vector<int64_t> kept;
    EXPECT_TRUE(store_
                    ->Scan(selection,
                           [&](const StoredProfile& p) {
                             kept.push_back((clock_.NowNs() - p.time_ns) / kHourNs);
                             return Status();
                           })
                    .ok());
    return kept;
  }

  TempDir dir_;
  FakeClock clock_;
  std::unique_ptr<EmbeddedStore> store_;
};

TEST_F(RetentionTest, ByAgePerTenantAndService) {
  for (const char* tenant : {"t", "u"}) {
    for (const char* service : {"a", "b"}) {
      for (int64_t hours : {10, 5, 2, 0}) ASSERT_TRUE(Push(tenant, service, hours).ok());
    }
  }
  store_->SetRetention(RetentionPolicy(
      std::vector<RetentionRule>{{.max_age_ns = 8 * kHourNs},
                                 {.tenant = "t", .max_age_ns = 4 * kHourNs},
                                 {.tenant = "t", .service = "b", .max_age_ns = 0}}));
  ASSERT_TRUE(store_->Retain().ok());
  using testing::ElementsAre;
  EXPECT_THAT(Kept("t", "a"), ElementsAre(2, 0));
  EXPECT_THAT(Kept("t", "b"), ElementsAre(10, 5, 2, 0));
  EXPECT_THAT(Kept("u", "a"), ElementsAre(5, 2, 0));
  Status refused = Push("t", "a", 5);
  EXPECT_EQ(refused.code(), Code::kInvalidArgument);
  EXPECT_THAT(refused.message(), testing::HasSubstr("retention keeps 14400 s"));
  EXPECT_TRUE(Push("t", "b", 5).ok());
  EXPECT_TRUE(Push("t", "a", 3).ok());
}

TEST_F(RetentionTest, BySizeTheOldestGoFirstAndTheCurrentEpochStays) {
  for (const char* service : {"a", "b"}) {
    for (int64_t hours : {3, 2, 1, 0}) ASSERT_TRUE(Push("t", service, hours).ok());
  }
  store_->SetRetention(
      RetentionPolicy(std::vector<RetentionRule>{{.service = "a", .max_bytes = 1}}));
  ASSERT_TRUE(store_->kv().Flush().ok());
  ASSERT_TRUE(store_->Retain().ok());
  EXPECT_THAT(Kept("t", "a"), testing::ElementsAre(0));
  EXPECT_THAT(Kept("t", "b"), testing::SizeIs(4));
  store_->SetRetention(
      RetentionPolicy(std::vector<RetentionRule>{{.max_bytes = uint64_t{1} << 40}}));
  ASSERT_TRUE(store_->Retain().ok());
  EXPECT_THAT(Kept("t", "b"), testing::SizeIs(4));
}

}  // namespace
}  // namespace anneal
