// Admin calls over HTTP.
#include "server/admin_calls.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "server/server.h"
#include "server/token_for_test.h"
#include "store/embedded.h"
#include "store/temp_dir_for_test.h"

namespace anneal {
namespace {

using ::testing::HasSubstr;

constexpr int64_t kPatienceNs = 60'000'000'000;

class AdminCallsTest : public testing::Test {
 protected:
  void SetUp() override {
    config_.listen = "127.0.0.1:0";
    config_.data = dir_.path() + "/store";
    config_.admin_backup_root = dir_.path() + "/backups";
    std::filesystem::create_directory(config_.admin_backup_root);
  }
  void Start() {
    Result<std::unique_ptr<Server>> server = Server::Start({.config = config_});
    ASSERT_TRUE(server.ok()) << server.status().ToString();
    server_ = std::move(server).value();
  }
  using Fields = std::vector<std::pair<std::string, std::string>>;
  HttpResponse Post(std::string_view path, std::string body, const Fields& fields = {}) {
    HttpRequest request{.method = "POST",
                        .target = fmt::format("http://{}{}", server_->address(), path),
                        .body = std::move(body)};
    request.headers.Add("Content-Type", "application/json");
    for (const auto& [name, value] : fields) request.headers.Set(name, value);
    Result<HttpResponse> response = http_->Fetch(request, kPatienceNs, 1 << 20);
    EXPECT_TRUE(response.ok()) << response.status().ToString();
    return response.ok() ? *response : HttpResponse{.status = 0};
  }
  HttpResponse Stats(const Fields& fields = {}) {
    HttpRequest request{
        .method = "GET",
        .target = fmt::format("http://{}/anneal/v1/admin/stats", server_->address())};
    for (const auto& [name, value] : fields) request.headers.Set(name, value);
    Result<HttpResponse> response = http_->Fetch(request, kPatienceNs, 1 << 20);
    EXPECT_TRUE(response.ok()) << response.status().ToString();
    return response.ok() ? *response : HttpResponse{.status = 0};
  }
  HttpResponse Backup(std::string_view name, const Fields& fields = {}) {
    return Post("/anneal/v1/admin/backup", nlohmann::json({{"name", name}}).dump(), fields);
  }

