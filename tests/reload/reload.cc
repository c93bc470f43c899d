// SIGHUP to a server that speaks TLS and asks for tokens: both are read anew, connections stay, and
// broken files leave what was in force.
#include <sys/stat.h>

#include <fstream>

#include "base/clock.h"
#include "net/http.h"
#include "net/test_certificate.h"
#include "server/token_for_test.h"
#include "store/temp_dir_for_test.h"
#include "tests/running_server.h"

namespace anneal {
namespace {

using ::testing::HasSubstr;

constexpr int64_t kPatienceNs = 60'000'000'000;

class Reload : public testing::Test {
 protected:
  void SetUp() override {
    first_.Write(cert_, key_);
    first_.Write(Path("first.pem"), Path("first.key"));
    second_.Write(Path("second.pem"), Path("second.key"));
    ASSERT_EQ(chmod(key_.c_str(), 0600), 0);
    WriteTokens(fmt::format("old:{}:read\n", kTestHash));
    server_ = RunningServer::Start(
        Path("store"), {"--tls-cert", cert_, "--tls-key", key_, "--auth-tokens", Path("tokens")});
    ASSERT_NE(server_, nullptr);
  }

  std::string Path(std::string_view name) const {
    return directory_.path() + "/" + std::string(name);
  }
  void WriteTokens(const std::string& text) { std::ofstream(Path("tokens")) << text; }
  std::unique_ptr<Http> Trusting(std::string_view certificate) const {
    auto http = Http::Create();
    EXPECT_TRUE(http->Trust(Path(certificate)).ok());
    return http;
  }
  // The status of what asks for the right to read, as that user; 0 when no connection came about.
  int Ask(Http& http, const std::string& token) const {
    HttpRequest request{.target = server_->url() + "/metrics"};
    request.headers.Add("Authorization", "Bearer " + token);
    const Result<HttpResponse> response = http.Fetch(request, kPatienceNs, 1 << 20);
    return response.ok() ? response->status : 0;
  }
  // Sends SIGHUP and waits until the log says so once more.
  void HangUp(std::string_view says) {
    const size_t before = Count(says);
    server_->Signal(SIGHUP);
    for (int i = 0; i < 6'000 && Count(says) == before; ++i) {
      Clock::System().SleepNs(10'000'000);
    }
    ASSERT_GT(Count(says), before) << says << "\n" << server_->Log();
  }
  size_t Count(std::string_view text) const {
    const std::string log = server_->Log();
    size_t count = 0;
    for (size_t at = log.find(text); at != log.npos; at = log.find(text, at + 1)) ++count;
    return count;
  }

  const TempDir directory_;
  const std::string cert_ = Path("cert.pem"), key_ = Path("key.pem");
  const TestCertificate first_{"IP:127.0.0.1"}, second_{"IP:127.0.0.1"};
  std::unique_ptr<RunningServer> server_;
};

TEST_F(Reload, TakesNewFilesKeepsConnectionsAndOutlivesBrokenOnes) {
  const std::string old_token = "old.correct horse", new_token = "new.correct horse";
  // Trusts the first certificate alone: it is answered as long as its connection is open.
  const std::unique_ptr<Http> early = Trusting("first.pem");
  EXPECT_EQ(Ask(*early, old_token), 200);
  EXPECT_EQ(Ask(*early, new_token), 401);

  second_.Write(cert_, key_);
  WriteTokens(fmt::format("new:{}:read\n", kTestHash));
  HangUp("certificate read");
  // The log has it a moment before new connections do.
  for (int i = 0; i < 6'000 && Ask(*Trusting("second.pem"), new_token) != 200; ++i) {
    Clock::System().SleepNs(10'000'000);
  }
  EXPECT_EQ(Ask(*early, new_token), 200) << "by the connection of before";
  EXPECT_EQ(Ask(*early, old_token), 401) << "which has the new tokens all the same";
  EXPECT_EQ(Ask(*Trusting("second.pem"), new_token), 200);
  EXPECT_EQ(Ask(*Trusting("first.pem"), new_token), 0) << "new connections have the new one";

  WriteTokens("new:no hash:read\n");
  std::ofstream(cert_) << "no certificate";
  HangUp("the certificate is bad");
  EXPECT_THAT(server_->Log(), HasSubstr("level=error msg=\"the token file is bad"));
  EXPECT_THAT(server_->Log(), HasSubstr("level=error msg=\"the certificate is bad"));
  EXPECT_EQ(Ask(*early, new_token), 200);
  EXPECT_EQ(Ask(*Trusting("second.pem"), new_token), 200);
  server_->End();
}

}  // namespace
}  // namespace anneal
