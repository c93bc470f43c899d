#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "base/metrics.h"
#include "net/http.h"
#include "net/test_certificate.h"

namespace anneal {
namespace {

using ::testing::HasSubstr;

constexpr int64_t kLong = 60'000'000'000;
constexpr size_t kLarge = size_t{64} << 20;

// A server for one connection at a time, which answers by rote: the test says what bytes go out
// once a request's head has come in, and whether the connection closes then.
class RoteServer {
 public:
  RoteServer(std::string answer, int answers_per_connection)
      : answer_(std::move(answer)), answers_per_connection_(answers_per_connection) {
    listener_ = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    EXPECT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&address), length), 0);
    EXPECT_EQ(listen(listener_, 16), 0);
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { Run(); });
  }
  ~RoteServer() {
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    close(listener_);
  }
  std::string Url(std::string_view path = "/") const {
    return fmt::format("http://127.0.0.1:{}{}", port_, path);
  }
  int connections() const { return connections_; }

 private:
  void Run() {
    for (;;) {
      const int fd = accept(listener_, nullptr, nullptr);
      if (fd < 0) return;
      ++connections_;
      for (int i = 0; i < answers_per_connection_ && ReadHead(fd); ++i) {
        send(fd, answer_.data(), answer_.size(), MSG_NOSIGNAL);
      }
      close(fd);
    }
  }
  static bool ReadHead(int fd) {
    std::string text;
    char c = 0;
    while (!text.ends_with("\r\n\r\n")) {
      if (recv(fd, &c, 1, 0) != 1) return false;
      text.push_back(c);
    }
    return true;
  }

  const std::string answer_;
  const int answers_per_connection_;
  int listener_ = -1;
  uint16_t port_ = 0;
  std::atomic<int> connections_{0};
  std::thread thread_;
};

std::unique_ptr<HttpServer> Serve(HttpHandler handler, Metrics* metrics = nullptr) {
  HttpServerOptions options;
  options.metrics = metrics;
  auto server = HttpServer::Start(options, std::move(handler));
  EXPECT_TRUE(server.ok());
  return std::move(server).value();
}

std::string UrlOf(const HttpServer& server, std::string_view path = "/") {
  return fmt::format("http://localhost:{}{}", server.port(), path);
}

TEST(HttpClient, SendsAndReceives) {
  auto server = Serve([](HttpRequest request, HttpRespond respond) {
    HttpResponse response{.status = 418};
    response.headers.Add("X-Host", std::string(request.headers.Get("Host")));
    response.headers.Add("X-Target", request.target);
    response.headers.Add("X-Mine", std::string(request.headers.Get("x-mine")));
    response.headers.Add("X-Method", request.method);
    response.body = std::move(request.body);
    respond(std::move(response));
  });
  auto http = Http::Create();
  HttpRequest request{.method = "PUT", .target = UrlOf(*server, "/a?b=c"), .body = "body"};
  request.headers.Add("X-Mine", "yes");
  Result<HttpResponse> response = http->Fetch(request, kLong, kLarge);
  ASSERT_TRUE(response.ok()) << response.status().ToString();
  EXPECT_EQ(response->status, 418);
  EXPECT_EQ(response->body, "body");
  EXPECT_EQ(response->headers.Get("x-host"), fmt::format("localhost:{}", server->port()));
  EXPECT_EQ(response->headers.Get("x-target"), "/a?b=c");
  EXPECT_EQ(response->headers.Get("x-mine"), "yes");
  EXPECT_EQ(response->headers.Get("x-method"), "PUT");
}

TEST(HttpClient, KeepsConnectionsAndTakesThemAgain) {
  Metrics metrics;
  auto server = Serve([](HttpRequest, HttpRespond respond) { respond({.body = "x"}); }, &metrics);
  auto http = Http::Create();
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(http->Fetch({.target = UrlOf(*server)}, kLong, kLarge).ok());
  }
  EXPECT_EQ(metrics.GetGauge("anneal_http_connections", "").Value(), 1);
}

