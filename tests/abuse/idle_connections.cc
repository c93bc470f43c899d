// Ten thousand connections that do nothing, or stop in the middle of a request.
#include <sys/resource.h>

#include "net/raw_client.h"
#include "store/temp_dir_for_test.h"
#include "tests/abuse/good_client.h"
#include "tests/running_server.h"

namespace anneal {
namespace {

constexpr size_t kConnections = 10'000;
// Descriptors that a process has besides.
constexpr size_t kSpareDescriptors = 600;
// What a connection may cost the server: its objects and the buffers of an unfinished head.
constexpr uint64_t kMostBytesEach = 4 << 10;

void LimitDescriptors(rlim_t count) {
  rlimit limit{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
  limit.rlim_cur = std::min(count, limit.rlim_max);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

// As many as this machine lets a process have, to the number wanted.
size_t PossibleConnections() {
  rlimit limit{};
  EXPECT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
  const size_t possible = std::max<size_t>(limit.rlim_max, kSpareDescriptors) - kSpareDescriptors;
  return std::min(kConnections, possible);
}

TEST(IdleConnections, CostLittleAndKeepNobodyOut) {
  const size_t count = PossibleConnections();
  if (count < kConnections) {
    fmt::print("SCALED DOWN to {} connections: the hard limit of descriptors is that low\n", count);
  }
  // A shell's usual limit: the server raises its own.
  LimitDescriptors(1024);
  const TempDir directory;
  const std::unique_ptr<RunningServer> server = RunningServer::Start(
      directory.path(),
      {"--http-header-timeout", "10m", "--http-idle-timeout", "10m", "--log-level", "warn"});
  ASSERT_NE(server, nullptr);
  LimitDescriptors(RLIM_INFINITY);
  GoodClient good(server->url());
  good.ExpectServed();
  const uint64_t before = server->ResidentBytes();

  // Silent ones, ones in the middle of a head, and ones between two requests.
  std::vector<std::unique_ptr<RawClient>> idle;
  for (size_t i = 0; i < count; ++i) {
    idle.push_back(std::make_unique<RawClient>(server->port()));
    ASSERT_TRUE(idle.back()->connected()) << i;
    if (i % 3 == 1) idle.back()->Send("GET /healthz HTTP/1.1\r\nHost: ");
    if (i % 3 == 2) {
      idle.back()->Send("GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n");
      ASSERT_EQ(idle.back()->ReadResponse().status, 200) << i;
    }
  }
  good.ExpectServed();
  const uint64_t after = server->ResidentBytes();
  fmt::print("{} connections: resident {} MiB, {} MiB before them\n", count, after >> 20,
             before >> 20);
  EXPECT_LT(after, before + count * kMostBytesEach + (8 << 20));

  // They are alive all the while.
  for (size_t i = 1; i < count; i += count / 10 / 3 * 3) {
    idle[i]->Send("h\r\n\r\n");
    EXPECT_EQ(idle[i]->ReadResponse().status, 200) << i;
  }
  idle.clear();
  good.ExpectServed();
  server->End();
}

TEST(IdleConnections, AreBoundedAndSayWhenTheyAreTooMany) {
  const TempDir directory;
  const std::unique_ptr<RunningServer> server = RunningServer::Start(
      directory.path(), {"--http-max-connections", "20", "--log-level", "warn"});
  ASSERT_NE(server, nullptr);
  GoodClient good(server->url());
  good.ExpectServed();  // and keeps its connection
  std::vector<std::unique_ptr<RawClient>> idle;
  for (int i = 0; i < 19; ++i) idle.push_back(std::make_unique<RawClient>(server->port()));
  RawClient more(server->port());
  const HttpResponse refused = more.ReadResponse();
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.headers.Get("Retry-After"), "1");
  good.ExpectServed();
}

}  // namespace
}  // namespace anneal
