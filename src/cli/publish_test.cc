#include "cli/publish.h"

#include <nlohmann/json.hpp>

#include "api/publish.h"
#include "cli/exit_status.h"
#include "cli/testing/cli_harness.h"
#include "profile/compress.h"
#include "verify/verdict_json.h"

namespace anneal {
namespace {

using testing::HasSubstr;

// A gain of 10 %, and the file it is in.
std::string WriteVerdict(const CliHarness& cli) {
  Verdict verdict;
  verdict.run.unit = "run";
  verdict.run.benchmarks = {""};
  verdict.run.arms = {
      {"./old", "./old", "aa", 1}, {"./new", "./new", "bb", 2}, {"./old", "./old", "aa", 1}};
  Session& session = verdict.run.sessions.emplace_back();
  session.wait_ns = {0, 0, 0};
  for (int64_t i = 0; i < 40; ++i) {
    Block block;
    block.order = {ArmId::kControl, ArmId::kBaseline, ArmId::kCandidate};
    auto noisy = [i](int64_t percent, int64_t phase) {
      return percent * 10'000'000 + (i * phase % 7 - 3) * 1'000'000;
    };
    block.samples = {{{noisy(100, 3), 1, 1}, {noisy(90, 5), 1, 1}, {noisy(100, 2), 1, 1}}};
    session.blocks.push_back(block);
  }
  std::string path = cli.Path("verdict.json");
  EXPECT_TRUE(Fs::System().WriteFileAtomic(path, EncodeVerdict(verdict)).ok());
  return path;
}

void Accept(CliHarness& cli) {
  cli.http.SetAnswer([](const HttpRequest&, int64_t) -> Result<HttpResponse> {
    return HttpResponse{.body = R"({"service":"shop","id":"20260101T000000Z-abc"})"};
  });
}

TEST(Publish, VerifySendsARecordThatTheServerTakes) {
  CliHarness cli;
  Accept(cli);
  std::string path = WriteVerdict(cli);
  ASSERT_TRUE(Fs::System().WriteFileAtomic(cli.Path("token"), "secret\n").ok());
  ASSERT_TRUE(Fs::System().WriteFileAtomic(cli.Path("default.pgo"), "profile").ok());
  EXPECT_EQ(
      cli.Run({"verify", "--from", path, "--publish", "http://server:4040/", "--service", "shop",
               "--publish-token-file", cli.Path("token"), "--artefact", cli.Path("default.pgo")}),
      kExitOk)
      << cli.err;
  EXPECT_THAT(cli.out, HasSubstr("less CPU"));
  EXPECT_THAT(cli.err, HasSubstr("as 20260101T000000Z-abc"));
  ASSERT_EQ(cli.http.requests().size(), 1u);
  HttpRequest request = cli.http.requests()[0];
  EXPECT_EQ(request.target, "http://server:4040/anneal/v1/publish");
  EXPECT_EQ(request.headers.Get("Authorization"), "Bearer secret");
  Result<PublishedRecord> record = ParsePublished(Gunzip(request.body, 1 << 20).value());
  ASSERT_TRUE(record.ok()) << record.status().ToString();
  EXPECT_EQ(record->service, "shop");
  EXPECT_EQ(record->artefact, "profile");
  EXPECT_EQ(record->summary["verdict"]["outcome"], "gain");
  EXPECT_EQ(record->record["builds"]["candidate"]["sha256"], "bb");
}

TEST(Publish, FailingToDoSoIsSaidAfterTheVerdict) {
  CliHarness cli;  // refuses connections
  std::string path = WriteVerdict(cli);
  EXPECT_EQ(cli.Run({"verify", "--from", path, "--publish", "http://server:1", "--service", "s"}),
            kExitUnavailable);
  EXPECT_THAT(cli.out, HasSubstr("less CPU"));
  EXPECT_THAT(cli.err, HasSubstr("the verdict was not published"));
  cli.http.SetAnswer([](const HttpRequest&, int64_t) -> Result<HttpResponse> {
    return HttpResponse{.status = 403,
                        .body = R"({"code":"permission_denied","message":"no right to write"})"};
  });
  EXPECT_NE(cli.Run({"verify", "--from", path, "--publish", "http://server:1", "--service", "s"}),
            kExitOk);
  EXPECT_THAT(cli.err, HasSubstr("no right to write"));
}

TEST(Publish, NeedsToKnowOfWhat) {
  CliHarness cli;
  std::string path = WriteVerdict(cli);
  EXPECT_EQ(cli.Run({"verify", "--from", path, "--publish", "http://server:1"}), kExitUsage);
  EXPECT_THAT(cli.err, HasSubstr("--service"));
  EXPECT_EQ(cli.Run({"verify", "--from", path, "--artefact", "x"}), kExitUsage);
  EXPECT_TRUE(cli.http.requests().empty());
}

}  // namespace
}  // namespace anneal
