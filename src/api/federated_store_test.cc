#include "api/federated_store.h"

#include <gtest/gtest.h>

#include "api/memory_store.h"
#include "profile/pprof.h"
#include "store/profiles_for_test.h"

namespace anneal {
namespace {

// Thirty profiles of two services, each kept by "both" and by one of "a" and "b".
class FederatedStoreTest : public testing::Test {
 protected:
  FederatedStoreTest() {
    for (uint32_t i = 0; i < 30; ++i) {
      const Profile profile = LinkedProfile(i);
      ProfileWrite write;
      write.labels = TestLabels(i % 3 == 0 ? "shop" : "blog", kTestCpuType);
      write.time_ns = kTestBaseNs + (i / 4) * kTestSecondNs;
      write.id = TestUuid(i);
      write.profile = &profile;
      write.sample_type = 1;
      for (std::string_view tenant : {"both", i % 2 == 0 ? "a" : "b"}) {
        memory_.Append(tenant, {&write, 1}, [](const Status& s) { EXPECT_TRUE(s.ok()); });
      }
    }
  }
  static Selection Of(std::string_view tenant) {
    Selection selection;
    selection.tenant = std::string(tenant);
    selection.profile_type = std::string(kTestCpuType);
    selection.range = {kTestBaseNs, kTestBaseNs + 3600 * kTestSecondNs};
    return selection;
  }

  MemoryStore memory_;
  FederatedStore store_{memory_};
};

template <typename Point>
std::string Describe(const std::map<LabelSet, std::vector<Point>>& totals) {
  std::string text;
  for (const auto& [labels, points] : totals) {
    text += ToString(labels);
    for (const Point& p : points) text += fmt::format(" {}:{}:{}", p.time_ns, p.value, p.id[15]);
  }
  return text;
}

TEST_F(FederatedStoreTest, SeveralTenantsAnswerAsOne) {
  const std::vector<std::string> by_service = {"service_name"};
  const Selection one = Of("both"), several = Of("b|a|b");
  EXPECT_EQ(EncodePprof(store_.Merge(several).value()), EncodePprof(store_.Merge(one).value()));
  ASSERT_GT(store_.Merge(several)->SampleCount(), 0u);
  for (const GroupBy& group_by : {GroupBy(), GroupBy(by_service)}) {
    EXPECT_EQ(Describe(store_.Totals(several, group_by).value()),
              Describe(store_.Totals(one, group_by).value()));
    EXPECT_EQ(Describe(store_.SpanTotals(several, group_by).value()),
              Describe(store_.SpanTotals(one, group_by).value()));
  }
  EXPECT_EQ(store_.Series("a|b", {}, {}, one.range).value(),
            store_.Series("both", {}, {}, one.range).value());
  EXPECT_EQ(store_.LabelNames("a|b", {}, one.range).value(),
            store_.LabelNames("both", {}, one.range).value());
  EXPECT_EQ(store_.Bounds("a|b")->start_ns, store_.Bounds("both")->start_ns);
  EXPECT_EQ(store_.Bounds("a|b|nobody")->end_ns, store_.Bounds("both")->end_ns);
  size_t scanned = 0;
  EXPECT_TRUE(store_
                  .Scan(several,
                        [&](const StoredProfile&) {
                          ++scanned;
                          return Status();
                        })
                  .ok());
  EXPECT_EQ(scanned, 30u);
}

TEST_F(FederatedStoreTest, OneOfThemIsLessThanBoth) {
  EXPECT_NE(EncodePprof(store_.Merge(Of("a")).value()),
            EncodePprof(store_.Merge(Of("a|b")).value()));
  EXPECT_EQ(EncodePprof(store_.Merge(Of("a|nobody")).value()),
            EncodePprof(store_.Merge(Of("a")).value()));
  EXPECT_FALSE(store_.Bounds("nobody|none").has_value());
}

TEST_F(FederatedStoreTest, WritesAreOfOneTenant) {
  const size_t before = memory_.stored.size();
  Status status;
  store_.Append("a|b", {}, [&](Status s) { status = std::move(s); });
  EXPECT_EQ(status.code(), Code::kInvalidArgument);
  EXPECT_EQ(memory_.stored.size(), before);
  EXPECT_EQ(store_.Delete(Of("a|b")).status().code(), Code::kInvalidArgument);
  EXPECT_EQ(memory_.stored.size(), before);
  EXPECT_EQ(store_.Delete(Of("a")).value(), 15u);
  EXPECT_EQ(memory_.stored.size(), before - 15);
}

TEST_F(FederatedStoreTest, BadNamesAreRefused) {
  EXPECT_EQ(store_.Merge(Of("a||b")).status().code(), Code::kInvalidArgument);
  EXPECT_EQ(store_.Series("a|/", {}, {}, {}).status().code(), Code::kInvalidArgument);
}

}  // namespace
}  // namespace anneal
