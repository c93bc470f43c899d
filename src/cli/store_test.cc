#include <nlohmann/json.hpp>

#include "cli/exit_status.h"
#include "cli/testing/cli_harness.h"
#include "store/embedded.h"
#include "store/profiles_for_test.h"

namespace anneal {
namespace {

using testing::HasSubstr;
using testing::Not;

class StoreCommandTest : public testing::Test {
 protected:
  void SetUp() override {
    EmbeddedOptions options;
    options.directory = cli_.Path("data");
    std::unique_ptr<Store> store = OpenEmbedded(options).value();
    for (uint32_t n = 0; n < 6; ++n) {
      Profile profile = RandomProfile(n);
      ProfileWrite write;
      write.labels = TestLabels(n % 2 == 0 ? "shop" : "blog", kTestCpuType);
      write.id = TestUuid(n);
      write.time_ns = kTestBaseNs + n * kTestSecondNs;
      write.profile = &profile;
      ASSERT_TRUE(AppendAndWait(*store, n < 4 ? "one" : "two", {&write, 1}).ok());
    }
  }
  int Run(std::vector<std::string> args, const std::string& data = "data") {
    args.insert(args.begin(), "store");
    args.insert(args.end(), {"--data", cli_.Path(data)});
    return cli_.Run(args);
  }
  std::string ReadFile(const std::string& name) {
    return Fs::System().ReadFile(cli_.Path(name)).value();
  }

