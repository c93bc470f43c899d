// The server with authentication, over HTTP.
#include <absl/strings/escaping.h>

#include <nlohmann/json.hpp>

#include "collect/client.h"
#include "net/http.h"
#include "net/raw_client.h"
#include "server/server.h"
#include "server/token_file.h"
#include "server/token_for_test.h"
#include "store/temp_dir_for_test.h"

namespace anneal {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr int64_t kPatienceNs = 60'000'000'000;

class AuthTest : public testing::Test {
 protected:
  void SetUp() override {
    config_.listen = "127.0.0.1:0";
    config_.data = dir_.path() + "/store";
    config_.auth_tokens = dir_.path() + "/tokens";
    WriteTokens(
        fmt::format("reader:{0}:read:*\nwriter:{0}:write:*\nadmin:{0}:admin:*\n", kTestHash));
  }
  void WriteTokens(const std::string& text) {
    ASSERT_TRUE(Fs::System().WriteFileAtomic(config_.auth_tokens, text).ok());
  }
  void Start() {
    Result<std::unique_ptr<Server>> server = Server::Start({.config = config_, .version = "1.2.3"});
    ASSERT_TRUE(server.ok()) << server.status().ToString();
    server_ = std::move(server).value();
  }
  using Fields = std::vector<std::pair<std::string, std::string>>;
  HttpResponse Call(std::string_view method, std::string_view path, const Fields& fields = {},
                    std::string body = "") {
    HttpRequest request{.method = std::string(method),
                        .target = fmt::format("http://{}{}", server_->address(), path)};
    for (const auto& [name, value] : fields) request.headers.Add(name, value);
    request.body = std::move(body);
    Result<HttpResponse> response = http_->Fetch(request, kPatienceNs, size_t{64} << 20);
    EXPECT_TRUE(response.ok()) << response.status().ToString();
    return response.ok() ? *response : HttpResponse{.status = 0};
  }
  int StatusOf(std::string_view method, std::string_view path, std::string_view name,
               const Fields& more = {}, std::string body = "") {
    Fields fields = more;
    fields.emplace_back("Authorization", fmt::format("Bearer {}.correct horse", name));
    return Call(method, path, fields, std::move(body)).status;
  }
  // A call that reads; JSON.
  int Types(const Fields& fields) {
    Fields all = fields;
    all.emplace_back("Content-Type", "application/json");
    return Call("POST", "/querier.v1.QuerierService/ProfileTypes", all, "{}").status;
  }

