#include "cli/publish.h"

#include <nlohmann/json.hpp>

#include "api/publish.h"
#include "cli/exit_status.h"
#include "cli/testing/cli_harness.h"
#include "cli/testing/recorded_verdict.h"
#include "profile/compress.h"

namespace anneal {
namespace {

using testing::HasSubstr;

// A gain of 10 %, and the file it is in.
std::string WriteVerdict(const CliHarness& cli) {
  std::string path = cli.Path("verdict.json");
  EXPECT_TRUE(Fs::System().WriteFileAtomic(path, EncodeVerdict(RecordedVerdict(90))).ok());
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
