// Every cache filled by queries over a store larger than memory_budget, while profiles, gzip bombs,
// and clients that read no answer come: the process stays within the budget all the same.
//
// ANNEAL_SOAK_SECONDS makes the load go on for so long.
#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <random>
#include <thread>

#include "base/clock.h"
#include "collect/client.h"
#include "collect/profile_uuid.h"
#include "net/http.h"
#include "net/raw_client.h"
#include "profile/compress.h"
#include "profile/pprof.h"
#include "store/embedded.h"
#include "store/temp_dir_for_test.h"
#include "tests/running_server.h"

namespace anneal {
namespace {

constexpr int64_t kSecondNs = 1'000'000'000;
constexpr int64_t kTimeoutNs = 120 * kSecondNs;
constexpr size_t kMiB = size_t{1} << 20;
constexpr size_t kBudget = 32 * kMiB;      // memory_budget
constexpr size_t kForQueries = 16 * kMiB;  // limits.query_memory
constexpr size_t kBesides = 100 * kMiB;    // docs/guide/server.md, "Memory"
constexpr int kServices = 64;
constexpr int kProfiles = 120;  // of each service
constexpr uint32_t kStacks = 1'000;
constexpr std::string_view kType = "process_cpu:cpu:nanoseconds:cpu:nanoseconds";

std::string ServiceName(int service) { return fmt::format("service-{}", service); }

// Stacks of the service's own functions, with values that do not compress.
Profile MakeProfile(int service, uint32_t seed) {
  std::mt19937 random(seed);
  Profile p;
  const StringId cpu = p.strings.Append("cpu");
  p.sample_types = {{cpu, p.strings.Append("nanoseconds")}};
  p.period_type = p.sample_types[0];
  for (uint32_t i = 0; i < kStacks; ++i) {
    const StringId name = p.strings.Append(fmt::format(
        "example.com/service{}/package{}.(*Type{}).Method{:08x}", service, i % 50, i % 9, i));
    p.functions.push_back({name, name, name, 1});
    p.lines.push_back({FunctionId{i}, 1, 0});
    p.locations.push_back({MappingId::kNone, 0, i, i + 1, false});
  }
  for (uint32_t i = 0; i < kStacks; ++i) {
    p.sample_locations.push_back(LocationId{i});
    for (int depth = 0; depth < 3; ++depth) {
      p.sample_locations.push_back(LocationId{static_cast<uint32_t>(random()) % kStacks});
    }
    p.stack_ends.push_back(static_cast<uint32_t>(p.sample_locations.size()));
    p.sample_values.push_back(1 + static_cast<int64_t>(random() % 1'000'000'000));
  }
  return p;
}

// A store of some hours that are over; bytes of its files.
uint64_t FillStore(const std::string& directory, int64_t begin_ns) {
  EmbeddedOptions options;
  options.directory = directory;
  const std::unique_ptr<Store> store = OpenEmbedded(options).value();
  std::atomic<int> undone{kServices};
  for (int service = 0; service < kServices; ++service) {
    const Profile profile = MakeProfile(service, static_cast<uint32_t>(service));
    std::vector<ProfileWrite> writes(kProfiles);
    for (size_t i = 0; i < writes.size(); ++i) {
      writes[i].labels = {{"__profile_type__", std::string(kType)},
                          {"service_name", ServiceName(service)}};
      writes[i].id[0] = static_cast<uint8_t>(i);
      writes[i].time_ns = begin_ns + static_cast<int64_t>(i) * 30 * kSecondNs;
      writes[i].profile = &profile;
    }
    store->Append("anonymous", writes, [&](const Status& status) {
      EXPECT_TRUE(status.ok()) << status.ToString();
      --undone;
    });
  }
  while (undone > 0) std::this_thread::yield();
  return store->Stats().value().disk_bytes;
}

class FullCaches : public testing::Test {
 protected:
  ProfileClient Client(Http& http) {
    return ProfileClient(http, {.url = server_->url(), .timeout_ns = kTimeoutNs});
  }
  // Refused for want of memory or of time is as good as answered: not failed, not forgotten.
  void ExpectServed(const Status& status, std::string_view what) {
    if (status.ok()) {
      ++served_;
    } else if (status.code() == Code::kUnavailable || status.code() == Code::kResourceExhausted ||
               status.code() == Code::kDeadlineExceeded) {
      ++refused_;
      Clock::System().SleepNs(kSecondNs / 50);
    } else {
      ADD_FAILURE() << what << ": " << status.ToString();
    }
  }

  // Merges of one service and of all, over windows that are over and such that are not.
  void Query(uint32_t seed) {
    const std::unique_ptr<Http> http = Http::Create();
    ProfileClient client = Client(*http);
    std::mt19937 random(seed);
    while (!over_) {
      const bool all = random() % 20 == 0;
      const int64_t begin_ms = begin_ns_ / 1'000'000 + static_cast<int64_t>(random() % 20) * 60'000;
      const int64_t end_ms =
          random() % 3 == 0 ? Clock::System().NowNs() / 1'000'000 : begin_ms + 1'800'000;
      const int service = static_cast<int>(random() % kServices);
      ExpectServed(
          client
              .Merge({.profile_type = std::string(kType),
                      .selector =
                          all ? "{}" : fmt::format("{{service_name=\"{}\"}}", ServiceName(service)),
                      .window = {.start_ms = begin_ms, .end_ms = end_ms}})
              .status(),
          "a merge");
    }
  }
  // New stacks of every service in turn.
  void Push(uint32_t seed) {
    const std::unique_ptr<Http> http = Http::Create();
    ProfileClient client = Client(*http);
    for (uint32_t n = 0; !over_; ++n) {
      const int service = static_cast<int>(n % kServices);
      Profile profile = MakeProfile(service, seed + n);
      profile.time_ns = Clock::System().NowNs();
      const std::string pprof = EncodePprof(profile);
      const PushProfile push{
          .labels = {{"__name__", "process_cpu"}, {"service_name", ServiceName(service)}},
          .pprof = pprof,
          .id = ContentUuid(pprof)};
      ExpectServed(client.Push(std::span(&push, 1)), "a push");
      ++pushed_;
    }
  }
  void Bomb() {
    const std::unique_ptr<Http> http = Http::Create();
    const std::string bomb = Gzip(std::string(300 * kMiB, '\0'));
    HttpHeaders headers;
    headers.Add("Content-Type", "application/proto");
    headers.Add("Content-Encoding", "gzip");
    while (!over_) {
      const Result<HttpResponse> response =
          http->Fetch({.method = "POST",
                       .target = server_->url() + "/push.v1.PusherService/Push",
                       .headers = headers,
                       .body = bomb},
                      kTimeoutNs, kMiB);
      ASSERT_TRUE(response.ok()) << response.status().ToString();
      EXPECT_TRUE(response->status == 429 || response->status == 503) << response->body;
      ++bombs_;
    }
  }
  // Asks, and does not read.
  void Stall() {
    const std::string target =
        fmt::format("/pyroscope/render?query={}&from={}&until={}&max-nodes=100000",
                    PercentEncode(fmt::format("{}{{}}", kType)), begin_ns_ / 1'000'000,
                    begin_ns_ / 1'000'000 + 3'600'000);
    const std::string request = fmt::format("GET {} HTTP/1.1\r\nHost: h\r\n\r\n", target);
    std::deque<RawClient> clients;
    while (!over_) {
      clients.emplace_back(server_->port()).Send(request);
      if (clients.size() > 100) clients.pop_front();
      Clock::System().SleepNs(kSecondNs / 20);
    }
  }

  double Metric(std::string_view name) {
    const std::unique_ptr<Http> http = Http::Create();
    const HttpRequest request{.target = server_->url() + "/metrics"};
    Result<HttpResponse> page = http->Fetch(request, kTimeoutNs, kMiB);
    // The answers of the clients that stalled may be in memory for a while yet.
    for (int i = 0; i < 100 && page.ok() && page->status == 503; ++i) {
      Clock::System().SleepNs(kSecondNs / 10);
      page = http->Fetch(request, kTimeoutNs, kMiB);
    }
    EXPECT_TRUE(page.ok());
    const size_t at = page.ok() ? page->body.find(fmt::format("\n{} ", name)) : std::string::npos;
    EXPECT_NE(at, std::string::npos) << name;
    return at == std::string::npos ? 0 : std::stod(page->body.substr(at + name.size() + 2));
  }

  int64_t begin_ns_ = 0;
  std::unique_ptr<RunningServer> server_;
  std::atomic<bool> over_{false};
  std::atomic<int> served_{0}, refused_{0}, pushed_{0}, bombs_{0};
};

TEST_F(FullCaches, StayWithinTheBudget) {
  const TempDir directory;
  begin_ns_ = Clock::System().NowNs() - int64_t{30} * 3600 * kSecondNs;
  const uint64_t disk_bytes = FillStore(directory.path(), begin_ns_);
  ASSERT_GT(disk_bytes, kBudget);
  server_ = RunningServer::Start(
      directory.path(),
      {"--memory-budget", fmt::format("{}", kBudget), "--limits-query-memory",
       fmt::format("{}", kForQueries), "--limits-query-time", "0s", "--log-level", "warn"});
  ASSERT_NE(server_, nullptr);

  const char* seconds = std::getenv("ANNEAL_SOAK_SECONDS");
  std::vector<std::thread> threads;
  for (uint32_t i = 0; i < 3; ++i) threads.emplace_back([&, i] { Query(i); });
  for (uint32_t i = 0; i < 2; ++i) threads.emplace_back([&, i] { Push(1000 + i * 1'000'000); });
  threads.emplace_back([&] { Bomb(); });
  threads.emplace_back([&] { Stall(); });
  Clock::System().SleepNs((seconds != nullptr ? std::atoi(seconds) : 6) * kSecondNs);
  // However slow the machine is, the caches are to be full.
  for (int i = 0; i < 300 && served_ < kServices; ++i) Clock::System().SleepNs(kSecondNs / 10);
  over_ = true;
  for (std::thread& thread : threads) thread.join();

  const uint64_t peak = server_->PeakResidentBytes();
  auto part = [&](std::string_view name) {
    return Metric(fmt::format("anneal_store_memory_part_bytes{{part=\"{}\"}}", name)) / kMiB;
  };
  fmt::print(
      "store of {} MiB; {} served, {} refused, {} pushed, {} bombs; at most {} MiB resident;\n"
      "{:.1f} MiB of blocks, {:.1f} of symbols, {:.1f} of answers, {:.1f} of index\n",
      disk_bytes / kMiB, served_.load(), refused_.load(), pushed_.load(), bombs_.load(),
      peak / kMiB, part("blocks"), part("symbols"), part("answers"), part("index"));
  EXPECT_LT(peak, kBudget + kForQueries + kBesides);
  // Or the bound was not put to the test.
  EXPECT_GT(part("blocks"), 2);
  EXPECT_GT(part("symbols"), 4);
  EXPECT_GT(part("answers"), 1);
  server_->End();
}

}  // namespace
}  // namespace anneal
