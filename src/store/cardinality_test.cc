// Many series: refused beyond the limit, whole, and listed.
#include <atomic>
#include <barrier>
#include <chrono>
#include <thread>

#include "store/engine.h"
#include "store/profiles_for_test.h"
#include "store/series_index.h"
#include "store/temp_dir_for_test.h"

namespace anneal {
namespace {

ProfileWrite MakeWrite(const Profile& profile, std::string pod, int64_t time_ns) {
  ProfileWrite write;
  write.labels = TestLabels("a", kTestCpuType, {{"pod", std::move(pod)}});
  write.time_ns = time_ns;
  write.profile = &profile;
  write.sample_type = 1;
  return write;
}

TEST(Cardinality, SeriesBeyondTheLimitAreRefusedAndOthersGoOn) {
  TempDir dir;
  EmbeddedOptions options;
  options.directory = dir.path();
  options.max_series_per_tenant = 3;
  options.epoch_ns = 3600 * kTestSecondNs;
  std::unique_ptr<Store> store = OpenEmbedded(options).value();
  const Profile profile = RandomProfile(3);
  auto append = [&](std::vector<std::string> pods, std::string_view tenant, int64_t after = 0) {
    std::vector<ProfileWrite> writes;
    for (std::string& pod : pods) {
      writes.push_back(MakeWrite(profile, std::move(pod), kTestBaseNs + after));
    }
    return AppendAndWait(*store, tenant, writes);
  };
  ASSERT_TRUE(append({"1", "2"}, "one").ok());
  Status refused = append({"2", "3", "4"}, "one");
  EXPECT_EQ(refused.code(), Code::kResourceExhausted);
  EXPECT_THAT(refused.message(), testing::HasSubstr("limits.series_per_tenant allows 3"));
  EXPECT_THAT(refused.message(), testing::HasSubstr("has 2 series, and this would add 2"));
  EXPECT_EQ(store->Stats()->services.at(0).series, 2u) << "none of a refused append stays";
  EXPECT_TRUE(append({"3", "3", "1"}, "one").ok());
  EXPECT_EQ(append({"4"}, "one").code(), Code::kResourceExhausted);
  EXPECT_TRUE(append({"1"}, "one", kTestSecondNs).ok());
  EXPECT_TRUE(append({"1", "2", "3"}, "two").ok()) << "each tenant has its own";
  // Retention makes room.
  ASSERT_TRUE(append({"1"}, "one", 4 * 3600 * kTestSecondNs).ok());
  ASSERT_TRUE(RetainFrom(*store, kTestBaseNs + 3 * 3600 * kTestSecondNs).ok());
  EXPECT_TRUE(append({"4", "5"}, "one").ok());
}

// Each tenant is a race for the room of one series.
TEST(Cardinality, AppendsAtATimeKeepTheLimitTogether) {
  constexpr size_t kThreads = 8, kTenants = 500;
  TempDir dir;
  EmbeddedOptions options;
  options.directory = dir.path();
  options.max_series_per_tenant = 1;
  std::unique_ptr<Store> store = OpenEmbedded(options).value();
  const Profile profile = RandomProfile(3);
  std::atomic<size_t> taken{0};
  std::barrier<> start(kThreads);
  std::vector<std::thread> threads;
  for (size_t thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      const ProfileWrite write = MakeWrite(profile, std::to_string(thread), kTestBaseNs);
      for (size_t i = 0; i < kTenants; ++i) {
        start.arrive_and_wait();
        store->Append(std::to_string(i), {&write, 1}, [&](const Status& status) {
          if (status.ok()) ++taken;
        });
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  store.reset();  // answers what is under way
  EXPECT_EQ(taken, kTenants);
}

TEST(Cardinality, AHundredThousandSeriesAreListed) {
  constexpr uint32_t kSeries = 100'000;
  SeriesIndex index;
  auto drop = [](std::string_view, std::string_view) {};
  for (uint32_t i = 0; i < kSeries; ++i) {
    LabelSet labels = TestLabels("service" + std::to_string(i % 50), kTestCpuType,
                                 {{"host", "h" + std::to_string(i % 2'000)},
                                  {"pod", "p" + std::to_string(i)},
                                  {"region", "r" + std::to_string(i % 5)}});
    index.Touch("anonymous", labels, Epoch{1}, kTestBaseNs + i, drop);
  }
  auto probe = [](const SeriesTarget&, TimeRange) { return false; };
  const TimeRange all{0, INT64_MAX};
  auto took_ms = [](auto call) {
    auto start = std::chrono::steady_clock::now();
    call();
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
        .count();
  };
  std::vector<std::string> names;
  std::vector<LabelSet> services, hosts, selected;
  const std::vector<std::vector<CompiledMatcher>> one = [] {
    std::vector<LabelMatcher> matchers = {{"service_name", LabelMatcher::Op::kEqual, "service7"}};
    std::vector<std::vector<CompiledMatcher>> selectors;
    selectors.push_back(CompileMatchers(matchers).value());
    return selectors;
  }();
  const std::vector<std::string> service = {"service_name"}, host = {"host"};
  // Times are for the reader of the log; a loaded machine must not fail the test.
  RecordProperty(
      "names_ms",
      std::to_string(took_ms([&] { names = index.Names("anonymous", {}, all, probe); })));
  RecordProperty("services_ms", std::to_string(took_ms([&] {
                   services = index.Project("anonymous", {}, service, all, probe);
                 })));
  RecordProperty(
      "hosts_ms",
      std::to_string(took_ms([&] { hosts = index.Project("anonymous", {}, host, all, probe); })));
  RecordProperty("hosts_of_one_ms", std::to_string(took_ms([&] {
                   selected = index.Project("anonymous", one, host, all, probe);
                 })));
  EXPECT_THAT(names,
              testing::ElementsAre("__profile_type__", "host", "pod", "region", "service_name"));
  EXPECT_EQ(services.size(), 50u);
  EXPECT_EQ(hosts.size(), 2'000u);
  EXPECT_EQ(selected.size(), 40u);
  EXPECT_EQ(index.SeriesCount(), kSeries);
  EXPECT_TRUE(index.Names("anonymous", {}, {0, 1}, probe).empty());
}

}  // namespace
}  // namespace anneal
