#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "base/mutex.h"
#include "cli/exit_status.h"
#include "cli/testing/cli_harness.h"
#include "collect/testing/small_profile.h"
#include "profile/compress.h"
#include "profile/pprof.h"

namespace anneal {
namespace {

using testing::HasSubstr;

// A Go program on h:1 and a server on s:2.
Result<HttpResponse> World(const HttpRequest& request, int64_t) {
  HttpResponse response;
  if (request.target.starts_with("http://s:2/push.v1.PusherService/Push")) {
    response.headers.Set("Content-Type", "application/proto");
  } else if (request.target.starts_with("http://h:1/debug/pprof/")) {
    response.body = EncodePprof(SmallProfile{{{"x", "count"}}, {{"f", {1}}}}.Build());
  } else {
    return Error(Code::kUnavailable, "{}: connection refused", request.target);
  }
  return response;
}

TEST(ScrapeCommand, OnceWritesAFilePerProfile) {
  CliHarness cli;
  cli.http.SetAnswer(World);
  ASSERT_EQ(cli.Run({"scrape", "--target=h:1", "--service=a/b", "--once", "--interval=5s",
                     "--output-dir", cli.Path("out")}),
            kExitOk)
      << cli.err;
  Result<std::vector<std::string>> names = Fs::System().ListDir(cli.Path("out"));
  ASSERT_TRUE(names.ok());
  EXPECT_THAT(*names, testing::ElementsAre("a_b_h_1_block_1700000000000.pb.gz",
                                           "a_b_h_1_goroutine_1700000000000.pb.gz",
                                           "a_b_h_1_memory_1700000000000.pb.gz",
                                           "a_b_h_1_mutex_1700000000000.pb.gz",
                                           "a_b_h_1_process_cpu_1700000000000.pb.gz"));
  Result<std::string> bytes = Fs::System().ReadFile(cli.Path("out") + "/" + names->front());
  ASSERT_TRUE(bytes.ok());
  EXPECT_TRUE(IsGzip(*bytes));
  EXPECT_TRUE(DecodePprof(*bytes).ok());
  EXPECT_THAT(cli.out, HasSubstr("a/b h:1 process_cpu: " + cli.Path("out")));
}

TEST(ScrapeCommand, OncePushesToAServer) {
  CliHarness cli;
  cli.http.SetAnswer(World);
  ASSERT_EQ(cli.Run({"scrape", "--target=h:1", "--service=s", "--once", "--url=s:2",
                     "--profiles=goroutine,memory", "--label=env=prod"}),
            kExitOk)
      << cli.err;
  int pushes = 0;
  for (const HttpRequest& request : cli.http.requests()) {
    if (!request.target.starts_with("http://s:2/")) continue;
    ++pushes;
    EXPECT_THAT(request.body, HasSubstr("prod"));
  }
  EXPECT_EQ(pushes, 2);
}

TEST(ScrapeCommand, OnceStartsABoundedNumberOfThreads) {
  constexpr size_t kTargets = 300;
  CliHarness cli;
  Mutex mutex;
  std::set<std::thread::id> threads;
  cli.http.SetAnswer([&](const HttpRequest&, int64_t) {
    MutexLock lock(mutex);
    threads.insert(std::this_thread::get_id());
    return HttpResponse{.body = EncodePprof(SmallProfile{{{"x", "count"}}, {{"f", {1}}}}.Build())};
  });
  std::vector<std::string> args = {"scrape",       "--service=s",  "--once", "--profiles=goroutine",
                                   "--output-dir", cli.Path("out")};
  for (size_t i = 0; i < kTargets; ++i) args.push_back(fmt::format("--target=h{}:1", i));
  EXPECT_EQ(cli.Run(args), kExitOk) << cli.err;
  EXPECT_EQ(cli.http.requests().size(), kTargets);
  EXPECT_LE(threads.size(), 128u);
}

TEST(ScrapeCommand, JobsComeFromAConfigFileToo) {
  CliHarness cli;
  cli.http.SetAnswer(World);
  ASSERT_TRUE(
      Fs::System()
          .WriteFileAtomic(cli.Path("c.yaml"), "scrape:\n  - job: j\n    targets: [\"h:1\"]\n")
          .ok());
  EXPECT_EQ(cli.Run({"scrape", "--config", cli.Path("c.yaml"), "--once", "--url=s:2"}), kExitOk)
      << cli.err;
  EXPECT_THAT(cli.out, HasSubstr("j h:1 goroutine: pushed"));
}

TEST(ScrapeCommand, ATargetThatIsAwayFails) {
  CliHarness cli;
  cli.http.SetAnswer(World);
  EXPECT_EQ(cli.Run({"scrape", "--target=x:1", "--service=s", "--once", "--url=s:2"}),
            kExitUnavailable);
  EXPECT_THAT(cli.err, HasSubstr("x:1/debug/pprof/goroutine: connection refused"));
}

TEST(ScrapeCommand, WrongFlagsAreWrongUsage) {
  struct Row {
    std::vector<std::string> args;
    std::string message;
  };
  for (const Row& row : std::vector<Row>{
           {{}, "give either --target"},
           {{"--target=h:1"}, "--service is required"},
           {{"--target=h", "--service=s"}, "write HOST:PORT"},
           {{"--target=h:1", "--config=c", "--service=s"}, "give either --target"},
           {{"--target=h:1", "--service=s", "--profiles=cpu"}, "unknown profile 'cpu'"},
           {{"--target=h:1", "--service=s", "--interval=1"}, "1"},
           {{"--target=h:1", "--service=s", "--interval=10ms"}, "at least 1s"},
           {{"--target=h:1", "--service=s", "--duration=x"}, "x"},
           {{"--target=h:1", "--service=s", "--label=x"}, "write name=value"},
           {{"--target=h:1", "--service=s", "--scheme=ftp"}, "ftp"},
           {{"--config=/nonexistent"}, "/nonexistent"}}) {
    CliHarness cli;
    std::vector<std::string> args = row.args;
    args.insert(args.begin(), "scrape");
    EXPECT_EQ(cli.Run(args), kExitUsage) << row.message;
    EXPECT_THAT(cli.err, HasSubstr(row.message));
  }
}

}  // namespace
}  // namespace anneal