TEST(HttpClient, ServesManyThreads) {
  auto server = Serve(
      [](HttpRequest request, HttpRespond respond) { respond({.body = std::move(request.body)}); });
  auto http = Http::Create();
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) {
        const std::string body(static_cast<size_t>(t * 1000 + i), 'x');
        Result<HttpResponse> response =
            http->Fetch({.method = "POST", .target = UrlOf(*server), .body = body}, kLong, kLarge);
        ASSERT_TRUE(response.ok()) << response.status().ToString();
        EXPECT_EQ(response->body, body);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(HttpClient, LargeBodiesBothWays) {
  auto server = Serve(
      [](HttpRequest request, HttpRespond respond) { respond({.body = std::move(request.body)}); });
  std::string body(20'000'000, '\0');
  for (size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>(i * 2654435761u >> 13);
  Result<HttpResponse> response = Http::Create()->Fetch(
      {.method = "POST", .target = UrlOf(*server), .body = body}, kLong, kLarge);
  ASSERT_TRUE(response.ok()) << response.status().ToString();
  EXPECT_TRUE(response->body == body);
}

TEST(HttpClient, ReadsEveryFraming) {
  struct Row {
    std::string_view answer, body;
    int status;
    std::string method = "GET";
  };
  for (const Row& row :
       {Row{"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", "hi", 200},
        Row{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", "hi", 200},
        Row{"HTTP/1.1 200 OK\r\n\r\nhi", "hi", 200}, Row{"HTTP/1.0 200 OK\r\n\r\n", "", 200},
        Row{"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 C\r\nContent-Length: 1\r\n\r\nx", "x", 201},
        Row{"HTTP/1.1 204 No Content\r\n\r\n", "", 204},
        Row{"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n", "", 302},
        Row{"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n", "", 200, "HEAD"}}) {
    RoteServer server(std::string(row.answer), 1);
    Result<HttpResponse> response =
        Http::Create()->Fetch({.method = row.method, .target = server.Url()}, kLong, kLarge);
    ASSERT_TRUE(response.ok()) << row.answer << response.status().ToString();
    EXPECT_EQ(response->status, row.status);
    EXPECT_EQ(response->body, row.body);
  }
}

TEST(HttpClient, RefusesBrokenAnswers) {
  struct Row {
    std::string_view answer;
    Code code;
  };
  for (const Row& row :
       {Row{"", Code::kUnavailable}, Row{"nonsense\r\n\r\n", Code::kUnavailable},
        Row{"HTTP/1.1 200 OK\r\nContent-Le", Code::kUnavailable},
        Row{"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi", Code::kUnavailable},
        Row{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n", Code::kUnavailable},
        Row{"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n12345678901", Code::kResourceExhausted},
        Row{"HTTP/1.1 200 OK\r\n\r\n12345678901", Code::kResourceExhausted}}) {
    RoteServer server(std::string(row.answer), 1);
    const Status status = Http::Create()->Fetch({.target = server.Url("/p")}, kLong, 10).status();
    EXPECT_EQ(status.code(), row.code) << row.answer << status.ToString();
    EXPECT_THAT(status.message(), HasSubstr(server.Url("/p")));
  }
}

// A server that closes kept connections without saying so costs a GET nothing.
TEST(HttpClient, SurvivesConnectionsClosedMeanwhile) {
  RoteServer server("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", 1);
  auto http = Http::Create();
  for (int i = 0; i < 20; ++i) {
    Result<HttpResponse> response = http->Fetch({.target = server.Url()}, kLong, kLarge);
    ASSERT_TRUE(response.ok()) << response.status().ToString();
  }
  EXPECT_EQ(server.connections(), 20);
}

TEST(HttpClient, CancelEndsCallsInFlightAndLaterOnes) {
  std::atomic<int> asked{0};
  std::vector<HttpRespond> kept;
  auto server = Serve([&](HttpRequest, HttpRespond respond) {
    kept.push_back(std::move(respond));
    ++asked;
  });
  auto http = Http::Create();
  Status in_flight;
  std::thread caller(
      [&] { in_flight = http->Fetch({.target = UrlOf(*server)}, kLong, kLarge).status(); });
  while (asked == 0) std::this_thread::yield();
  http->Cancel();
  caller.join();
  EXPECT_EQ(in_flight.code(), Code::kCanceled);
  EXPECT_EQ(http->Fetch({.target = UrlOf(*server)}, kLong, kLarge).status().code(),
            Code::kCanceled);
  EXPECT_EQ(asked, 1);
}

TEST(HttpClient, GivesUpAtTheDeadline) {
  std::vector<HttpRespond> kept;
  auto server =
      Serve([&](HttpRequest, HttpRespond respond) { kept.push_back(std::move(respond)); });
  auto http = Http::Create();
  const Status status = http->Fetch({.target = UrlOf(*server)}, 20'000'000, kLarge).status();
  EXPECT_EQ(status.code(), Code::kDeadlineExceeded);
  server->Shutdown(0);
  kept.clear();
}

TEST(HttpClient, SaysThatNobodyListens) {
  uint16_t port = 0;
  {
    port = Serve([](HttpRequest, HttpRespond respond) { respond({}); })->port();
  }
  const std::string url = fmt::format("http://127.0.0.1:{}/", port);
  const Status status = Http::Create()->Fetch({.target = url}, kLong, kLarge).status();
  EXPECT_EQ(status.code(), Code::kUnavailable);
  EXPECT_THAT(status.message(), HasSubstr(url));
  EXPECT_THAT(status.message(), HasSubstr("refused"));
}

// --- TLS -----------------------------------------------------------------------------------

// Answers "secret" over TLS, one connection after the other; notes the server name asked for.
class TlsServer {
 public:
  explicit TlsServer(const TestCertificate& certificate)
      : context_(SSL_CTX_new(TLS_server_method())) {
    SSL_CTX_use_certificate(context_, certificate.certificate);
    SSL_CTX_use_PrivateKey(context_, certificate.key);
    listener_ = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    EXPECT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&address), length), 0);
    EXPECT_EQ(listen(listener_, 16), 0);
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] {
      for (int fd; (fd = accept(listener_, nullptr, nullptr)) >= 0; close(fd)) Talk(fd);
    });
  }
  ~TlsServer() {
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    close(listener_);
    SSL_CTX_free(context_);
  }
  uint16_t port() const { return port_; }
  std::string server_name() const { return server_name_; }

 private:
  void Talk(int fd) {
    SSL* ssl = SSL_new(context_);
    SSL_set_fd(ssl, fd);
    if (SSL_accept(ssl) == 1) {
      const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
      server_name_ = name ? name : "";
      char buffer[4096];
      SSL_read(ssl, buffer, sizeof buffer);
      constexpr std::string_view kAnswer =
          "HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nsecret";
      SSL_write(ssl, kAnswer.data(), static_cast<int>(kAnswer.size()));
      SSL_shutdown(ssl);
    }
    SSL_free(ssl);
  }

  SSL_CTX* const context_;
  int listener_ = -1;
  uint16_t port_ = 0;
  std::string server_name_;
  std::thread thread_;
};

