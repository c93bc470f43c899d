// Bodies that are large but mean well: the server takes them, within its memory.
#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "net/http.h"
#include "profile/compress.h"
#include "profile/pprof.h"
#include "store/temp_dir_for_test.h"
#include "tests/abuse/good_client.h"
#include "tests/running_server.h"

namespace anneal {
namespace {

using testing::HasSubstr;

constexpr size_t kMiB = size_t{1} << 20;
// A quarter of the default, and bodies a quarter of what docs/guide/server.md says of that.
constexpr size_t kBudget = 64 * kMiB;
constexpr size_t kBesidesBudget = 100 * kMiB;
constexpr int64_t kTimeoutNs = 60'000'000'000;
constexpr int64_t kBusyNs = 60'000'000'000;  // how long "come again" is heeded

void AppendVarint(std::string& out, uint64_t value) {
  for (; value > 127; value >>= 7) out.push_back(static_cast<char>(value % 128 + 128));
  out.push_back(static_cast<char>(value));
}
// A length-delimited field of protobuf.
void AppendField(std::string& out, uint64_t number, std::string_view content) {
  AppendVarint(out, number << 3 | 2);
  AppendVarint(out, content.size());
  out += content;
}
std::string Numbers(std::initializer_list<std::pair<uint64_t, uint64_t>> fields) {
  std::string out;
  for (const auto& [number, value] : fields) {
    AppendVarint(out, number << 3);
    AppendVarint(out, value);
  }
  return out;
}

// An uncompressed pprof of so many bytes and a little more: a third are names, the rest stacks that
// share their callers as those of programs do, with a value of 1 each.
struct LargePprof {
  explicit LargePprof(size_t size_bytes);
  std::string bytes;
  size_t samples = 0;
};
LargePprof::LargePprof(size_t size_bytes) {
  constexpr size_t kNameBytes = 250, kDepth = 400, kPaths = 32;
  const size_t frames = size_bytes / 3 / kNameBytes;
  bytes.reserve(size_bytes + kMiB);
  AppendField(bytes, 1, Numbers({{1, 1}, {2, 2}}));
  AppendField(bytes, 11, Numbers({{1, 1}, {2, 2}}));
  for (std::string_view text : {"", "cpu", "nanoseconds"}) AppendField(bytes, 6, text);
  for (size_t i = 1; i <= frames; ++i) {
    std::string name = fmt::format("example.com/pkg.(*Type).Method{}", i);
    name.resize(kNameBytes, 'x');
    AppendField(bytes, 6, name);
    std::string location = Numbers({{1, i}});
    AppendField(location, 4, Numbers({{1, i}, {2, 3}}));
    AppendField(bytes, 4, location);
    AppendField(bytes, 5, Numbers({{1, i}, {2, i + 2}, {3, i + 2}, {4, 1}, {5, 1}}));
  }
  std::vector<std::string> paths(kPaths);
  for (size_t i = 0; i < kPaths; ++i) {
    for (size_t level = 1; level < kDepth; ++level) {
      AppendVarint(paths[i], 1 + (i * 7919 + level * 104'729) % frames);
    }
  }
  for (; bytes.size() < size_bytes; ++samples) {
    std::string stack, sample;
    AppendVarint(stack, 1 + samples % frames);
    AppendField(sample, 1, stack + paths[samples % kPaths]);
    AppendField(sample, 2, "\1");
    AppendField(bytes, 2, sample);
  }
}

std::string Base64(std::string_view bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve(bytes.size() / 3 * 4);
  for (size_t i = 0; i + 3 <= bytes.size(); i += 3) {
    uint32_t three = 0;
    for (size_t k = 0; k < 3; ++k) three = three << 8 | static_cast<uint8_t>(bytes[i + k]);
    for (int shift = 18; shift >= 0; shift -= 6) out += kDigits[(three >> shift) & 63];
  }
  return out;
}

class LargeBodies : public testing::Test {
 protected:
  void SetUp() override {
    server_ = RunningServer::Start(directory_.path(),
                                   {"--memory-budget", "64MiB", "--log-level", "warn"});
    ASSERT_NE(server_, nullptr);
  }
  void TearDown() override {
    GoodClient(server_->url()).ExpectServed();
    const uint64_t peak = server_->PeakResidentBytes();
    fmt::print("at most {} MiB resident\n", peak >> 20);
    EXPECT_LT(peak, kBudget + kBesidesBudget);
    server_->End();
  }

  // The status of the first answer that is not "come again", or of the last in time.
  int Push(const std::string& target, const std::string& type, const std::string& body) {
    const std::unique_ptr<Http> http = Http::Create();
    HttpRequest request{.method = "POST", .target = server_->url() + target, .body = body};
    request.headers.Add("Content-Type", type);
    const int64_t end_ns = Clock::System().MonotonicNs() + kBusyNs;
    for (;;) {
      const Result<HttpResponse> response = http->Fetch(request, kTimeoutNs, kMiB);
      EXPECT_TRUE(response.ok()) << response.status().ToString();
      if (!response.ok()) return 0;
      if (response->status == 503 && Clock::System().MonotonicNs() < end_ns) {
        ++busy_;
        Clock::System().SleepNs(50'000'000);
        continue;
      }
      EXPECT_EQ(response->status, 200) << response->body;
      return response->status;
    }
  }

  // What all samples of that service sum up to, as text.
  std::string Total(const std::string& service) {
    const int64_t now_ms = Clock::System().NowNs() / 1'000'000;
    HttpRequest request{
        .method = "POST",
        .target = server_->url() + "/querier.v1.QuerierService/SelectMergeStacktraces",
        .body = fmt::format(R"({{"profileTypeID":"process_cpu:cpu:nanoseconds:cpu:nanoseconds",)"
                            R"("labelSelector":"{{service_name=\"{}\"}}","start":{},"end":{},)"
                            R"("maxNodes":1}})",
                            service, now_ms - 600'000, now_ms + 60'000)};
    request.headers.Add("Content-Type", "application/json");
    const Result<HttpResponse> response = Http::Create()->Fetch(request, kTimeoutNs, kMiB);
    EXPECT_TRUE(response.ok()) << response.status().ToString();
    return response.ok() ? response->body : "";
  }

  const TempDir directory_;
  std::unique_ptr<RunningServer> server_;
  std::atomic<int> busy_{0};
};

TEST_F(LargeBodies, ProfilesOfAQuarterOfTheMemoryForRequests) {
  const LargePprof large(8 * kMiB);
  const std::string zipped = Gzip(large.bytes, 1);
  std::vector<std::thread> senders;
  for (int i = 0; i < 3; ++i) {
    senders.emplace_back([&, i] {
      const std::string target = fmt::format("/ingest?format=pprof&name=service{}", i);
      EXPECT_EQ(Push(target, "application/octet-stream", i == 0 ? large.bytes : zipped), 200);
    });
  }
  for (std::thread& sender : senders) sender.join();
  for (int i = 0; i < 3; ++i) {
    EXPECT_THAT(Total(fmt::format("service{}", i)),
                HasSubstr(fmt::format("\"total\":\"{}\"", large.samples)));
  }
  fmt::print("{} times told to come again\n", busy_.load());
}

TEST_F(LargeBodies, JsonOfASixthOfTheMemoryForRequests) {
  const LargePprof large(15 * kMiB / 4);
  std::string pprof = large.bytes;
  // Comments, so that base64 is not padded.
  while (pprof.size() % 3 != 0) pprof.append("\x68\0", 2);
  const std::string json = R"({"series":[{"labels":[{"name":"__name__","value":"process_cpu"},)"
                           R"({"name":"service_name","value":"json"}],"samples":[{"rawProfile":")" +
                           Base64(pprof) + R"("}]}]})";
  ASSERT_GT(json.size(), 5 * kMiB);
  EXPECT_EQ(Push("/push.v1.PusherService/Push", "application/json", json), 200);
  EXPECT_EQ(busy_, 0);
  EXPECT_THAT(Total("json"), HasSubstr(fmt::format("\"total\":\"{}\"", large.samples)));
}

}  // namespace
}  // namespace anneal