  CliHarness cli_;
};

TEST_F(StoreCommandTest, StatsAreByTenantAndService) {
  ASSERT_EQ(Run({"stats"}), kExitOk) << cli_.err;
  EXPECT_THAT(cli_.out, HasSubstr("one/shop"));
  EXPECT_THAT(cli_.out, HasSubstr("2023-11-14T22:13:20Z"));
  EXPECT_THAT(cli_.out, HasSubstr("4 services, 6 profiles"));
  ASSERT_EQ(Run({"stats", "--json"}), kExitOk);
  nlohmann::json stats = nlohmann::json::parse(cli_.out);
  EXPECT_EQ(stats["services"].size(), 4u);
  EXPECT_EQ(stats["services"][0]["service"], "blog");
  EXPECT_EQ(stats["services"][0]["profiles"], 2);
  ASSERT_EQ(stats["tenants"].size(), 2u);
  uint64_t services_bytes = 0, tenants_bytes = 0;
  for (const auto& row : stats["services"]) {
    for (const char* kind : {"profiles_bytes", "links_bytes", "symbols_bytes", "rollups_bytes"}) {
      services_bytes += row[kind].get<uint64_t>();
    }
  }
  for (const auto& row : stats["tenants"]) tenants_bytes += row["bytes"].get<uint64_t>();
  EXPECT_EQ(tenants_bytes, services_bytes);
  EXPECT_EQ(stats["tenants"][0]["profiles"], 4);
  EXPECT_EQ(stats["tenants"][1]["profiles"], 2);
  EXPECT_GT(stats["index_bytes"].get<uint64_t>(), 0u);
}

TEST_F(StoreCommandTest, BackupAndRestoreGiveAnEqualStore) {
  ASSERT_EQ(Run({"backup", cli_.Path("backup")}), kExitOk) << cli_.err;
  EXPECT_THAT(cli_.out, HasSubstr("is backed up to"));
  EXPECT_NE(Run({"backup", cli_.Path("backup")}), kExitOk);
  EXPECT_THAT(cli_.err, HasSubstr("exists"));
  ASSERT_EQ(cli_.Run({"store", "restore", cli_.Path("backup"), cli_.Path("new")}), kExitOk)
      << cli_.err;
  ASSERT_EQ(Run({"export", "-o", cli_.Path("old.export")}), kExitOk) << cli_.err;
  ASSERT_EQ(Run({"export", "-o", cli_.Path("new.export")}, "new"), kExitOk) << cli_.err;
  EXPECT_TRUE(ReadFile("old.export") == ReadFile("new.export"));
}

TEST_F(StoreCommandTest, VerifyReportsASoundStore) {
  ASSERT_EQ(Run({"verify"}), kExitOk) << cli_.err;
  EXPECT_THAT(cli_.out, HasSubstr("6 profiles, 4 series"));
  EXPECT_THAT(cli_.out, HasSubstr("nothing wrong"));
  ASSERT_EQ(Run({"verify", "--json"}), kExitOk);
  EXPECT_TRUE(nlohmann::json::parse(cli_.out)["problems"].empty());
}

TEST_F(StoreCommandTest, AnExportImportsIntoAnotherStoreAndIsTheSameAgain) {
  const std::string first = cli_.Path("first"), second = cli_.Path("second");
  ASSERT_EQ(Run({"export", "-o", first, "--to", "20300101"}), kExitOk) << cli_.err;
  EXPECT_THAT(cli_.err, HasSubstr("6 profiles"));
  ASSERT_EQ(Run({"import", first}, "copy"), kExitOk) << cli_.err;
  ASSERT_EQ(Run({"export", "-o", second, "--to", "20300101"}, "copy"), kExitOk) << cli_.err;
  EXPECT_TRUE(ReadFile("first") == ReadFile("second"));
  EXPECT_EQ(Run({"export", "-o", first}), kExitFailed) << "it exists";
  EXPECT_THAT(cli_.err, HasSubstr("--force"));
}

TEST_F(StoreCommandTest, DocumentsAreCountedCheckedAndMoved) {
  const DocumentName name{"three", "record", "shop", "1"};
  {
    EmbeddedOptions options;
    options.directory = cli_.Path("data");
    ASSERT_TRUE(OpenEmbedded(options).value()->PutDocument(name, "{}").ok());
  }
  ASSERT_EQ(Run({"stats"}), kExitOk) << cli_.err;
  EXPECT_THAT(cli_.out, HasSubstr("6 profiles, 1 documents"));
  EXPECT_THAT(cli_.out, HasSubstr("three/record"));
  ASSERT_EQ(Run({"stats", "--json"}), kExitOk) << cli_.err;
  const nlohmann::json stats = nlohmann::json::parse(cli_.out);
  EXPECT_EQ(stats["document_kinds"][0]["kind"], "record");
  EXPECT_EQ(stats["document_kinds"][0]["bytes"], stats["documents_bytes"]);
  EXPECT_EQ(stats["tenants"][1]["tenant"], "three");
  EXPECT_EQ(stats["tenants"][1]["documents"], 1);
  EXPECT_EQ(stats["tenants"][1]["bytes"], stats["documents_bytes"]);
  ASSERT_EQ(Run({"verify"}), kExitOk) << cli_.err;
  EXPECT_THAT(cli_.out, HasSubstr("1 documents read, nothing wrong"));
  ASSERT_EQ(Run({"export", "-o", cli_.Path("all")}), kExitOk) << cli_.err;
  EXPECT_THAT(cli_.err, HasSubstr("1 documents"));
  ASSERT_EQ(Run({"import", cli_.Path("all")}, "copy"), kExitOk) << cli_.err;
  EmbeddedOptions options;
  options.directory = cli_.Path("copy");
  EXPECT_EQ(OpenEmbedded(options).value()->GetDocument(name).value(), "{}");
}

TEST_F(StoreCommandTest, AnExportCanBeOfSomeProfiles) {
  const std::string out = cli_.Path("some");
  ASSERT_EQ(Run({"export", "-o", out, "--query", "{service_name=\"shop\"}", "--to", "20300101"}),
            kExitOk);
  EXPECT_THAT(cli_.err, HasSubstr("3 profiles"));
  ASSERT_EQ(Run({"export", "-o", out, "-f", "--tenant-id", "two", "--to", "20300101"}), kExitOk);
  EXPECT_THAT(cli_.err, HasSubstr("2 profiles"));
  EXPECT_EQ(Run({"export", "-o", out, "-f", "--query", "{"}), kExitFailed);
}

TEST_F(StoreCommandTest, MissingStoresAndFilesAreErrors) {
  EXPECT_EQ(Run({"stats"}, "none"), kExitFailed);
  EXPECT_THAT(cli_.err, HasSubstr("there is no store"));
  EXPECT_EQ(Run({"verify"}, "none"), kExitFailed);
  EXPECT_EQ(Run({"import", cli_.Path("nothing")}, "new"), kExitFailed);
  EXPECT_FALSE(Fs::System().Exists(cli_.Path("new"))) << "nothing to import makes no store";
  EXPECT_NE(Run({"export", "-o", std::string(300, 'x')}), kExitOk);
}

TEST_F(StoreCommandTest, ARunningServerIsAskedForABackup) {
  int status = 200;
  cli_.http.SetAnswer([&](const HttpRequest&, int64_t) -> Result<HttpResponse> {
    HttpResponse response{.status = status};
    response.body = status == 200 ? R"({"directory":"/backups/monday"})"
                                  : R"({"code":"permission_denied","message":"no right"})";
    return response;
  });
  cli_.env["ANNEAL_TOKEN"] = "root.secret";
  const std::vector<std::string> command = {"store", "backup", "--url", "http://a:4040", "monday"};
  ASSERT_EQ(cli_.Run(command), kExitOk) << cli_.err;
  EXPECT_THAT(cli_.out, HasSubstr("/backups/monday"));
  const HttpRequest request = cli_.http.requests().front();
  EXPECT_EQ(request.target, "http://a:4040/anneal/v1/admin/backup");
  EXPECT_EQ(request.body, R"({"name":"monday"})");
  EXPECT_EQ(request.headers.Get("Authorization"), "Bearer root.secret");
  status = 403;
  EXPECT_EQ(cli_.Run(command), kExitFailed);
  EXPECT_THAT(cli_.err, HasSubstr("no right"));
}

TEST_F(StoreCommandTest, ARunningServerIsAskedForItsStats) {
  ASSERT_EQ(Run({"stats", "--json"}), kExitOk) << cli_.err;
  const std::string json = cli_.out;
  ASSERT_EQ(Run({"stats"}), kExitOk) << cli_.err;
  const std::string tables = cli_.out;
  std::string answer = json;
  cli_.http.SetAnswer([&](const HttpRequest&, int64_t) -> Result<HttpResponse> {
    HttpResponse response;
    response.body = answer;
    return response;
  });
  cli_.env["ANNEAL_TOKEN"] = "root.secret";
  ASSERT_EQ(cli_.Run({"store", "stats", "--url", "http://a:4040", "--json"}), kExitOk) << cli_.err;
  EXPECT_EQ(cli_.out, json);
  ASSERT_EQ(cli_.Run({"store", "stats", "--url", "http://a:4040"}), kExitOk) << cli_.err;
  EXPECT_EQ(cli_.out, tables);
  const HttpRequest request = cli_.http.requests().front();
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.target, "http://a:4040/anneal/v1/admin/stats");
  EXPECT_EQ(request.headers.Get("Authorization"), "Bearer root.secret");
  answer = "{}";
  EXPECT_EQ(cli_.Run({"store", "stats", "--url", "http://a:4040"}), kExitFailed);
  EXPECT_THAT(cli_.err, HasSubstr("is it an anneal?"));
  EXPECT_NE(Run({"stats", "--url", "http://a:4040"}), kExitOk) << "which of the two is meant?";
}

TEST_F(StoreCommandTest, DeleteCountsFirstThenDeletes) {
  const std::vector<std::string> select = {"--query", "{service_name=\"shop\"}", "--to",
                                           "20300101"};
  auto run = [&](std::vector<std::string> more) {
    std::vector<std::string> args = {"delete"};
    args.insert(args.end(), select.begin(), select.end());
    args.insert(args.end(), more.begin(), more.end());
    return Run(args);
  };
  ASSERT_EQ(run({"--dry-run"}), kExitOk) << cli_.err;
  EXPECT_EQ(cli_.out, "3 profiles would be deleted\n");
  ASSERT_EQ(run({"--dry-run", "--tenant-id", "two"}), kExitOk) << cli_.err;
  EXPECT_EQ(cli_.out, "1 profiles would be deleted\n");
  ASSERT_EQ(run({"--tenant-id", "one"}), kExitOk) << cli_.err;
  EXPECT_EQ(cli_.out, "2 profiles deleted\n");
  ASSERT_EQ(run({}), kExitOk) << cli_.err;
  EXPECT_EQ(cli_.out, "1 profiles deleted\n");
  EXPECT_NE(run({"--url", "http://a:4040"}), kExitOk) << "which of the two is meant?";
}

TEST_F(StoreCommandTest, WhatIsDeletedIsTheEnvironmentsTenantsOrServers) {
  cli_.env["ANNEAL_TENANT_ID"] = "two";
  cli_.env["ANNEAL_URL"] = "http://a:4040";
  ASSERT_EQ(Run({"delete", "--query", "{}", "--to", "20300101"}), kExitOk) << cli_.err;
  EXPECT_EQ(cli_.out, "2 profiles deleted\n");  // a directory that is named wins over the variable
  cli_.http.SetAnswer([&](const HttpRequest&, int64_t) -> Result<HttpResponse> {
    HttpResponse response;
    response.body = R"({"profiles":1,"directory":"/backups/monday"})";
    return response;
  });
  ASSERT_EQ(cli_.Run({"store", "delete", "--query", "{}"}), kExitOk) << cli_.err;
  EXPECT_EQ(cli_.http.requests().back().headers.Get("X-Scope-OrgID"), "two");
  ASSERT_EQ(cli_.Run({"store", "backup", "monday"}), kExitOk) << cli_.err;
  EXPECT_EQ(cli_.http.requests().back().target, "http://a:4040/anneal/v1/admin/backup");
  EXPECT_EQ(Run({"backup", "--url", "http://a:4040", "monday"}), kExitUsage);
  ASSERT_EQ(cli_.Run({"store", "delete", "--help"}), kExitOk);
  EXPECT_THAT(cli_.out, Not(HasSubstr("[default: http")));
  EXPECT_THAT(cli_.out, Not(HasSubstr("[default: {}]")));
}

TEST_F(StoreCommandTest, ARunningServerIsAskedToDelete) {
  std::string answer = R"({"profiles":7,"dry_run":false})";
  cli_.http.SetAnswer([&](const HttpRequest&, int64_t) -> Result<HttpResponse> {
    HttpResponse response;
    response.body = answer;
    return response;
  });
  const std::vector<std::string> command = {"store",   "delete",    "--url",       "http://a:4040",
                                            "--query", "{a=\"b\"}", "--from",      "now-2d",
                                            "--to",    "now-1d",    "--tenant-id", "web"};
  ASSERT_EQ(cli_.Run(command), kExitOk) << cli_.err;
  EXPECT_EQ(cli_.out, "7 profiles deleted\n");
  const HttpRequest request = cli_.http.requests().front();
  EXPECT_EQ(request.target, "http://a:4040/anneal/v1/admin/delete");
  EXPECT_EQ(request.headers.Get("X-Scope-OrgID"), "web");
  EXPECT_EQ(nlohmann::json::parse(request.body), nlohmann::json({{"query", "{a=\"b\"}"},
                                                                 {"from", "now-2d"},
                                                                 {"to", "now-1d"},
                                                                 {"tenant", "web"},
                                                                 {"dry_run", false}}));
  answer = "<html>";
  EXPECT_EQ(cli_.Run(command), kExitFailed);
  EXPECT_THAT(cli_.err, HasSubstr("is it an anneal?"));
}

}  // namespace
}  // namespace anneal
