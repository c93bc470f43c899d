// The server over TLS, by our own client and by OpenSSL's.
#include "net/tls.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "net/http.h"
#include "net/test_certificate.h"

namespace anneal {
namespace {

using ::testing::HasSubstr;

constexpr int64_t kLong = 60'000'000'000;
constexpr size_t kLarge = size_t{64} << 20;

class TlsTest : public ::testing::Test {
 protected:
  TlsTest() {
    signal(SIGPIPE, SIG_IGN);  // the clients here are OpenSSL's, which writes with write(2)
    certificate_.Write(certificate_file_, key_file_);
  }
  ~TlsTest() override {
    for (const std::string& file : {certificate_file_, key_file_}) unlink(file.c_str());
  }

  HttpServerOptions Options() const {
    HttpServerOptions options;
    options.tls_certificate_file = certificate_file_;
    options.tls_key_file = key_file_;
    return options;
  }
  void Start() {
    auto server = HttpServer::Start(Options(), [](HttpRequest request, HttpRespond respond) {
      HttpResponse response{.body = std::move(request.body)};
      response.headers.Add("X-Peer", request.peer);
      respond(std::move(response));
    });
    ASSERT_TRUE(server.ok()) << server.status().ToString();
    server_ = std::move(server).value();
  }
  std::string Url() const { return fmt::format("https://127.0.0.1:{}/", server_->port()); }
  Result<HttpResponse> Post(Http& http, std::string body) const {
    return http.Fetch({.method = "POST", .target = Url(), .body = std::move(body)}, kLong, kLarge);
  }
  int Connect() const {
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(server_->port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    return fd;
  }

  const std::string base_ = ::testing::TempDir() + "anneal_tls_" + std::to_string(getpid());
  const std::string certificate_file_ = base_ + ".pem", key_file_ = base_ + ".key";
  const TestCertificate certificate_{"IP:127.0.0.1"};
  std::unique_ptr<HttpServer> server_;
};

TEST_F(TlsTest, ServesOurClient) {
  Start();
  const auto http = Http::Create({.ca_file = certificate_file_});
  std::string body(20'000'000, '\0');
  for (size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>(i * 2654435761u >> 13);
  std::string peer;
  for (const std::string& text : {std::string("small"), body, std::string()}) {
    const Result<HttpResponse> response = Post(*http, text);
    ASSERT_TRUE(response.ok()) << response.status().ToString();
    EXPECT_TRUE(response->body == text);
    if (!peer.empty()) {
      EXPECT_EQ(response->headers.Get("X-Peer"), peer) << "kept";
    }
    peer = response->headers.Get("X-Peer");
  }
  EXPECT_EQ(Post(*Http::Create(), "x").status().code(), Code::kUnavailable) << "not trusted";
  EXPECT_EQ(Post(*Http::Create({.ca_file = key_file_ + ".none"}), "x").status().code(),
            Code::kInvalidArgument);
}

TEST_F(TlsTest, ReloadsWithoutDroppingConnections) {
  Start();
  const auto before = Http::Create({.ca_file = certificate_file_});
  const std::string peer(Post(*before, "x")->headers.Get("X-Peer"));
  const TestCertificate next("IP:127.0.0.1");
  next.Write(certificate_file_, key_file_);
  ASSERT_TRUE(server_->ReloadTls().ok());
  const Result<HttpResponse> kept = Post(*before, "x");
  ASSERT_TRUE(kept.ok()) << kept.status().ToString();
  EXPECT_EQ(kept->headers.Get("X-Peer"), peer);
  EXPECT_TRUE(Post(*Http::Create({.ca_file = certificate_file_}), "x").ok());

  std::ofstream(key_file_) << "no key";
  const Status broken = server_->ReloadTls();
  EXPECT_EQ(broken.code(), Code::kInvalidArgument);
  EXPECT_THAT(broken.message(), HasSubstr(key_file_));
  EXPECT_TRUE(Post(*Http::Create({.ca_file = certificate_file_}), "x").ok());
}

TEST_F(TlsTest, SaysWhatIsWrongWithItsFiles) {
  const auto start = [](const HttpServerOptions& options) {
    return HttpServer::Start(options, [](HttpRequest, HttpRespond) {}).status();
  };
  HttpServerOptions options = Options();
  options.tls_key_file.clear();
  EXPECT_THAT(start(options).message(), HasSubstr("both"));
  options.tls_key_file = base_ + ".none";
  EXPECT_THAT(start(options).message(), HasSubstr(base_ + ".none"));
  options = Options();
  options.tls_certificate_file = base_ + ".none";
  EXPECT_THAT(start(options).message(), HasSubstr(base_ + ".none"));
  // A key of another certificate.
  TestCertificate("IP:127.0.0.1").Write(base_ + ".2", key_file_);
  unlink((base_ + ".2").c_str());
  EXPECT_EQ(start(Options()).code(), Code::kInvalidArgument);
}

TEST_F(TlsTest, TellsPlainClients) {
  Start();
  const int fd = Connect();
  constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  ASSERT_EQ(send(fd, kGet.data(), kGet.size(), MSG_NOSIGNAL), static_cast<ssize_t>(kGet.size()));
  char buffer[1024];
  const ssize_t count = recv(fd, buffer, sizeof buffer, MSG_WAITALL);
  EXPECT_THAT(std::string(buffer, count > 0 ? static_cast<size_t>(count) : 0),
              HasSubstr("use https://"));
  close(fd);
  const Result<HttpResponse> answer = Http::Create()->Fetch(
      {.target = fmt::format("http://127.0.0.1:{}/", server_->port())}, kLong, kLarge);
  ASSERT_TRUE(answer.ok()) << answer.status().ToString();
  EXPECT_EQ(answer->status, 400);
  EXPECT_EQ(answer->body, "this port speaks TLS; use https://\n");
}

TEST_F(TlsTest, AgreesOnHttp2AndOnModernVersions) {
  Start();
  SSL_CTX* const context = SSL_CTX_new(TLS_client_method());
  constexpr unsigned char kH2[] = "\x02h2";
  SSL_CTX_set_alpn_protos(context, kH2, 3);
  for (const bool old : {false, true}) {
    const int fd = Connect();
    SSL* const ssl = SSL_new(context);
    SSL_set_fd(ssl, fd);
    if (old) {
      SSL_set_security_level(ssl, 0);
      SSL_set_min_proto_version(ssl, TLS1_VERSION);
      SSL_set_max_proto_version(ssl, TLS1_1_VERSION);
      EXPECT_NE(SSL_connect(ssl), 1);
    } else {
      ASSERT_EQ(SSL_connect(ssl), 1);
      const unsigned char* chosen = nullptr;
      unsigned size = 0;
      SSL_get0_alpn_selected(ssl, &chosen, &size);
      EXPECT_EQ(std::string(reinterpret_cast<const char*>(chosen), size), "h2");
      constexpr std::string_view kGet(
          "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
          "\0\0\0\4\0\0\0\0\0"
          "\0\0\6\1\5\0\0\0\1\x82\x87\x84\x41\x01h",
          24 + 9 + 9 + 6);
      EXPECT_EQ(SSL_write(ssl, kGet.data(), static_cast<int>(kGet.size())),
                static_cast<int>(kGet.size()));
      std::string read;
      char buffer[1024];
      // :status 200 is one byte of HPACK.
      while (read.find("\x88") == std::string::npos) {
        const int count = SSL_read(ssl, buffer, sizeof buffer);
        if (count <= 0) break;
        read.append(buffer, static_cast<size_t>(count));
      }
      EXPECT_THAT(read, HasSubstr("\x88"));
    }
    SSL_free(ssl);
    close(fd);
  }
  SSL_CTX_free(context);
}

// A connection that waits though nothing has come would keep its thread busy.
TEST_F(TlsTest, AnUnfinishedRecordIsNotPending) {
  using Outcome = TlsChannel::Outcome;
  const auto identity = TlsIdentity::Load(certificate_file_, key_file_);
  ASSERT_TRUE(identity.ok()) << identity.status().ToString();
  int fds[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
  SSL_CTX* const context = SSL_CTX_new(TLS_client_method());
  SSL* const client = SSL_new(context);
  SSL_set_fd(client, fds[0]);
  {
    TlsChannel server((*identity)->Current(), fds[1]);
    char buffer[64];
    for (int i = 0; i < 10 && SSL_connect(client) != 1; ++i) server.Read(buffer, sizeof buffer);
    ASSERT_EQ(SSL_is_init_finished(client), 1);
    EXPECT_EQ(server.Read(buffer, sizeof buffer).outcome, Outcome::kWaitRead);

    // What the client writes is caught, and sent by parts.
    BIO* const caught = BIO_new(BIO_s_mem());
    SSL_set0_wbio(client, caught);
    ASSERT_EQ(SSL_write(client, "0123456789", 10), 10);
    char* record = nullptr;
    const auto size = static_cast<size_t>(BIO_get_mem_data(caught, &record));
    for (size_t sent = 0; sent + 1 < size; ++sent) {
      ASSERT_EQ(send(fds[0], record + sent, 1, MSG_NOSIGNAL), 1);
      EXPECT_EQ(server.Read(buffer, sizeof buffer).outcome, Outcome::kWaitRead);
      EXPECT_FALSE(server.HasPending()) << sent << " of " << size;
    }
    ASSERT_EQ(send(fds[0], record + size - 1, 1, MSG_NOSIGNAL), 1);
    EXPECT_FALSE(server.HasPending()) << "the socket knows of it";
    EXPECT_EQ(server.Peek().outcome, Outcome::kMoved);
    EXPECT_TRUE(server.HasPending());
    EXPECT_EQ(server.Read(buffer, 4).bytes, 4u);
    EXPECT_TRUE(server.HasPending());
    EXPECT_EQ(server.Read(buffer, sizeof buffer).bytes, 6u);
    EXPECT_FALSE(server.HasPending());
  }
  SSL_free(client);
  SSL_CTX_free(context);
  for (const int fd : fds) close(fd);
}

}  // namespace
}  // namespace anneal
