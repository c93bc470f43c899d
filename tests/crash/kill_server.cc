// Kills the real server at random moments while several connections push to it, starts it again on
// the same directory, and looks whether every profile it had acknowledged comes back by a query.
//
// Each push carries one sample whose leaf function is named after the push, and whose value follows
// from its number: the merge of everything then tells of each push whether it is there, once, and
// whole. Set ANNEAL_KILL_SEED to repeat a run's delays, ANNEAL_KILLS for more of them.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <map>
#include <random>
#include <thread>

#include "base/clock.h"
#include "base/mutex.h"
#include "collect/client.h"
#include "collect/profile_uuid.h"
#include "net/http.h"
#include "profile/pprof.h"
#include "tests/running_server.h"

namespace anneal {
namespace {

constexpr int kPushers = 4;
constexpr int64_t kSecondNs = 1'000'000'000;
constexpr int64_t kMillisecondNs = 1'000'000;
constexpr std::string_view kType = "process_cpu:cpu:nanoseconds:cpu:nanoseconds";

std::string LeafOf(int pusher, int number) { return fmt::format("push_{}_{}", pusher, number); }
int64_t ValueOf(int pusher, int number) { return 1 + pusher + 10 * int64_t{number}; }

// A stack of shared frames under a leaf of its own.
std::string PprofOf(int pusher, int number) {
  Profile profile;
  const StringId cpu = profile.strings.Append("cpu");
  const StringId nanoseconds = profile.strings.Append("nanoseconds");
  profile.sample_types = {{cpu, nanoseconds}};
  profile.period_type = {cpu, nanoseconds};
  profile.period = 10'000'000;
  profile.time_ns = Clock::System().NowNs();
  profile.duration_ns = kSecondNs;
  for (const std::string& name :
       {LeafOf(pusher, number), fmt::format("middle_{}", number % 50), std::string("main.main")}) {
    const auto index = static_cast<uint32_t>(profile.functions.size());
    const StringId id = profile.strings.Append(name);
    profile.functions.push_back({.name = id, .system_name = id, .file = id, .start_line = 1});
    profile.lines.push_back({.function = static_cast<FunctionId>(index), .line = 2});
    profile.locations.push_back({.address = 0, .lines_begin = index, .lines_end = index + 1});
    profile.sample_locations.push_back(static_cast<LocationId>(index));
  }
  profile.stack_ends = {3};
  profile.sample_values = {ValueOf(pusher, number)};
  return EncodePprof(profile);
}

// Pushes until the server is gone. What was acknowledged, and the one push that may or may not
// have been stored when the server went, are remembered.
class Pusher {
 public:
  explicit Pusher(int id) : id_(id) {}

  void Run(const std::string& url, std::atomic<int>& acknowledged) {
    const std::unique_ptr<Http> http = Http::Create();
    ProfileClient client(*http, {.url = url, .timeout_ns = 60 * kSecondNs});
    for (;; ++next_) {
      const std::string pprof = PprofOf(id_, next_);
      const PushProfile profile{.labels = {{"__name__", "process_cpu"},
                                           {"service_name", "victim"},
                                           {"pusher", fmt::format("{}", id_)}},
                                .pprof = pprof,
                                .id = ContentUuid(pprof)};
      if (!client.Push(std::span(&profile, 1)).ok()) {
        ++next_;  // its name is not used again: it may be in the store
        return;
      }
      acknowledged_.push_back(next_);
      ++acknowledged;
    }
  }

  int id() const { return id_; }
  const std::vector<int>& acknowledged() const { return acknowledged_; }