  TempDir dir_;
  ServerConfig config_;
  std::unique_ptr<Http> http_ = Http::Create();
  std::unique_ptr<Server> server_;
};

TEST_F(AdminCallsTest, ARunningStoreIsBackedUp) {
  config_.admin_loopback = "on";
  Start();
  ASSERT_EQ(Post("/ingest?name=app", "main 1\n", {{"Content-Type", "text/plain"}}).status, 200);
  const HttpResponse made = Backup("monday");
  ASSERT_EQ(made.status, 200) << made.body;
  const std::string directory = nlohmann::json::parse(made.body)["directory"];
  EXPECT_EQ(directory, config_.admin_backup_root + "/monday");
  ASSERT_EQ(Post("/ingest?name=later", "main 1\n", {{"Content-Type", "text/plain"}}).status, 200);

  EmbeddedOptions options;
  options.directory = directory;
  options.create = false;
  const std::unique_ptr<Store> copy = OpenEmbedded(options).value();
  EXPECT_EQ(copy->Stats()->services.size(), 1u);

  EXPECT_NE(Backup("monday").status, 200) << "it exists";
  EXPECT_EQ(Backup("tuesday").status, 200);
}

TEST_F(AdminCallsTest, StatsAreOfTheRunningStore) {
  config_.admin_loopback = "on";
  Start();
  ASSERT_EQ(Post("/ingest?name=app", "main 1\n", {{"Content-Type", "text/plain"}}).status, 200);
  const HttpResponse answer = Stats();
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.headers.Get("Content-Type"), "application/json");
  const nlohmann::json stats = nlohmann::json::parse(answer.body);
  ASSERT_EQ(stats["services"].size(), 1u);
  EXPECT_EQ(stats["services"][0]["service"], "app");
  EXPECT_EQ(stats["tenants"][0]["profiles"], 1);
  EXPECT_EQ(Post("/anneal/v1/admin/stats", "{}").status, 405);
  EXPECT_EQ(Stats({{"Origin", "http://evil.example"}}).status, 403);
}

TEST_F(AdminCallsTest, StatsAreOfTheTenantsThatTheTokenIsFor) {
  config_.tenancy = "header";
  config_.auth_tokens = dir_.path() + "/tokens";
  ASSERT_TRUE(Fs::System()
                  .WriteFileAtomic(
                      config_.auth_tokens,
                      fmt::format("root:{0}:read,write,admin:*\nann:{0}:admin:one\nbob:{0}:read\n",
                                  kTestHash))
                  .ok());
  Start();
  for (const char* tenant : {"one", "two"}) {
    ASSERT_EQ(Post("/ingest?name=app", "main 1\n",
                   {{"Content-Type", "text/plain"},
                    {"Authorization", "Bearer root.correct horse"},
                    {"X-Scope-OrgID", tenant}})
                  .status,
              200);
  }
  const auto tenants = [&](const Fields& fields) {
    const HttpResponse answer = Stats(fields);
    if (answer.status != 200) return fmt::format("{}", answer.status);
    std::string out;
    const nlohmann::json stats = nlohmann::json::parse(answer.body);
    for (const auto& row : stats["tenants"]) {
      out += row["tenant"].get<std::string>() + " ";
    }
    return out;
  };
  const std::pair<std::string, std::string> root = {"Authorization", "Bearer root.correct horse"};
  EXPECT_EQ(tenants({root}), "one two ");
  EXPECT_EQ(tenants({root, {"X-Scope-OrgID", "two"}}), "two ");
  EXPECT_EQ(tenants({{"Authorization", "Bearer ann.correct horse"}}), "one ");
  EXPECT_EQ(tenants({{"Authorization", "Bearer bob.correct horse"}}), "403");
  EXPECT_EQ(tenants({}), "401");
}

TEST_F(AdminCallsTest, NamesStayBelowTheRoot) {
  config_.admin_loopback = "on";
  Start();
  for (std::string_view name :
       {"", ".", "..", "../x", "a/b", "/etc", ".hidden", "a b", "a\nb", "ü"}) {
    EXPECT_EQ(Backup(name).status, 400) << name;
  }
  EXPECT_EQ(Backup(std::string(101, 'a')).status, 400);
  EXPECT_EQ(Post("/anneal/v1/admin/backup", "[]").status, 400);
  EXPECT_EQ(
      Post("/anneal/v1/admin/backup", R"({"name":"a"})", {{"Content-Type", "text/plain"}}).status,
      400);
  EXPECT_TRUE(std::filesystem::is_empty(config_.admin_backup_root));
}

TEST_F(AdminCallsTest, WithoutAuthenticationTheyAreRefused) {
  Start();
  const HttpResponse refused = Backup("monday");
  EXPECT_EQ(refused.status, 403);
  EXPECT_THAT(refused.body, HasSubstr("auth.tokens"));
}

TEST_F(AdminCallsTest, PagesOfOtherSitesAreRefused) {
  config_.admin_loopback = "on";
  Start();
  EXPECT_EQ(Backup("a", {{"Origin", "http://evil.example"}}).status, 403);
  EXPECT_EQ(Backup("a", {{"Host", "evil.example:4040"}}).status, 403) << "a name of theirs";
  EXPECT_EQ(Backup("a", {{"Host", "127.0.0.1.evil.example"}}).status, 403);
  EXPECT_EQ(Backup("a", {{"Sec-Fetch-Site", "cross-site"}}).status, 403);
  EXPECT_EQ(Backup("a", {{"Host", "localhost:4040"}}).status, 200);
}

TEST_F(AdminCallsTest, WhatAProxyPassesOnIsNotOfThisMachine) {
  config_.admin_loopback = "on";
  Start();
  EXPECT_EQ(Backup("a", {{"X-Forwarded-For", "10.0.0.1"}}).status, 403);
  EXPECT_EQ(Backup("a", {{"Forwarded", "for=10.0.0.1"}}).status, 403);
  EXPECT_EQ(Backup("a").status, 200);
}

TEST_F(AdminCallsTest, WithAuthenticationTheyAskForTheRight) {
  config_.admin_loopback = "on";  // of no account then
  config_.auth_tokens = dir_.path() + "/tokens";
  ASSERT_TRUE(Fs::System()
                  .WriteFileAtomic(config_.auth_tokens,
                                   fmt::format("root:{0}:admin\nann:{0}:read,write\n", kTestHash))
                  .ok());
  Start();
  EXPECT_EQ(Backup("a").status, 401);
  EXPECT_EQ(Backup("a", {{"Authorization", "Bearer ann.correct horse"}}).status, 403);
  EXPECT_EQ(Backup("a", {{"Authorization", "Bearer root.correct horse"}}).status, 200);
}

TEST_F(AdminCallsTest, WithoutARootThereAreNone) {
  config_.admin_loopback = "on";
  config_.admin_backup_root.clear();
  Start();
  const HttpResponse refused = Backup("monday");
  EXPECT_EQ(refused.status, 400);
  EXPECT_THAT(refused.body, HasSubstr("admin.backup_root"));
}

// A profile of names that do not compress.
std::string ManyNames(uint64_t seed) {
  std::string lines;
  uint64_t state = seed;
  for (int line = 0; line < 10'000; ++line) {
    for (int word = 0; word < 4; ++word) {
      state = state * 6364136223846793005 + 1442695040888963407;
      fmt::format_to(std::back_inserter(lines), "{:016x}", state);
    }
    lines += " 1\n";
  }
  return lines;
}

class AdminDeleteTest : public AdminCallsTest {
 protected:
  void SetUp() override {
    AdminCallsTest::SetUp();
    config_.admin_loopback = "on";
  }
  void Push(std::string_view service, std::string body, Fields fields = {}) {
    fields.emplace_back("Content-Type", "text/plain");
    const HttpResponse pushed =
        Post(fmt::format("/ingest?name={}", service), std::move(body), fields);
    ASSERT_EQ(pushed.status, 200) << pushed.body;
  }
  HttpResponse Delete(const nlohmann::json& request, const Fields& fields = {}) {
    return Post("/anneal/v1/admin/delete", request.dump(), fields);
  }
  // The number of profiles of an answer; -1 when it is another.
  int Count(const HttpResponse& response) {
    EXPECT_EQ(response.status, 200) << response.body;
    return nlohmann::json::parse(response.body, nullptr, false).value("profiles", -1);
  }
  uint64_t DirectoryBytes() {
    uint64_t bytes = 0;
    std::error_code gone;  // a file may go meanwhile
    for (const auto& file : std::filesystem::directory_iterator(config_.data)) {
      const uint64_t size = file.file_size(gone);
      if (!gone) bytes += size;
    }
    return bytes;
  }
  nlohmann::json All(std::string_view query) {
    return {{"query", query}, {"from", "0"}, {"to", "now"}};
  }
};

TEST_F(AdminDeleteTest, DeletesWhatIsSelectedAndSpaceComesBack) {
  Start();
  Push("big", ManyNames(1));
  Push("small", "main 1\n");
  const uint64_t before = DirectoryBytes();
  nlohmann::json request = All("{service_name=\"big\"}");
  request["dry_run"] = true;
  const HttpResponse counted = Delete(request);
  EXPECT_EQ(Count(counted), 1);
  EXPECT_TRUE(nlohmann::json::parse(counted.body)["dry_run"]);
  EXPECT_EQ(Count(Delete(request)), 1) << "it is still there";
  request["dry_run"] = false;
  EXPECT_EQ(Count(Delete(request)), 1);
  EXPECT_EQ(Count(Delete(request)), 0);
  EXPECT_EQ(Count(Delete(All("{service_name=\"small\"}"))), 1);
  ASSERT_GT(before, 600'000u);
  // Files that nobody needs go in the background.
  for (int i = 0; i < 600 && DirectoryBytes() > before / 4; ++i) {
    Clock::System().SleepNs(kPatienceNs / 1200);
  }
  EXPECT_LT(DirectoryBytes(), before / 4);
}

TEST_F(AdminDeleteTest, WhatItDoesNotUnderstandDeletesNothing) {
  Start();
  Push("app", "main 1\n");
  nlohmann::json misspelt = All("{}"), backwards = All("{}"), other = All("{}"), odd = All("{}");
  misspelt["form"] = "now-1h";
  backwards["from"] = "now";
  backwards["to"] = "now-1h";
  other["tenant"] = "web";
  odd["dry_run"] = "yes";
  for (const nlohmann::json& request :
       {nlohmann::json::array(), nlohmann::json::object(), nlohmann::json({{"query", "{}"}}),
        All("{"), All(""), misspelt, backwards, other, odd,
        nlohmann::json({{"query", "{}"}, {"from", "yesterdayish"}, {"to", "now"}}),
        nlohmann::json({{"query", {1}}, {"from", "0"}, {"to", "now"}})}) {
    const HttpResponse refused = Delete(request);
    EXPECT_EQ(refused.status, 400) << request.dump();
    EXPECT_THAT(refused.body, HasSubstr("invalid_argument"));
  }
  EXPECT_EQ(
      Post("/anneal/v1/admin/delete", All("{}").dump(), {{"Content-Type", "text/plain"}}).status,
      400);
  EXPECT_EQ(Count(Delete(All("{}"))), 1);
}

TEST_F(AdminDeleteTest, ATokensTenantsBoundWhatItDeletes) {
  config_.tenancy = "header";
  config_.auth_tokens = dir_.path() + "/tokens";
  ASSERT_TRUE(Fs::System()
                  .WriteFileAtomic(config_.auth_tokens,
                                   fmt::format("root:{0}:write,admin:*\nann:{0}:admin:web\n"
                                               "bob:{0}:write:web\n",
                                               kTestHash))
                  .ok());
  Start();
  const std::pair<std::string, std::string> root = {"Authorization", "Bearer root.correct horse"},
                                            ann = {"Authorization", "Bearer ann.correct horse"},
                                            bob = {"Authorization", "Bearer bob.correct horse"};
  for (const char* tenant : {"web", "shop"}) {
    Push("app", "main 1\n", {root, {"X-Scope-OrgID", tenant}});
  }
  nlohmann::json shop = All("{}");
  shop["tenant"] = "shop";
  EXPECT_EQ(Delete(shop, {ann}).status, 403);
  EXPECT_EQ(Delete(All("{}"), {ann, {"X-Scope-OrgID", "shop"}}).status, 403);
  EXPECT_EQ(Delete(All("{}"), {bob}).status, 403);
  EXPECT_EQ(Delete(All("{}")).status, 401);
  EXPECT_EQ(Count(Delete(All("{}"), {ann})), 1) << "of its own tenant";
  EXPECT_EQ(Delete(All("{}"), {root}).status, 400) << "of which tenant?";
  EXPECT_EQ(Count(Delete(shop, {root})), 1);
}

}  // namespace
}  // namespace anneal
