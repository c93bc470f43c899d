// The server over TLS: pages, login, reload, and what the doctor says of it.
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "net/http.h"
#include "net/test_certificate.h"
#include "server/certificate.h"
#include "server/checkup.h"
#include "server/server.h"
#include "server/token_for_test.h"
#include "store/temp_dir_for_test.h"

namespace anneal {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using Verdict = Check::Verdict;

constexpr int64_t kPatienceNs = 60'000'000'000;

class ServerTlsTest : public testing::Test {
 protected:
  void SetUp() override {
    config_.listen = "127.0.0.1:0";
    config_.data = dir_.path() + "/store";
    config_.tls_cert = dir_.path() + "/cert.pem";
    config_.tls_key = dir_.path() + "/key.pem";
    certificate_.Write(config_.tls_cert, config_.tls_key);
    ASSERT_EQ(chmod(config_.tls_key.c_str(), 0600), 0);
  }
  void Start() {
    Result<std::unique_ptr<Server>> server = Server::Start({.config = config_, .version = "1.2.3"});
    ASSERT_TRUE(server.ok()) << server.status().ToString();
    server_ = std::move(server).value();
  }
  // A GET by a new connection of somebody who trusts the certificates of that file alone.
  Result<HttpResponse> Get(const std::string& ca_file, std::string_view path = "/healthz") {
    const std::unique_ptr<Http> http = Http::Create();
    TRY(http->Trust(ca_file));
    return http->Fetch({.target = server_->url() + std::string(path)}, kPatienceNs, 1 << 20);
  }
  Check Doctor(std::string_view name) {
    const std::unique_ptr<Http> http = Http::Create();
    for (Check& check : RunChecks(config_, Fs::System(), Process::System(), *http)) {
      if (check.name == name) return check;
    }
    ADD_FAILURE() << "no check " << name;
    return {};
  }