TEST(HttpClient, VerifiesCertificates) {
  signal(SIGPIPE, SIG_IGN);  // OpenSSL writes with write(2); clients here leave early
  const TestCertificate good("DNS:localhost");
  const TestCertificate other("DNS:elsewhere.example");
  const std::filesystem::path file =
      std::filesystem::temp_directory_path() / fmt::format("anneal-ca-{}.pem", getpid());
  FILE* out = fopen(file.c_str(), "w");
  ASSERT_NE(out, nullptr);
  PEM_write_X509(out, good.certificate);
  PEM_write_X509(out, other.certificate);
  fclose(out);

  const auto fetch = [](const TlsServer& server) {
    return Http::Create()->Fetch({.target = fmt::format("https://localhost:{}/", server.port())},
                                 kLong, kLarge);
  };
  TlsServer server(good);
  TlsServer elsewhere(other);
  const Status unknown = fetch(server).status();
  EXPECT_EQ(unknown.code(), Code::kUnavailable);
  EXPECT_THAT(unknown.message(), HasSubstr("self-signed certificate"));

  setenv("SSL_CERT_FILE", file.c_str(), 1);  // what OpenSSL reads for the machine's roots
  Result<HttpResponse> response = fetch(server);
  const Status wrong_host = fetch(elsewhere).status();
  unsetenv("SSL_CERT_FILE");
  std::filesystem::remove(file);
  ASSERT_TRUE(response.ok()) << response.status().ToString();
  EXPECT_EQ(response->body, "secret");
  EXPECT_EQ(server.server_name(), "localhost");
  EXPECT_EQ(wrong_host.code(), Code::kUnavailable);
  EXPECT_THAT(wrong_host.message(), HasSubstr("certificate"));
}

}  // namespace
}  // namespace anneal
