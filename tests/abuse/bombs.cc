// Small bodies that inflate to more than a gigabyte together, by every way in.
#include <atomic>
#include <thread>

#include "net/http.h"
#include "profile/compress.h"
#include "store/temp_dir_for_test.h"
#include "tests/abuse/good_client.h"
#include "tests/running_server.h"

namespace anneal {
namespace {

constexpr size_t kMiB = size_t{1} << 20;
constexpr size_t kBudget = 256 * kMiB;        // memory_budget
constexpr size_t kForRequests = kBudget / 2;  // the caches have nothing to keep here
// The program, RocksDB's buffers, and what the allocator keeps: docs/guide/operate.md.
constexpr size_t kBesidesBudget = 100 * kMiB;
constexpr int kSenders = 5;
constexpr int kRounds = 1;

struct Bomb {
  std::string name;
  std::string target;
  HttpHeaders headers;
  std::string body;
  size_t inflated_bytes;
  int status;
  std::string says;  // in the body
};

void AppendVarint(std::string& out, uint64_t value) {
  for (; value > 127; value >>= 7) out.push_back(static_cast<char>(value % 128 + 128));
  out.push_back(static_cast<char>(value));
}
// A length-delimited field of protobuf.
std::string Field(uint64_t number, std::string_view content) {
  std::string out;
  AppendVarint(out, number << 3 | 2);
  AppendVarint(out, content.size());
  return out + std::string(content);
}

// push.v1.PushRequest of one profile.
std::string PushOf(std::string_view pprof) {
  const std::string label = Field(1, "service_name") + Field(2, "bomb");
  const std::string name = Field(1, "__name__") + Field(2, "process_cpu");
  return Field(1, Field(1, label) + Field(1, name) + Field(2, Field(1, pprof)));
}

// A pprof that is in order, with one sample so many times.
std::string PprofOfSamples(size_t samples) {
  std::string out = Field(1, std::string("\x08\x01\x10\x02", 4));  // cpu, nanoseconds
  out += Field(4, std::string("\x08\x01", 2));                     // location 1
  for (std::string_view text : {"", "cpu", "nanoseconds"}) out += Field(6, text);
  const std::string sample = Field(2, std::string("\x08\x01\x10\x01", 4));
  out.reserve(out.size() + samples * sample.size());
  for (size_t i = 0; i < samples; ++i) out += sample;
  return out;
}

std::string Repeat(std::string_view piece, size_t bytes) {
  std::string out;
  out.reserve(bytes);
  while (out.size() < bytes) out += piece;
  return out;
}

HttpHeaders Headers(std::vector<std::pair<std::string, std::string>> fields) {
  HttpHeaders headers;
  for (auto& [name, value] : fields) headers.Add(std::move(name), std::move(value));
  return headers;
}

std::vector<Bomb> Bombs() {
  const std::string push = "/push.v1.PusherService/Push";
  const std::string zeros = Gzip(std::string(20 * kMiB, '\0'));
  const std::string too_large = Gzip(std::string(300 * kMiB, '\0'));
  // Its trailer says that nothing is in it.
  std::string liar = Gzip(std::string(300 * kMiB, '\0'));
  liar.replace(liar.size() - 4, 4, 4, '\0');
  std::string pieces;
  for (int i = 0; i < 100; ++i) pieces += Gzip(std::string(3 * kMiB, '\0'));
  constexpr size_t kSamples = 2'000'000;
  const std::string samples = Gzip(PprofOfSamples(kSamples));
  std::string grpc(1, '\1');  // compressed
  for (int shift = 24; shift >= 0; shift -= 8) {
    grpc.push_back(static_cast<char>(too_large.size() >> shift & 0xff));
  }
  const HttpHeaders plain = Headers({{"Content-Type", "application/proto"}});
  const HttpHeaders zipped =
      Headers({{"Content-Type", "application/proto"}, {"Content-Encoding", "gzip"}});
  const HttpHeaders otlp =
      Headers({{"Content-Type", "application/x-protobuf"}, {"Content-Encoding", "gzip"}});
  const std::string ingest = "/ingest?name=bomb&format=pprof";
  return {
      {"a body beyond the limit", push, zipped, too_large, 300 * kMiB, 429, "takes more than"},
      {"a body that lies", push, zipped, liar, 300 * kMiB, 429, "takes more than"},
      {"many members", push, zipped, pieces, 300 * kMiB, 429, "takes more than"},
      {"nonsense within the limit", push, zipped, zeros, 20 * kMiB, 400, ""},
      {"a profile of zeros", push, plain, PushOf(zeros), 20 * kMiB, 400, ""},
      {"a profile beyond the limit", push, plain, PushOf(too_large), 300 * kMiB, 400, "limits."},
      {"a profile of many samples", push, plain, PushOf(samples), 6 * kSamples, 400,
       "limits.samples"},
      {"JSON", push, Headers({{"Content-Type", "application/json"}, {"Content-Encoding", "gzip"}}),
       Gzip(std::string(5 * kMiB, '[')), 5 * kMiB, 400, ""},
      {"gRPC-Web", push,
       Headers({{"Content-Type", "application/grpc-web"}, {"grpc-encoding", "gzip"}}),
       grpc + too_large, 300 * kMiB, 200, "takes more than"},
      {"/ingest", ingest, Headers({{"Content-Encoding", "gzip"}}), too_large, 300 * kMiB, 413,
       "takes more than"},
      {"/ingest of a profile", ingest, {}, zeros, 20 * kMiB, 422, ""},
      {"OpenTelemetry", "/v1development/profiles", otlp, too_large, 300 * kMiB, 413,
       "takes more than"},
      {"a query", "/querier.v1.QuerierService/LabelNames", zipped, too_large, 300 * kMiB, 429,
       "a query may have"},
      {"a query of empty matchers", "/querier.v1.QuerierService/LabelNames", zipped,
       Gzip(Repeat(Field(1, ""), 20 * kMiB)), 20 * kMiB, 429, "a query may have"},
      {"series without anything", push, zipped, Gzip(Repeat(Field(1, ""), 20 * kMiB)), 20 * kMiB,
       400, "series"},
      {"labels without anything", push, zipped, Gzip(Field(1, Repeat(Field(1, ""), 20 * kMiB))),
       20 * kMiB, 400, "labels"},
      {"OpenTelemetry without anything", "/v1development/profiles", otlp,
       Gzip(Repeat(Field(1, ""), 6 * kMiB)), 6 * kMiB, 400, ""},
  };
}

TEST(Bombs, AreRefusedWithinTheMemoryThatIsAllowed) {
  const TempDir directory;
  const std::unique_ptr<RunningServer> server = RunningServer::Start(
      directory.path(),
      {"--memory-budget", "256MiB", "--limits-samples", "1000000", "--log-level", "warn"});
  ASSERT_NE(server, nullptr);
  GoodClient good(server->url());
  good.ExpectServed();
  const std::vector<Bomb> bombs = Bombs();
  std::atomic<size_t> next{0}, sent_bytes{0}, inflated_bytes{0}, busy{0};
  std::vector<std::thread> senders;
  for (int i = 0; i < kSenders; ++i) {
    senders.emplace_back([&] {
      const std::unique_ptr<Http> http = Http::Create();
      for (size_t at = next++; at < kRounds * bombs.size();) {
        const Bomb& bomb = bombs[at % bombs.size()];
        const Result<HttpResponse> response = http->Fetch({.method = "POST",
                                                           .target = server->url() + bomb.target,
                                                           .headers = bomb.headers,
                                                           .body = bomb.body},
                                                          60'000'000'000, kMiB);
        ASSERT_TRUE(response.ok()) << bomb.name << ": " << response.status().ToString();
        sent_bytes += bomb.body.size();
        const bool grpc_is_busy = response->body.find("grpc-status: 14") != std::string::npos;
        if (response->status == 503 || grpc_is_busy) {
          EXPECT_TRUE(grpc_is_busy || response->headers.Get("Retry-After") == "1");
          ++busy;
          Clock::System().SleepNs(20'000'000);
          continue;
        }
        inflated_bytes += bomb.inflated_bytes;
        const std::string& said = response->body;
        EXPECT_EQ(response->status, bomb.status) << bomb.name << ": " << said;
        EXPECT_FALSE(said.empty()) << bomb.name;
        EXPECT_NE(said.find(bomb.says), std::string::npos) << bomb.name << ": " << said;
        at = next++;
      }
    });
  }
  for (std::thread& sender : senders) sender.join();
  good.ExpectServed();
  const uint64_t peak = server->PeakResidentBytes();
  fmt::print("{} KiB that say {} MiB, {} times told to come again; at most {} MiB resident\n",
             sent_bytes >> 10, inflated_bytes >> 20, busy.load(), peak >> 20);
  EXPECT_GT(inflated_bytes, size_t{1} << 30);
  EXPECT_LT(peak, kForRequests + kBesidesBudget);
  server->End();
}

}  // namespace
}  // namespace anneal
