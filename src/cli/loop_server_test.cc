// The loop against a real server that asks who one is.
#include "cli/loop_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <sstream>

#include "cli/loop_profiling.h"
#include "collect/testing/small_profile.h"
#include "profile/pprof.h"
#include "server/server.h"
#include "server/token_for_test.h"
#include "store/temp_dir_for_test.h"

namespace anneal {
namespace {

using testing::HasSubstr;

class LoopServerTest : public testing::Test {
 protected:
  void SetUp() override {
    ServerOptions options;
    options.config.listen = "127.0.0.1:0";
    options.config.data = File("store");
    options.config.tenancy = "header";
    options.config.auth_tokens = File("tokens");
    Write("tokens", fmt::format("both:{0}:read,write:team\nreader:{0}:read:team\n"
                                "writer:{0}:write:team\nwide:{0}:read,write:*\n",
                                kTestHash));
    Result<std::unique_ptr<Server>> server = Server::Start(options);
    ASSERT_TRUE(server.ok()) << server.status().ToString();
    server_ = *std::move(server);

    config_.service = "bench";
    config_.directory = dir_.path();
    config_.work_dir = File("work");
    config_.profiling.server.url = server_->url();
    config_.profiling.rounds = 1;
    config_.profiling.profile_type = "process_cpu:cpu:nanoseconds::";
    Write("cpu.pprof", EncodePprof(SmallProfile{{{"samples", "count"}, {"cpu", "nanoseconds"}},
                                                {{"main.f", {1, 10'000'000}}}}
                                       .Build()));
    config_.bench = "cp cpu.pprof {profile}";
    ASSERT_TRUE(Fs::System().MakeDirs(config_.work_dir).ok());
  }

  std::string File(const std::string& name) const { return dir_.path() + "/" + name; }
  void Write(const std::string& name, const std::string& text) {
    ASSERT_TRUE(Fs::System().WriteFileAtomic(File(name), text).ok());
  }
  std::string TokenFile(const std::string& name) {
    Write(name, name + ".correct horse\n");
    return File(name);
  }

  // From the look at the server to the merge; the sum of the first sample's second column.
  Result<int64_t> ProfileAndMerge() {
    TRY(StartServer(run_));
    LoopTurn turn;
    TRY(ProfileUnderLoad(run_, &turn));
    ASSIGN_OR_RETURN(Profile profile, MergeWindow(run_, turn));
    return profile.Values(0).back();
  }

  TempDir dir_;
  std::unique_ptr<Server> server_;
  LoopConfig config_;
  std::map<std::string, std::string> env_;
  std::unique_ptr<Http> http_ = Http::Create();
  std::istringstream in_;
  std::ostringstream out_, err_;
  CliContext context_{.fs = Fs::System(),
                      .clock = Clock::System(),
                      .http = *http_,
                      .process = Process::System(),
                      .in = in_,
                      .out = out_,
                      .err = err_,
                      .env = [this](const std::string& name) { return env_[name]; }};
  InterruptScope interrupt_;
  LoopRun run_{.config = config_, .context = context_, .interrupt = interrupt_};
};

TEST_F(LoopServerTest, ATokenFileLetsTheLoopPushAndMerge) {
  config_.profiling.server.token_file = TokenFile("both");
  Result<int64_t> merged = ProfileAndMerge();
  ASSERT_TRUE(merged.ok()) << merged.status().ToString();
  EXPECT_EQ(*merged, 10'000'000);
}

TEST_F(LoopServerTest, SoDoTheEnvironmentAndATenant) {
  env_["ANNEAL_TOKEN"] = "wide.correct horse";
  config_.profiling.server.tenant = "team";
  Result<int64_t> merged = ProfileAndMerge();
  ASSERT_TRUE(merged.ok()) << merged.status().ToString();
  env_["ANNEAL_TENANT_ID"] = "others";
  ASSERT_TRUE(StartServer(run_).ok());
  EXPECT_EQ(run_.profile_server.tenant, "team");  // the config wins
  config_.profiling.server.tenant.clear();
  merged = ProfileAndMerge();
  ASSERT_TRUE(merged.ok()) << merged.status().ToString();
  EXPECT_EQ(run_.profile_server.tenant, "others");
}

// All of it is known before the first build.
TEST_F(LoopServerTest, WhatCannotWorkIsSaidAtTheStart) {
  EXPECT_THAT(StartServer(run_).message(),
              testing::AllOf(HasSubstr("profiling.server http://"), HasSubstr("no credentials")));
  config_.profiling.server.token_file = File("none");
  EXPECT_THAT(StartServer(run_).message(), HasSubstr("profiling.token_file"));
  config_.profiling.server.token_file = TokenFile("writer");
  EXPECT_EQ(StartServer(run_).code(), Code::kPermissionDenied);
  config_.profiling.server.token_file = TokenFile("reader");
  EXPECT_THAT(StartServer(run_).message(), HasSubstr("--rights read,write"));
  config_.bench.clear();
  config_.run = "{binary}";  // pushes by itself
  EXPECT_TRUE(StartServer(run_).ok());
  config_.publish = {.url = "http://127.0.0.1:9", .token_file = File("none")};
  EXPECT_THAT(StartServer(run_).message(), HasSubstr("publish.token_file"));
}

TEST_F(LoopServerTest, ItsOwnServerIsShownNobodysToken) {
  env_["ANNEAL_TOKEN"] = "both.correct horse";
  env_["ANNEAL_TENANT_ID"] = "team";
  config_.profiling.server.url.clear();
  Result<int64_t> merged = ProfileAndMerge();
  ASSERT_TRUE(merged.ok()) << merged.status().ToString();
  EXPECT_EQ(run_.profile_server.token + run_.profile_server.tenant, "");
  ASSERT_TRUE(run_.publish_server);
  EXPECT_EQ(run_.publish_server->url, run_.server->url());
}

}  // namespace
}  // namespace anneal