  TempDir dir_;
  ServerConfig config_;
  const TestCertificate certificate_{"IP:127.0.0.1"};
  std::unique_ptr<Server> server_;
};

TEST_F(ServerTlsTest, AnswersByHttpsAlone) {
  Start();
  EXPECT_THAT(server_->url(), StartsWith("https://127.0.0.1:"));
  const Result<HttpResponse> front = Get(config_.tls_cert, "/");
  ASSERT_TRUE(front.ok()) << front.status().ToString();
  EXPECT_THAT(front->body, HasSubstr("--url=" + server_->url() + " "));
  EXPECT_THAT(front->body, Not(HasSubstr("http://")));

  const std::unique_ptr<Http> stranger = Http::Create();
  EXPECT_FALSE(stranger->Fetch({.target = server_->url()}, kPatienceNs, 1 << 20).ok())
      << "a certificate that nobody signed";
  EXPECT_EQ(stranger->Trust(config_.tls_cert).code(), Code::kFailedPrecondition) << "too late";
  const Result<HttpResponse> plain =
      stranger->Fetch({.target = "http://" + server_->address()}, kPatienceNs, 1 << 20);
  EXPECT_FALSE(plain.ok() && plain->status == 200);
}

TEST_F(ServerTlsTest, ReloadTakesANewCertificateAndKeepsTheOldForABadOne) {
  Start();
  const std::string old_cert = dir_.path() + "/old.pem", old_key = dir_.path() + "/old.key";
  certificate_.Write(old_cert, old_key);
  ASSERT_TRUE(Get(old_cert).ok());

  const TestCertificate next("IP:127.0.0.1");
  next.Write(config_.tls_cert, config_.tls_key);
  EXPECT_TRUE(Get(old_cert).ok()) << "not before the reload";
  ASSERT_TRUE(server_->Reload().ok());
  EXPECT_TRUE(Get(config_.tls_cert).ok());
  EXPECT_FALSE(Get(old_cert).ok());

  const std::string good = dir_.path() + "/good.pem";
  next.Write(good, dir_.path() + "/good.key");
  struct Row {
    std::string file, text, message;
  };
  for (const Row& row : {Row{config_.tls_cert, "no certificate", config_.tls_cert},
                         Row{config_.tls_key, "no key", config_.tls_key}}) {
    next.Write(config_.tls_cert, config_.tls_key);
    std::ofstream(row.file) << row.text;
    const Status status = server_->Reload();
    EXPECT_EQ(status.code(), Code::kInvalidArgument) << row.text;
    EXPECT_THAT(status.message(), AllOf(HasSubstr("tls."), HasSubstr(row.message)));
    EXPECT_TRUE(Get(good).ok()) << row.text;
  }
  certificate_.Write(old_cert, config_.tls_key);
  next.Write(config_.tls_cert, dir_.path() + "/unused.key");
  EXPECT_FALSE(server_->Reload().ok()) << "the key of another";
  ASSERT_EQ(unlink(config_.tls_key.c_str()), 0);
  EXPECT_THAT(server_->Reload().message(), HasSubstr("tls.key"));
  EXPECT_TRUE(Get(good).ok());
  EXPECT_THAT(Get(good, "/metrics")->body,
              AllOf(HasSubstr("anneal_reloads_total{result=\"ok\"} 1"),
                    HasSubstr("anneal_reloads_total{result=\"failed\"} 4")));
}

TEST_F(ServerTlsTest, ABadTokenFileDoesNotKeepACertificateOut) {
  config_.auth_tokens = dir_.path() + "/tokens";
  std::ofstream(config_.auth_tokens) << fmt::format("reader:{}:read\n", kTestHash);
  Start();
  std::ofstream(config_.auth_tokens) << "reader:no hash:read\n";
  TestCertificate("IP:127.0.0.1").Write(config_.tls_cert, config_.tls_key);
  EXPECT_FALSE(server_->Reload().ok());
  EXPECT_TRUE(Get(config_.tls_cert).ok());
}

TEST_F(ServerTlsTest, SendsTheLoginByTlsAlone) {
  config_.auth_tokens = dir_.path() + "/tokens";
  std::ofstream(config_.auth_tokens) << fmt::format("reader:{}:read\n", kTestHash);
  for (const bool tls : {true, false}) {
    const std::string ca_file = config_.tls_cert;
    if (!tls) {
      config_.tls_cert.clear();
      config_.tls_key.clear();
    }
    Start();
    HttpRequest request{.method = "POST", .target = server_->url() + "/anneal/v1/login"};
    request.headers.Add("Content-Type", "application/json");
    request.body = R"({"token":"reader.correct horse"})";
    const std::unique_ptr<Http> http = Http::Create({.ca_file = ca_file});
    const Result<HttpResponse> login = http->Fetch(request, kPatienceNs, 1 << 20);
    ASSERT_TRUE(login.ok()) << login.status().ToString();
    ASSERT_EQ(login->status, 200) << login->body;
    const std::string cookie(login->headers.Get("Set-Cookie"));
    EXPECT_EQ(cookie.find("; Secure") != std::string::npos, tls) << cookie;
    server_.reset();
  }
}

TEST_F(ServerTlsTest, DoesNotStartWithBadFiles) {
  std::ofstream(config_.tls_key) << "no key";
  EXPECT_THAT(Server::Start({.config = config_}).status().message(), HasSubstr(config_.tls_key));
  config_.tls_cert = dir_.path() + "/none.pem";
  const Status status = Server::Start({.config = config_}).status();
  EXPECT_EQ(status.code(), Code::kInvalidArgument);
  EXPECT_THAT(status.message(), AllOf(HasSubstr("tls.cert"), HasSubstr(config_.tls_cert)));
}

TEST_F(ServerTlsTest, TheDoctorLooksAtIt) {
  // The certificate of tests ends within the hour.
  Check check = Doctor("tls");
  EXPECT_EQ(check.verdict, Verdict::kWarning);
  EXPECT_THAT(check.found, AllOf(HasSubstr("https://127.0.0.1:0"), HasSubstr(config_.tls_cert)));
  EXPECT_THAT(check.advice, HasSubstr("SIGHUP"));

  Start();
  config_.listen = server_->address();
  check = Doctor("port");
  EXPECT_EQ(check.verdict, Verdict::kOk) << check.found;
  EXPECT_THAT(check.found, HasSubstr("https"));

  std::ofstream(config_.tls_key) << "no key";
  check = Doctor("tls");
  EXPECT_EQ(check.verdict, Verdict::kFailed);
  EXPECT_THAT(check.found, HasSubstr(config_.tls_key));

  config_.tls_cert.clear();
  config_.tls_key.clear();
  EXPECT_EQ(Doctor("tls").verdict, Verdict::kOk);
  config_.listen = ":0";
  EXPECT_EQ(Doctor("tls").verdict, Verdict::kWarning);
}

TEST(Certificate, ShowsDays) {
  EXPECT_EQ(ShowDay(0), "1970-01-01");
  EXPECT_EQ(ShowDay(1'795'824'000'000'000'000), "2026-11-28");
}

}  // namespace
}  // namespace anneal
