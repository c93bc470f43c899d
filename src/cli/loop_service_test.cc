#include "cli/loop_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <iostream>

namespace anneal {
namespace {

using testing::HasSubstr;

constexpr int64_t kSecondNs = 1'000'000'000;

// A service that is on every machine the tests run on: Python's own file server.
constexpr char kFileServer[] = "python3 -m http.server {port} --bind 127.0.0.1";

class LoopServiceTest : public testing::Test {
 protected:
  LoopServiceTest() {
    config_.directory = "/";
    config_.run = kFileServer;
    config_.load.inputs = {LoopInput{.name = "proc", .path = "/proc/version"}};
  }

  ~LoopServiceTest() override { (void)Fs::System().Remove(log_); }

  Result<std::unique_ptr<LoopService>> Start() {
    return LoopService::Start(config_, "", "", log_, context_, interrupt_);
  }

  std::string log_ = testing::TempDir() + fmt::format("anneal loop's {}.log", ::getpid());
  LoopConfig config_;
  std::unique_ptr<Http> http_ = Http::Create();
  CliContext context_{.fs = Fs::System(),
                      .clock = Clock::System(),
                      .http = *http_,
                      .process = Process::System(),
                      .in = std::cin,
                      .out = std::cout,
                      .err = std::cerr,
                      .env = {}};
  InterruptScope interrupt_;
};

TEST_F(LoopServiceTest, StartsLoadsAndStops) {
  Result<std::unique_ptr<LoopService>> service = Start();
  ASSERT_TRUE(service.ok()) << service.status().ToString();
  int64_t cpu_before_ns = *(*service)->CpuTimeNs();
  Result<LoadTotals> load = (*service)->Drive(kSecondNs / 2);
  ASSERT_TRUE(load.ok()) << load.status().ToString();
  EXPECT_GT(load->requests, 0);
  EXPECT_EQ(load->failed, 0);
  EXPECT_GT(*(*service)->CpuTimeNs(), cpu_before_ns);
  EXPECT_FALSE((*service)->Stop().ok());  // http.server ends by the signal
}

TEST_F(LoopServiceTest, WeightsShareTheLoad) {
  config_.load.inputs = {LoopInput{.name = "light", .path = "/none", .weight = 1},
                         LoopInput{.name = "never", .path = "/none", .weight = 0},
                         LoopInput{.name = "heavy", .path = "/proc/version", .weight = 9}};
  Result<std::unique_ptr<LoopService>> service = Start();
  ASSERT_TRUE(service.ok()) << service.status().ToString();
  Result<LoadTotals> load = (*service)->Drive(kSecondNs);
  ASSERT_TRUE(load.ok());
  // The light input's share of the requests, however long each takes.
  EXPECT_NEAR(static_cast<double>(load->failed), static_cast<double>(load->requests) / 10, 1);
  EXPECT_THAT(load->first_failure, HasSubstr("GET /none answered 404"));
}

TEST_F(LoopServiceTest, FailuresSayWhatHappened) {
  struct Row {
    std::string run, ready, path, message;
  };
  const Row rows[] = {
      {"false", "/", "/", "ended before it was ready (exit status 1)"},
      {"anneal-no-such-program", "/", "/", "ended before it was ready (exit status 127)"},
      {"sh -c 'echo no licence; exit 9'", "/", "/", "no licence"},
      {kFileServer, "/", "/none", "no request of the load succeeded: GET /none answered 404"},
  };
  for (const Row& row : rows) {
    config_.run = row.run;
    config_.load.ready = row.ready;
    config_.load.inputs = {LoopInput{.path = row.path}};
    Result<std::unique_ptr<LoopService>> service = Start();
    Status status = service.status();
    if (service.ok()) status = (*service)->Drive(kSecondNs / 5).status();
    EXPECT_EQ(status.code(), Code::kFailedPrecondition) << row.run;
    EXPECT_THAT(status.message(), HasSubstr(row.message));
  }
}

TEST_F(LoopServiceTest, RunIsWordsAndNoShellLine) {
  // What measuring does with it, profiling does: names and quotes mean the same.
  config_.run = "A='1 2' sh -c 'echo \"<$A> <$0>\"; exit 9' '*'";
  EXPECT_THAT(Start().status().message(), HasSubstr("<1 2> <*>"));
  config_.run = "echo $A";
  EXPECT_EQ(Start().status().code(), Code::kInvalidArgument);
}

TEST_F(LoopServiceTest, LoadCommandAndHookSeeThePort) {
  config_.load.inputs.clear();
  config_.load.command = "test {port} -gt 0 && test {url} = http://127.0.0.1:{port}";
  config_.profiling.clean_up = "test {port} -gt 0";
  Result<std::unique_ptr<LoopService>> service = Start();
  ASSERT_TRUE(service.ok()) << service.status().ToString();
  EXPECT_TRUE((*service)->Drive(kSecondNs).ok());
  EXPECT_TRUE((*service)->CleanUp().ok());
  config_.load.command = "echo broken >&2; false";
  EXPECT_THAT((*service)->Drive(kSecondNs).status().message(), HasSubstr("broken"));
  config_.profiling.clean_up = "exit 7";
  EXPECT_THAT((*service)->CleanUp().message(), HasSubstr("exit status 7"));
}

TEST_F(LoopServiceTest, GogcOffIsPartOfTheProfilingEnvironment) {
  config_.env = {{"A", "1"}};
  EXPECT_EQ(ProfilingEnvironment(config_).size(), 1u);
  config_.profiling.gogc_off = true;
  EXPECT_THAT(ProfilingEnvironment(config_), testing::Contains(testing::Pair("GOGC", "off")));
}

}  // namespace
}  // namespace anneal