 private:
  const int id_;
  int next_ = 0;
  std::vector<int> acknowledged_;
};

// Every leaf function and its value, by one merge of everything.
std::map<std::string, int64_t> Leaves(const std::string& url) {
  const std::unique_ptr<Http> http = Http::Create();
  ProfileClient client(*http, {.url = url, .timeout_ns = 60 * kSecondNs});
  const int64_t now_ms = Clock::System().NowNs() / kMillisecondNs;
  const Result<std::string> merged =
      client.Merge({.profile_type = std::string(kType),
                    .selector = "{service_name=\"victim\"}",
                    .window = {.start_ms = now_ms - 3'600'000, .end_ms = now_ms + 60'000}});
  EXPECT_TRUE(merged.ok()) << merged.status().ToString();
  if (!merged.ok() || merged->empty()) return {};
  const Result<Profile> profile = DecodePprof(*merged);
  EXPECT_TRUE(profile.ok()) << profile.status().ToString();
  std::map<std::string, int64_t> leaves;
  for (size_t i = 0; profile.ok() && i < profile->SampleCount(); ++i) {
    const Line& leaf = profile->Lines(profile->Stack(i)[0])[0];
    leaves[std::string(profile->FunctionName(leaf))] += profile->Values(i)[0];
  }
  return leaves;
}

// Each acknowledged push is there, and nothing is there with a wrong value.
void CheckNothingIsLost(const std::string& url, const std::vector<Pusher>& pushers) {
  const std::map<std::string, int64_t> leaves = Leaves(url);
  size_t lost = 0, wrong = 0;
  for (const Pusher& pusher : pushers) {
    for (int number : pusher.acknowledged()) {
      const auto leaf = leaves.find(LeafOf(pusher.id(), number));
      if (leaf == leaves.end()) {
        if (++lost <= 3) ADD_FAILURE() << LeafOf(pusher.id(), number) << " is lost";
      } else if (leaf->second != ValueOf(pusher.id(), number)) {
        if (++wrong <= 3) ADD_FAILURE() << leaf->first << " is " << leaf->second;
      }
    }
  }
  EXPECT_EQ(lost, 0u);
  EXPECT_EQ(wrong, 0u);
}

int FromEnvironment(const char* name, int fallback) {
  const char* text = std::getenv(name);
  return text ? std::atoi(text) : fallback;
}

TEST(KillServer, LosesNothingAcknowledged) {
  const int kills = FromEnvironment("ANNEAL_KILLS", 50);
  const int seed =
      FromEnvironment("ANNEAL_KILL_SEED", static_cast<int>(std::random_device()() >> 1));
  fmt::print("ANNEAL_KILL_SEED={}\n", seed);
  std::mt19937 random(static_cast<uint32_t>(seed));
  std::string directory = (std::filesystem::temp_directory_path() / "anneal_kill_XXXXXX").string();
  ASSERT_NE(mkdtemp(directory.data()), nullptr);

  std::vector<Pusher> pushers;
  for (int i = 0; i < kPushers; ++i) pushers.emplace_back(i);
  int total = 0;
  for (int kill = 0; kill < kills && !testing::Test::HasFailure(); ++kill) {
    const std::unique_ptr<RunningServer> server =
        RunningServer::Start(directory, {"--log-level", "warn"});
    ASSERT_NE(server, nullptr) << "after " << kill << " kills";
    CheckNothingIsLost(server->url(), pushers);
    std::atomic<int> acknowledged{0};
    std::vector<std::thread> threads;
    for (Pusher& pusher : pushers) {
      threads.emplace_back([&] { pusher.Run(server->url(), acknowledged); });
    }
    // At any moment: now and then perhaps before the first answer, else into the load, however
    // slow the machine is.
    for (int i = 0; i < 1000 && kill % 4 != 0 && acknowledged == 0; ++i) {
      Clock::System().SleepNs(10 * kMillisecondNs);
    }
    Clock::System().SleepNs(std::uniform_int_distribution<int64_t>(1, 400)(random) *
                            kMillisecondNs);
    server->Kill();
    for (std::thread& thread : threads) thread.join();
    total += acknowledged;
  }
  const std::unique_ptr<RunningServer> server =
      RunningServer::Start(directory, {"--log-level", "warn"});
  ASSERT_NE(server, nullptr);
  CheckNothingIsLost(server->url(), pushers);
  EXPECT_GT(total, kills) << "too little load for the test to mean something";
  fmt::print("{} kills, {} acknowledged pushes\n", kills, total);
  // In order, this time: ends by itself.
  server->End();
  if (!testing::Test::HasFailure()) std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace anneal
