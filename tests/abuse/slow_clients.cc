// Slow-loris: requests that arrive a byte at a time, for ever. The timeouts cut them off.
#include <atomic>
#include <filesystem>
#include <functional>
#include <span>
#include <thread>

#include "net/raw_client.h"
#include "net/test_certificate.h"
#include "store/temp_dir_for_test.h"
#include "tests/abuse/good_client.h"
#include "tests/running_server.h"

namespace anneal {
namespace {

constexpr size_t kOfEachKind = 50;

struct SlowKind {
  std::string_view name;
  std::string_view begin;
  std::string_view drip;  // sent again and again
  int status;             // 0: closed without a word
  std::string_view says;
};

constexpr SlowKind kKinds[] = {
    {"a silent client", "", "", 0, ""},
    {"a head without end", "GET / HTTP/1.1\r\nX: ", "x", 408, "the request's header did not"},
    {"fields without end", "GET / HTTP/1.1\r\n", "X: y\r\n", 408, "the request's header did not"},
    {"a body of known length",
     "POST /ingest HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n", "x", 408,
     "the request's body did not"},
    {"a body in chunks", "POST /ingest HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n",
     "1\r\nx\r\n", 408, "the request's body did not"},
    {"a request of HTTP/2 that stops in its preface", "PRI * HTTP/2.0\r\n", "", 0, ""},
};

// A record of 512 bytes that begins a ClientHello (RFC 8446, 4.1.2): its session id and what
// follows are any bytes, which never become whole.
constexpr std::string_view kHello("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11);
constexpr SlowKind kTlsKinds[] = {
    {"a silent client", "", "", 0, ""},
    {"half a ClientHello", kHello, "", 0, ""},
    {"a ClientHello without end", kHello, "x", 0, ""},
};

void ExpectCutOff(RunningServer& server, std::span<const SlowKind> kinds,
                  const std::function<void()>& meanwhile) {
  struct Slow {
    const SlowKind* kind;
    std::unique_ptr<RawClient> client;
  };
  std::vector<Slow> slow;
  for (size_t i = 0; i < kOfEachKind; ++i) {
    for (const SlowKind& kind : kinds) {
      slow.push_back({&kind, std::make_unique<RawClient>(server.port())});
      slow.back().client->Send(kind.begin);
    }
  }
  std::atomic<bool> done{false};
  std::thread dripper([&] {
    while (!done) {
      for (const Slow& one : slow) {
        if (!one.kind->drip.empty()) one.client->SendSome(one.kind->drip);
      }
      Clock::System().SleepNs(20'000'000);
    }
  });
  for (size_t i = 0; i < slow.size(); ++i) {
    const Slow& one = slow[i];
    const HttpResponse response = one.client->ReadResponse();
    EXPECT_EQ(response.status, one.kind->status) << one.kind->name;
    EXPECT_NE(response.body.find(one.kind->says), std::string::npos)
        << one.kind->name << ": " << response.body;
    if (i % 20 == 0) meanwhile();
  }
  done = true;
  dripper.join();
  // Closed, too: what they go on to send is not waited for.
  for (const Slow& one : slow) one.client->ReadAll();
  server.End();
}

TEST(SlowClients, AreCutOffByTheTimeouts) {
  const TempDir directory;
  const std::unique_ptr<RunningServer> server = RunningServer::Start(
      directory.path(),
      {"--http-header-timeout", "1s", "--http-body-timeout", "1s", "--log-level", "warn"});
  ASSERT_NE(server, nullptr);
  GoodClient good(server->url());
  ExpectCutOff(*server, kKinds, [&] { good.ExpectServed(); });
}

TEST(SlowClients, AreCutOffWithinTheHandshakeOfTls) {
  const TempDir directory;
  const std::string certificate = directory.path() + "/cert.pem", key = directory.path() + "/key";
  TestCertificate("IP:127.0.0.1").Write(certificate, key);
  std::filesystem::permissions(key, std::filesystem::perms::owner_read);
  const std::unique_ptr<RunningServer> server =
      RunningServer::Start(directory.path() + "/store",
                           {"--tls-cert", certificate, "--tls-key", key, "--http-header-timeout",
                            "1s", "--http-idle-timeout", "1h", "--log-level", "warn"});
  ASSERT_NE(server, nullptr);
  const std::unique_ptr<Http> http = Http::Create();
  ASSERT_TRUE(http->Trust(certificate).ok());
  auto expect_served = [&] {
    const Result<HttpResponse> ready =
        http->Fetch({.target = server->url() + "/ready"}, 60'000'000'000, 1 << 20);
    ASSERT_TRUE(ready.ok()) << ready.status().ToString();
    EXPECT_EQ(ready->status, 200);
  };
  // Connects before the others: its handshake has no longer than theirs, which on a busy machine
  // might not do among so many. The connection is kept.
  expect_served();
  ExpectCutOff(*server, kTlsKinds, expect_served);
}

}  // namespace
}  // namespace anneal