  TempDir dir_;
  ServerConfig config_;
  std::unique_ptr<Http> http_ = Http::Create();
  std::unique_ptr<Server> server_;
};

TEST_F(AuthTest, AsksForRights) {
  Start();
  for (std::string_view path : {"/ready", "/healthz", "/", "/anneal/v1/session", "/nothing"}) {
    EXPECT_NE(Call("GET", path).status, 401) << path;
  }
  for (std::string_view path : {"/metrics", "/api/v1/status/buildinfo"}) {
    const HttpResponse response = Call("GET", path);
    EXPECT_EQ(response.status, 401) << path;
    EXPECT_EQ(nlohmann::json::parse(response.body)["code"], "unauthenticated");
    EXPECT_THAT(response.headers.Get("WWW-Authenticate"), HasSubstr("Bearer"));
    EXPECT_EQ(StatusOf("GET", path, "reader"), 200) << path;
    EXPECT_EQ(StatusOf("GET", path, "writer"), 403) << path;
  }
  EXPECT_EQ(StatusOf("POST", "/ingest?name=app", "reader", {}, "main 1"), 403);
  EXPECT_EQ(StatusOf("POST", "/ingest?name=app", "writer", {}, "main 1"), 200);
  EXPECT_EQ(Call("POST", "/ingest?name=app", {}, "main 1").status, 401);
  EXPECT_EQ(StatusOf("DELETE", "/anneal/v1/services/app/records/1", "reader"), 403);
  EXPECT_EQ(StatusOf("DELETE", "/anneal/v1/services/app/records/1", "writer"), 403);
  EXPECT_EQ(Types({{"Authorization", "Basic " + absl::Base64Escape("reader:correct horse")}}), 200);
  EXPECT_EQ(Types({{"Authorization", "Basic " + absl::Base64Escape("reader:wrong horse")}}), 401);
  EXPECT_EQ(Types({}), 401);
  EXPECT_THAT(Call("GET", "/metrics", {{"Authorization", "Bearer reader.correct horse"}}).body,
              HasSubstr("anneal_auth_failures_total"));
}

TEST_F(AuthTest, GuessesDoNotHoldUpThoseWhoAreKnown) {
  config_.worker_threads = 1;
  // A hash that takes long.
  WriteTokens(fmt::format("reader:{}:read:*\nslow:$2y$12{}:read:*\n", kTestHash,
                          std::string_view(kTestHash).substr(6)));
  Start();
  EXPECT_EQ(StatusOf("GET", "/metrics", "reader"), 200);
  constexpr int kGuesses = 4;
  const auto port = static_cast<uint16_t>(
      std::stoi(server_->address().substr(server_->address().rfind(':') + 1)));
  std::vector<std::unique_ptr<RawClient>> guessers;
  for (int i = 0; i < kGuesses; ++i) {
    guessers.push_back(std::make_unique<RawClient>(port));
    if (i % 2 == 0) {
      guessers.back()->Send(fmt::format(
          "GET /metrics HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer slow.{}\r\n\r\n", i));
    } else {
      const std::string body = fmt::format(R"({{"token":"slow.{}"}})", i);
      guessers.back()->Send(fmt::format(
          "POST /anneal/v1/login HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
          "Content-Length: {}\r\n\r\n{}",
          body.size(), body));
    }
  }
  const HttpResponse metrics =
      Call("GET", "/metrics", {{"Authorization", "Bearer reader.correct horse"}});
  EXPECT_EQ(metrics.status, 200);
  EXPECT_THAT(
      metrics.body,
      Not(HasSubstr(fmt::format("anneal_auth_failures_total{{reason=\"wrong\"}} {}", kGuesses))))
      << "answered behind all guesses";
  for (const auto& guesser : guessers) EXPECT_EQ(guesser->ReadResponse().status, 401);
}

TEST_F(AuthTest, ClientsOfOurOwnComeIn) {
  Start();
  ServerAddress server{.url = "http://" + server_->address(), .token = "reader.correct horse"};
  EXPECT_TRUE(ProfileClient(*http_, server).ProfileTypes({.start_ms = 1, .end_ms = 2}).ok());
  server.token.clear();
  EXPECT_EQ(
      ProfileClient(*http_, server).ProfileTypes({.start_ms = 1, .end_ms = 2}).status().code(),
      Code::kUnauthenticated);
}

TEST_F(AuthTest, MetricsCanBeOpen) {
  config_.auth_metrics = "open";
  Start();
  EXPECT_EQ(Call("GET", "/metrics").status, 200);
}

TEST_F(AuthTest, ReloadsTokens) {
  Start();
  ASSERT_EQ(StatusOf("GET", "/metrics", "reader"), 200);
  WriteTokens("reader:no hash at all:read\n");
  EXPECT_FALSE(server_->Reload().ok());
  EXPECT_EQ(StatusOf("GET", "/metrics", "reader"), 200);
  WriteTokens(fmt::format("other:{0}:read\n", kTestHash));
  EXPECT_TRUE(server_->Reload().ok());
  EXPECT_EQ(StatusOf("GET", "/metrics", "reader"), 401);
  EXPECT_EQ(StatusOf("GET", "/metrics", "other"), 200);
}

TEST_F(AuthTest, DoesNotStartWithABadFile) {
  WriteTokens("reader:hunter2:read\n");
  const Status status = Server::Start({.config = config_}).status();
  EXPECT_EQ(status.code(), Code::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr("tokens: line 1"));
  EXPECT_THAT(status.message(), Not(HasSubstr("hunter2")));
}

TEST_F(AuthTest, TokensAreBoundToTenants) {
  config_.tenancy = "header";
  WriteTokens(
      fmt::format("shop:{0}:read,write:shop\nboth:{0}:read,write:blog|shop\n"
                  "any:{0}:read,write:*\n",
                  kTestHash));
  Start();
  struct Row {
    std::string_view name;
    std::string asked;  // empty: no header
    int read, write;
  };
  for (const Row& row : {
           Row{"shop", "", 200, 200},
           Row{"shop", "shop", 200, 200},
           Row{"shop", "blog", 403, 403},
           Row{"shop", "shop|blog", 403, 403},
           Row{"both", "blog", 200, 200},
           Row{"both", "", 200, 400},
           Row{"both", "shop|blog", 200, 400},
           Row{"both", "shop|other", 403, 403},
           Row{"both", "other", 403, 403},
           Row{"any", "", 401, 401},
           Row{"any", "other", 200, 200},
           Row{"any", "a/b", 400, 400},
       }) {
    Fields fields = {{"Content-Type", "application/json"}};
    if (!row.asked.empty()) fields.emplace_back("X-Scope-OrgID", row.asked);
    EXPECT_EQ(StatusOf("POST", "/querier.v1.QuerierService/ProfileTypes", row.name, fields, "{}"),
              row.read)
        << row.name << " for " << row.asked;
    fields[0].second = "text/plain";
    EXPECT_EQ(StatusOf("POST", "/ingest?name=app", row.name, fields, "main 1"), row.write)
        << row.name << " for " << row.asked;
  }
}

TEST_F(AuthTest, PagesLogIn) {
  Start();
  const auto session = [&](const Fields& fields) {
    return nlohmann::json::parse(Call("GET", "/anneal/v1/session", fields).body);
  };
  nlohmann::json before = session({});
  EXPECT_EQ(before["auth"], "token");
  EXPECT_EQ(before["authenticated"], false);
  EXPECT_TRUE(before["rights"].empty());
  EXPECT_EQ(before["version"], "1.2.3");

  const Fields json = {{"Content-Type", "application/json"}};
  const std::string body = R"({"token":"reader.correct horse"})";
  EXPECT_EQ(Call("POST", "/anneal/v1/login", json, R"({"token":"reader.wrong"})").status, 401);
  EXPECT_EQ(Call("POST", "/anneal/v1/login", json, "{}").status, 400);
  EXPECT_EQ(Call("POST", "/anneal/v1/login", json, "[").status, 400);
  EXPECT_EQ(Call("POST", "/anneal/v1/login", {{"Content-Type", "text/plain"}}, body).status, 400);
  EXPECT_EQ(Call("GET", "/anneal/v1/login").status, 405);
  EXPECT_EQ(Call("POST", "/anneal/v1/login",
                 {{"Content-Type", "application/json"}, {"Origin", "http://evil.example"}}, body)
                .status,
            403);
  const HttpResponse login = Call("POST", "/anneal/v1/login", json, body);
  ASSERT_EQ(login.status, 200) << login.body;
  EXPECT_EQ(nlohmann::json::parse(login.body)["authenticated"], true);
  const std::string cookie(login.headers.Get("Set-Cookie"));
  for (std::string_view part : {"HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=43200"}) {
    EXPECT_THAT(cookie, HasSubstr(part));
  }
  EXPECT_THAT(cookie, Not(HasSubstr("horse")));

  const std::string pair = cookie.substr(0, cookie.find(';'));
  const std::string own = "http://" + server_->address();
  EXPECT_EQ(session({{"Cookie", pair}})["name"], "reader");
  EXPECT_EQ(session({{"Cookie", pair}})["rights"], nlohmann::json({"read"}));
  EXPECT_EQ(Types({{"Cookie", pair}, {"Origin", own}}), 200);
  EXPECT_EQ(Types({{"Cookie", pair}, {"Origin", "http://evil.example"}}), 403);
  EXPECT_EQ(Types({{"Cookie", pair}, {"Sec-Fetch-Site", "cross-site"}}), 403);
  EXPECT_EQ(Call("POST", "/anneal/v1/logout", {{"Cookie", pair}}).status, 200);
  EXPECT_EQ(Types({{"Cookie", pair}, {"Origin", own}}), 401);
  EXPECT_EQ(session({{"Cookie", pair}})["authenticated"], false);
}

TEST_F(AuthTest, OffThereIsNothingToLogInTo) {
  config_.auth_tokens.clear();
  Start();
  const nlohmann::json session = nlohmann::json::parse(Call("GET", "/anneal/v1/session").body);
  EXPECT_EQ(session["auth"], "none");
  EXPECT_EQ(session["authenticated"], true);
  EXPECT_EQ(session["tenant"], "anonymous");
  EXPECT_EQ(session["maxNodes"], config_.limits.max_flame_nodes);
  EXPECT_EQ(session["rights"], nlohmann::json({"read", "write"}));
  EXPECT_EQ(
      Call("POST", "/anneal/v1/login", {{"Content-Type", "application/json"}}, R"({"token":"a.b"})")
          .status,
      400);
  EXPECT_EQ(Types({}), 200);
}

}  // namespace
}  // namespace anneal
