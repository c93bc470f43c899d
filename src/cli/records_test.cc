#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/exit_status.h"
#include "cli/testing/cli_harness.h"

namespace anneal {
namespace {

using testing::HasSubstr;

void Answer(CliHarness& cli, int status, std::string body) {
  cli.http.SetAnswer([status, body](const HttpRequest&, int64_t) -> Result<HttpResponse> {
    HttpResponse response{.status = status, .body = body};
    response.headers.Set("Content-Type", "application/json");
    return response;
  });
}

TEST(Records, ListsNewestFirst) {
  CliHarness cli;
  Answer(cli, 200, R"({"schema":1,"service":"a/b","records":[
      {"id":"two","time_unix_ns":1764000000000000000,"builds":{"candidate":{"pgo":"default.pgo"}},
       "verdict":{"outcome":"gain"}},
      {"id":"one","verdict":null}]})");
  EXPECT_EQ(cli.Run({"records", "list", "a/b", "--url", "http://server:1/", "--token", "t"}),
            kExitOk)
      << cli.err;
  EXPECT_EQ(cli.out,
            "ID   TIME                  PGO          VERDICT\n"
            "two  2025-11-24T16:00:00Z  default.pgo  gain\n"
            "one  -                     -            not verified\n");
  HttpRequest request = cli.http.requests().back();
  EXPECT_EQ(request.target, "http://server:1/anneal/v1/services/a%2Fb/records");
  EXPECT_EQ(request.headers.Get("Authorization"), "Bearer t");
  EXPECT_EQ(cli.Run({"records", "list", "a/b", "--json"}), kExitOk);
  EXPECT_THAT(cli.out, HasSubstr("\"id\": \"one\""));
}

TEST(Records, SaysWhenThereAreNone) {
  CliHarness cli;
  Answer(cli, 200, R"({"schema":1,"records":[]})");
  EXPECT_EQ(cli.Run({"records", "list", "shop"}), kExitOk);
  EXPECT_EQ(cli.out, "");
  EXPECT_EQ(cli.err, "no records of shop\n");
  Answer(cli, 200, "<html>");
  EXPECT_EQ(cli.Run({"records", "list", "shop"}), kExitFailed);
  EXPECT_THAT(cli.err, HasSubstr("is this an anneal server?"));
}

TEST(Records, DeletesEachAndSaysWhatFailed) {
  CliHarness cli;
  cli.http.SetAnswer([](const HttpRequest& request, int64_t) -> Result<HttpResponse> {
    if (request.target.ends_with("/one")) return HttpResponse{.body = R"({"id":"one"})"};
    HttpResponse response{.status = 404, .body = R"({"code":"not_found","message":"no record"})"};
    response.headers.Set("Content-Type", "application/json");
    return response;
  });
  EXPECT_EQ(cli.Run({"records", "delete", "shop", "none", "one"}), kExitFailed);
  EXPECT_EQ(cli.out, "deleted one of shop\n");
  EXPECT_THAT(cli.err, HasSubstr("none"));
  EXPECT_THAT(cli.err, HasSubstr("no record"));
  ASSERT_EQ(cli.http.requests().size(), 2u);
  EXPECT_EQ(cli.http.requests()[1].method, "DELETE");
  EXPECT_EQ(cli.Run({"records", "delete", "shop"}), kExitUsage);
  EXPECT_EQ(cli.Run({"records"}), kExitUsage);
}

}  // namespace
}  // namespace anneal
