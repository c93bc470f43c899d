// Admin calls over HTTP.
#include "server/admin_calls.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "server/server.h"
#include "store/embedded.h"
#include "store/temp_dir_for_test.h"

namespace anneal {
namespace {

using ::testing::HasSubstr;

constexpr int64_t kPatienceNs = 60'000'000'000;
// Of "correct horse", at the least cost.
constexpr char kHash[] = "$2y$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e";

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
  EXPECT_EQ(Backup("a", {{"Sec-Fetch-Site", "cross-site"}}).status, 403);
  EXPECT_EQ(Backup("a", {{"Host", "localhost:4040"}}).status, 200);
}

TEST_F(AdminCallsTest, WithAuthenticationTheyAskForTheRight) {
  config_.admin_loopback = "on";  // of no account then
  config_.auth_tokens = dir_.path() + "/tokens";
  ASSERT_TRUE(Fs::System()
                  .WriteFileAtomic(config_.auth_tokens,
                                   fmt::format("root:{0}:admin\nann:{0}:read,write\n", kHash))
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

}  // namespace
}  // namespace anneal
