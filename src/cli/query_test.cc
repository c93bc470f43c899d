#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "cli/exit_status.h"
#include "cli/testing/cli_harness.h"
#include "cli/testing/fake_server.h"
#include "collect/testing/small_profile.h"
#include "profile/compress.h"
#include "profile/pprof.h"

namespace anneal {
namespace {

using testing::HasSubstr;
using testing::Not;

SmallProfile Cpu() {
  return {{{"cpu", "nanoseconds"}}, {{"main.a", {30'000'000}}, {"main.b", {10'000'000}}}};
}

class QueryTest : public testing::Test {
 protected:
  QueryTest() { cli_.http.SetAnswer(server_.Answer()); }
  void Serve(const SmallProfile& profile) {
    server_.answers["SelectMergeStacktraces"] =
        FakeServer::PprofAnswer(EncodePprof(profile.Build()));
  }
  std::string Read(const std::string& path) {
    Result<std::string> bytes = Fs::System().ReadFile(path);
    return bytes.ok() ? *bytes : "";
  }
  CliHarness cli_;
  FakeServer server_;
};

TEST_F(QueryTest, TheLineOfTheDocsWritesAPprofFile) {
  Serve(Cpu());
  std::string path = cli_.Path("default.pgo");
  ASSERT_EQ(cli_.Run({"query", "merge", "--query={service_name=\"ride-sharing-app\"}",
                      "--profile-type=process_cpu:cpu:nanoseconds:cpu:nanoseconds", "--from=now-5m",
                      "--to=now", "--output=pprof=" + path}),
            kExitOk)
      << cli_.err;
  EXPECT_EQ(cli_.out, "");
  EXPECT_EQ(cli_.err, fmt::format("wrote {0}: 40.00ms of cpu in 2 stacks\n"
                                  "next: go build -pgo={0}\n",
                                  path));
  std::string bytes = Read(path);
  EXPECT_TRUE(IsGzip(bytes));
  Result<Profile> profile = DecodePprof(bytes);
  ASSERT_TRUE(profile.ok());
  EXPECT_EQ(EncodePprof(*profile), EncodePprof(Cpu().Build()));
  HttpRequest request = cli_.http.requests().at(0);
  EXPECT_EQ(request.target,
            "http://localhost:4040/querier.v1.QuerierService/SelectMergeStacktraces");
  EXPECT_THAT(request.body, HasSubstr("{service_name=\"ride-sharing-app\"}"));
}

TEST_F(QueryTest, AFileIsReplacedOnlyWithForce) {
  Serve(Cpu());
  std::string path = cli_.Path("default.pgo");
  ASSERT_TRUE(Fs::System().WriteFileAtomic(path, "precious").ok());
  EXPECT_EQ(cli_.Run({"query", "merge", "--output", "pprof=" + path}), kExitFailed);
  EXPECT_THAT(cli_.err, HasSubstr("exists; --force overwrites it"));
  EXPECT_TRUE(cli_.http.requests().empty());  // refused before the query
  EXPECT_EQ(Read(path), "precious");
  EXPECT_EQ(cli_.Run({"query", "merge", "-f", "--output", "pprof=" + cli_.Path("no/x.pgo")}),
            kExitFailed);
  EXPECT_THAT(cli_.err, HasSubstr("there is no directory"));
  EXPECT_TRUE(cli_.http.requests().empty());
  EXPECT_EQ(cli_.Run({"query", "merge", "-f", "--output", "pprof=" + path}), kExitOk);
  EXPECT_TRUE(IsGzip(Read(path)));
}

TEST_F(QueryTest, NothingFoundWritesNothingAndSaysWhatThereIs) {
  server_.answers["SelectMergeStacktraces"] = FakeServer::PprofAnswer("");
  server_.answers["LabelValues"] = FakeServer::NamesAnswer({"cart", "shop"});
  server_.answers["ProfileTypes"] = FakeServer::TypesAnswer({"memory:a:b:c:d"});
  std::string path = cli_.Path("default.pgo");
  EXPECT_EQ(
      cli_.Run({"query", "merge", "--query={service_name=\"shp\"}", "--output", "pprof=" + path}),
      kExitFailed);
  EXPECT_FALSE(Fs::System().Exists(path));
  EXPECT_THAT(cli_.err, HasSubstr("no profiles: {service_name=\"shp\"} of type process_cpu:cpu"));
  EXPECT_THAT(cli_.err, HasSubstr("from 2023-11-14T21:13:20Z to 2023-11-14T22:13:20Z"));
  EXPECT_THAT(cli_.err, HasSubstr("services in this window: cart, shop"));
  EXPECT_THAT(cli_.err, HasSubstr("profile types in this window: memory:a:b:c:d"));

  EXPECT_EQ(cli_.Run({"query", "merge", "--allow-empty", "--output", "pprof=" + path}), kExitOk);
  EXPECT_TRUE(Fs::System().Exists(path));
  EXPECT_EQ(cli_.err, fmt::format("wrote {}: an empty profile\n", path));
}

TEST_F(QueryTest, AnEmptyServerSaysSo) {
  server_.answers["SelectMergeStacktraces"] = FakeServer::PprofAnswer("");
  server_.answers["LabelValues"] = "";
  server_.answers["ProfileTypes"] = "";
  EXPECT_EQ(cli_.Run({"query", "merge"}), kExitFailed);
  EXPECT_THAT(cli_.err, HasSubstr("no profiles in this window at all"));
}

TEST_F(QueryTest, TheConsoleShowsTheFunctionsThatCostMost) {
  Serve(Cpu());
  ASSERT_EQ(cli_.Run({"query", "merge", "--limit=1"}), kExitOk) << cli_.err;
  EXPECT_EQ(cli_.out,
            "   SELF  SELF%    TOTAL  TOTAL%  FUNCTION\n"
            "30.00ms  75.0%  30.00ms   75.0%  main.a\n");
  EXPECT_EQ(cli_.err, "40.00ms of cpu in 2 stacks; showing 1 of 2 functions, --limit 0 for all\n");
  ASSERT_EQ(cli_.Run({"query", "functions", "--limit=0", "--json"}), kExitOk);
  EXPECT_THAT(cli_.out, HasSubstr("\"name\": \"main.b\",\n      \"self\": 10000000"));
}

TEST_F(QueryTest, RawAndStandardOutputAreBytes) {
  Serve(Cpu());
  ASSERT_EQ(cli_.Run({"query", "merge", "--output=raw"}), kExitOk);
  EXPECT_EQ(cli_.out, EncodePprof(Cpu().Build()));
  ASSERT_EQ(cli_.Run({"query", "profile", "--output=pprof=-"}), kExitOk);
  EXPECT_TRUE(IsGzip(cli_.out));
}

TEST_F(QueryTest, WarnsOfAProfileThatGoBuildWouldRefuse) {
  SmallProfile no_lines = Cpu();
  no_lines.start_line = 0;
  Serve(no_lines);
  ASSERT_EQ(cli_.Run({"query", "merge", "--output=pprof=" + cli_.Path("a")}), kExitOk);
  EXPECT_THAT(cli_.err, HasSubstr("warning: no function has a start line"));
  EXPECT_THAT(cli_.err, Not(HasSubstr("go build -pgo")));
}

TEST_F(QueryTest, GoPgoSendsItsTrimming) {
  Serve(Cpu());
  std::string path = cli_.Path("default.pgo");
  auto trim = [&](std::vector<std::string> flags) {
    flags.insert(flags.begin(), {"query", "go-pgo", "-f", "--output=pprof=" + path});
    EXPECT_EQ(cli_.Run(flags), kExitOk) << cli_.err;
    std::string body = cli_.http.requests().back().body;
    return body.substr(body.size() - 8);  // field 7, the stack trace selector, comes last
  };
  EXPECT_EQ(trim({}), "\x3a\x06\x12\x04\x08\x05\x10\x01");
  EXPECT_EQ(trim({"--no-aggregate-callees", "--keep-locations=2"}),
            std::string("\x3a\x06\x12\x04\x08\x02\x10\x00", 8));
}

TEST_F(QueryTest, MergeAsksForRejoinedStacksOnlyWhenTold) {
  Serve(Cpu());
  auto body = [&](std::vector<std::string> flags) {
    flags.insert(flags.begin(), {"query", "merge"});
    EXPECT_EQ(cli_.Run(flags), kExitOk) << cli_.err;
    return cli_.http.requests().back().body;
  };
  // Field 1000 of field 7, the stack trace selector.
  constexpr std::string_view kRejoin = "\x3a\x03\xc0\x3e\x01";
  EXPECT_THAT(body({}), Not(HasSubstr(kRejoin)));
  EXPECT_THAT(body({"--rejoin-truncated"}), HasSubstr(kRejoin));
}

TEST_F(QueryTest, ListsNamesSorted) {
  server_.answers["LabelNames"] = FakeServer::NamesAnswer({"pod", "env"});
  server_.answers["LabelValues"] = FakeServer::NamesAnswer({"b", "a"});
  server_.answers["ProfileTypes"] = FakeServer::TypesAnswer({"t:2", "t:1"});
  EXPECT_EQ(cli_.Run({"query", "label-names"}), kExitOk);
  EXPECT_EQ(cli_.out, "env\npod\n");
  EXPECT_EQ(cli_.Run({"query", "label-values", "pod", "--json"}), kExitOk);
  EXPECT_EQ(cli_.out, "[\n  \"a\",\n  \"b\"\n]\n");
  EXPECT_EQ(cli_.Run({"query", "profile-types"}), kExitOk);
  EXPECT_EQ(cli_.out, "t:1\nt:2\n");
}

TEST_F(QueryTest, ListsSeries) {
  std::string body;
  {
    protozero::pbf_writer answer(body);
    protozero::pbf_writer labels(answer, 2);
    protozero::pbf_writer label(labels, 1);
    label.add_string(1, "pod");
    label.add_string(2, "a\"b");
  }
  server_.answers["Series"] = body;
  EXPECT_EQ(cli_.Run({"query", "series", "--label-names=pod,env"}), kExitOk);
  EXPECT_EQ(cli_.out, "{pod=\"a\\\"b\"}\n");
  EXPECT_EQ(cli_.Run({"query", "series", "--json"}), kExitOk);
  EXPECT_EQ(cli_.out, "[\n  {\n    \"pod\": \"a\\\"b\"\n  }\n]\n");
}

TEST_F(QueryTest, TopSumsTheWindowAndSortsByCost) {
  int64_t now_ms = cli_.clock.NowNs() / 1'000'000;
  std::string body;
  protozero::pbf_writer answer(body);
  auto add = [&](const std::string& service, double value, int64_t time_ms) {
    protozero::pbf_writer series(answer, 1);
    {
      protozero::pbf_writer label(series, 1);
      label.add_string(1, "service_name");
      label.add_string(2, service);
    }
    protozero::pbf_writer point(series, 2);
    point.add_double(1, value);
    point.add_int64(2, time_ms);
  };
  add("small", 1e9, now_ms);
  add("large", 3e9, now_ms);
  add("before", 9e9, now_ms - 3'600'000);  // the step that ends where the window begins
  server_.answers["SelectSeries"] = body;
  EXPECT_EQ(cli_.Run({"query", "top"}), kExitOk) << cli_.err;
  EXPECT_EQ(cli_.out,
            "TOTAL  SHARE  SERIES\n"
            "3.00s  75.0%  {service_name=\"large\"}\n"
            "1.00s  25.0%  {service_name=\"small\"}\n");
  EXPECT_EQ(cli_.Run({"query", "top", "--limit=1"}), kExitOk);
  EXPECT_THAT(cli_.err, HasSubstr("showing 1 of 2 series"));
}

TEST_F(QueryTest, AddressAndSecretsComeFromFlagsThenEnvironment) {
  Serve(Cpu());
  cli_.env = {{"PROFILECLI_URL", "http://old:1"},
              {"PROFILECLI_TENANT_ID", "t"},
              {"PROFILECLI_TOKEN", "old"}};
  auto last = [&] { return cli_.http.requests().back(); };
  ASSERT_EQ(cli_.Run({"query", "merge"}), kExitOk) << cli_.err;
  EXPECT_THAT(last().target, testing::StartsWith("http://old:1/"));
  EXPECT_EQ(last().headers.Get("X-Scope-OrgID"), "t");
  EXPECT_EQ(last().headers.Get("Authorization"), "Bearer old");

  cli_.env["ANNEAL_URL"] = "new:2";
  ASSERT_TRUE(Fs::System().WriteFileAtomic(cli_.Path("token"), "from file\n").ok());
  ASSERT_EQ(cli_.Run({"query", "merge", "--token-file", cli_.Path("token")}), kExitOk);
  EXPECT_THAT(last().target, testing::StartsWith("http://new:2/"));
  EXPECT_EQ(last().headers.Get("Authorization"), "Bearer from file");

  ASSERT_EQ(cli_.Run({"query", "merge", "--url=http://flag", "--token=flag"}), kExitOk);
  EXPECT_THAT(last().target, testing::StartsWith("http://flag/"));
  EXPECT_EQ(last().headers.Get("Authorization"), "Bearer flag");
  ASSERT_EQ(cli_.Run({"query", "merge", "--username=u", "--password=p"}), kExitOk);
  EXPECT_EQ(last().headers.Get("Authorization"), "Basic dTpw") << "not the environment's token";

  EXPECT_EQ(cli_.http.trusted(), "") << "the machine's certificates";
  cli_.env["ANNEAL_CA_FILE"] = "/env.pem";
  ASSERT_EQ(cli_.Run({"query", "merge"}), kExitOk);
  EXPECT_EQ(cli_.http.trusted(), "/env.pem");
  ASSERT_EQ(cli_.Run({"query", "merge", "--ca-file", "/flag.pem"}), kExitOk);
  EXPECT_EQ(cli_.http.trusted(), "/flag.pem");
}

TEST_F(QueryTest, WrongFlagsAreWrongUsage) {
  struct Row {
    std::vector<std::string> args;
    std::string message;
  };
  for (const Row& row : std::vector<Row>{
           {{"query"}, "which command? One of: merge, profile, go-pgo"},
           {{"query", "mrge"}, "unknown command 'mrge'; did you mean 'merge'?"},
           {{"query", "merge", "--qurey={}"}, "unknown flag '--qurey'; did you mean '--query'?"},
           {{"query", "merge", "--output=file"}, "write console, raw or pprof=FILE"},
           {{"query", "merge", "--output=pprof="}, "write console, raw or pprof=FILE"},
           {{"query", "merge", "--from=yesterday"}, "--from: time `yesterday`"},
           {{"query", "merge", "--from=now", "--to=now-1h"}, "--from (now) is after --to (now-1h)"},
           {{"query", "merge", "--timeout=0"}, "--timeout must be above 0"},
           {{"query", "merge", "--token-file=/nonexistent"}, "--token-file"},
           {{"query", "label-values"}, "NAME is required"},
           {{"query", "merge", "--limit=x"}, "--limit"}}) {
    EXPECT_EQ(cli_.Run(row.args), kExitUsage) << row.message;
    EXPECT_THAT(cli_.err, HasSubstr(row.message));
  }
}

TEST_F(QueryTest, AServerThatIsAwayIsItsOwnStatus) {
  cli_.http.SetAnswer({});
  EXPECT_EQ(cli_.Run({"query", "merge"}), kExitUnavailable);
  EXPECT_THAT(cli_.err, HasSubstr("anneal query merge: http://localhost:4040/"));
  EXPECT_THAT(cli_.err, HasSubstr("connection refused"));
  EXPECT_THAT(cli_.err, HasSubstr("is a server running at http://"));
}

TEST_F(QueryTest, SecretsAreNeverPrinted) {
  cli_.http.SetAnswer({});
  cli_.Run({"query", "merge", "--token=hunter2", "--password=hunter3", "--username=u"});
  EXPECT_THAT(cli_.out + cli_.err, Not(HasSubstr("hunter")));
}

}  // namespace
}  // namespace anneal
