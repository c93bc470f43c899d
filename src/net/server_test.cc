#include <atomic>
#include <chrono>
#include <deque>
#include <thread>

#include "base/metrics.h"
#include "base/mutex.h"
#include "net/http.h"
#include "net/raw_client.h"

namespace anneal {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr int64_t kMillisecond = 1'000'000;
constexpr int64_t kLong = 60'000 * kMillisecond;

HttpServerOptions Options() {
  HttpServerOptions options;
  options.worker_threads = 2;
  return options;
}

std::unique_ptr<HttpServer> StartOrDie(const HttpServerOptions& options, HttpHandler handler) {
  auto server = HttpServer::Start(options, std::move(handler));
  if (!server.ok()) {
    ADD_FAILURE() << server.status().ToString();
    std::abort();
  }
  return std::move(server).value();
}

// Answers with what it was asked.
void Echo(HttpRequest request, HttpRespond respond) {
  HttpResponse response;
  response.headers.Add("X-Method", request.method);
  response.headers.Add("X-Target", request.target);
  response.body = std::move(request.body);
  respond(std::move(response));
}

constexpr std::string_view kGet = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";

std::string Post(std::string_view body, std::string_view target = "/") {
  return fmt::format("POST {} HTTP/1.1\r\nHost: h\r\nContent-Length: {}\r\n\r\n{}", target,
                     body.size(), body);
}

TEST(HttpServer, AnswersAndKeepsTheConnection) {
  auto server = StartOrDie(Options(), Echo);
  RawClient client(server->port());
  for (int i = 0; i < 3; ++i) {
    client.Send(Post("hello", "/x?y=1"));
    const HttpResponse response = client.ReadResponse();
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, "hello");
    EXPECT_EQ(response.headers.Get("X-Target"), "/x?y=1");
    EXPECT_EQ(response.headers.Get("Connection"), "");
    EXPECT_TRUE(response.headers.Has("Date"));
  }
}

TEST(HttpServer, TellsThePeer) {
  auto server = StartOrDie(
      Options(), [](HttpRequest request, HttpRespond respond) { respond({.body = request.peer}); });
  RawClient client(server->port());
  client.Send(kGet);
  EXPECT_THAT(client.ReadResponse().body, StartsWith("127.0.0.1:"));
}

TEST(HttpServer, AnswersPipelinedRequestsInOrder) {
  auto server = StartOrDie(Options(), Echo);
  RawClient client(server->port());
  constexpr int kRequests = 300;
  std::string all;
  for (int i = 0; i < kRequests; ++i) {
    all += Post(std::string(static_cast<size_t>(i) * 7, 'x'), fmt::format("/{}", i));
  }
  std::thread sender([&] { client.Send(all); });
  for (int i = 0; i < kRequests; ++i) {
    const HttpResponse response = client.ReadResponse();
    ASSERT_EQ(response.status, 200);
    EXPECT_EQ(response.headers.Get("X-Target"), fmt::format("/{}", i));
    EXPECT_EQ(response.body.size(), static_cast<size_t>(i) * 7);
  }
  sender.join();
}

TEST(HttpServer, ConnectionFieldDecides) {
  struct Row {
    std::string_view request;
    bool closes;
    std::string_view field;
  };
  for (const Row& row :
       {Row{"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", true, "close"},
        Row{"GET / HTTP/1.0\r\n\r\n", true, "close"},
        Row{"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", false, "keep-alive"},
        Row{"\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", false, ""}}) {
    auto server = StartOrDie(Options(), Echo);
    RawClient client(server->port());
    client.Send(row.request);
    const HttpResponse response = client.ReadResponse();
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.headers.Get("Connection"), row.field) << row.request;
    if (row.closes) {
      EXPECT_EQ(client.ReadAll(), "");
    } else {
      client.Send(kGet);
      EXPECT_EQ(client.ReadResponse().status, 200);
    }
  }
}

TEST(HttpServer, HeadHasLengthButNoBody) {
  auto server = StartOrDie(
      Options(), [](HttpRequest, HttpRespond respond) { respond({.body = "twelve bytes"}); });
  RawClient client(server->port());
  client.Send("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(client.ReadResponse(MessageKind::kResponseToHead).headers.Get("Content-Length"), "12");
  client.Send(kGet);  // nothing of a body lies in between
  EXPECT_EQ(client.ReadResponse().body, "twelve bytes");
}

TEST(HttpServer, ReadsChunkedBodies) {
  auto server = StartOrDie(Options(), Echo);
  RawClient client(server->port());
  client.Send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel");
  client.Send("lo\r\n6\r\n world\r\n0\r\n\r\n");
  EXPECT_EQ(client.ReadResponse().body, "hello world");
}

TEST(HttpServer, ContinuesWhenAsked) {
  auto server = StartOrDie(Options(), Echo);
  RawClient client(server->port());
  client.Send("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(client.ReadResponse().status, 100);
  client.Send("hi");
  EXPECT_EQ(client.ReadResponse().body, "hi");
}

TEST(HttpServer, RefusesWithoutContinuing) {
  HttpServerOptions options = Options();
  options.max_body_bytes = 10;
  auto server = StartOrDie(options, Echo);
  RawClient client(server->port());
  client.Send("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 11\r\n\r\n");
  const HttpResponse response = client.ReadResponse();
  EXPECT_EQ(response.status, 413);
  EXPECT_EQ(response.headers.Get("Connection"), "close");
  EXPECT_THAT(response.body, HasSubstr(R"("code":"resource_exhausted")"));
}

TEST(HttpServer, RefusesMalformedRequestsAndCloses) {
  HttpServerOptions options = Options();
  options.max_header_bytes = 1024;
  options.max_body_bytes = 1024;
  auto server = StartOrDie(options, Echo);
  struct Row {
    std::string request;
    int status;
  };
  for (const Row& row : {
           Row{"garbage\r\n\r\n", 400},
           Row{"GET / HTTP/2.0\r\n\r\n", 505},
           Row{"GET / HTTP/1.1\r\n\r\n", 400},
           Row{"GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(5000, 'x') + "\r\n\r\n", 431},
           Row{Post(std::string(1025, 'x')), 413},
           Row{Post(std::string(3'000'000, 'x')), 413},
           Row{"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n401\r\n" +
                   std::string(1025, 'x'),
               413},
           Row{"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n", 501},
       }) {
    RawClient client(server->port());
    client.Send(row.request);
    client.EndWriting();
    const HttpResponse response = client.ReadResponse();
    EXPECT_EQ(response.status, row.status) << row.request.substr(0, 100);
    EXPECT_EQ(response.headers.Get("Content-Type"), "application/json");
    EXPECT_EQ(client.ReadAll(), "");
  }
}

TEST(HttpServer, GoodRequestBeforeABadOneIsAnswered) {
  auto server = StartOrDie(Options(), Echo);
  RawClient client(server->port());
  client.Send(std::string(kGet) + "garbage\r\n\r\n" + std::string(kGet));
  EXPECT_EQ(client.ReadResponse().status, 200);
  EXPECT_EQ(client.ReadResponse().status, 400);
  client.EndWriting();
  EXPECT_EQ(client.ReadAll(), "");
}

TEST(HttpServer, SendsTrailersInChunks) {
  for (const std::string body : {"", "data"}) {
    auto server = StartOrDie(Options(), [&](HttpRequest, HttpRespond respond) {
      HttpResponse response{.body = body};
      response.trailers.Add("X-Sum", "7");
      respond(std::move(response));
    });
    RawClient client(server->port());
    client.Send(kGet);
    const std::string head = client.ReadUntil("\r\n\r\n");
    EXPECT_THAT(head, HasSubstr("Transfer-Encoding: chunked\r\n"));
    EXPECT_THAT(head, Not(HasSubstr("Content-Length")));
    client.Send("GET / HTTP/1.0\r\n\r\n");
    const std::string both = head + client.ReadAll();
    EXPECT_THAT(both, HasSubstr(body.empty() ? "\r\n\r\n0\r\nX-Sum: 7\r\n\r\nHTTP/1.1 200"
                                             : "4\r\ndata\r\n0\r\nX-Sum: 7\r\n\r\nHTTP/1.1 200"));
    EXPECT_THAT(both, testing::EndsWith("\r\n\r\n" + body));
  }
}

TEST(HttpServer, ChunkExtensionsDoNotPileUp) {
  const std::string head = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  std::string many = head;
  for (int i = 0; i < 1000; ++i) many += "1;" + std::string(100, 'x') + "\r\ny\r\n";
  for (const std::string& request : {head + "1;" + std::string(1 << 20, 'x'), many,
                                     head + "0\r\nX: " + std::string(1 << 20, 'x')}) {
    auto server = StartOrDie(Options(), Echo);
    RawClient client(server->port());
    client.Send(request);
    client.EndWriting();
    EXPECT_EQ(client.ReadResponse().status, 400);
  }
}

// The bytes that a client of HTTP/2 begins with: preface, empty SETTINGS, GET / on stream 1.
constexpr std::string_view kHttp2Get(
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    "\0\0\0\4\0\0\0\0\0"
    "\0\0\6\1\5\0\0\0\1\x82\x86\x84\x41\x01h",
    24 + 9 + 9 + 6);

TEST(HttpServer, SpeaksHttp2OnTheSamePort) {
  auto server = StartOrDie(Options(), [](HttpRequest request, HttpRespond respond) {
    respond({.body = "host " + std::string(request.headers.Get("Host"))});
  });
  RawClient whole(server->port());
  whole.Send(kHttp2Get);
  EXPECT_THAT(whole.ReadUntil("host h"), HasSubstr("host h"));
  RawClient pieces(server->port());
  for (const char c : kHttp2Get) pieces.Send(std::string_view(&c, 1));
  EXPECT_THAT(pieces.ReadUntil("host h"), HasSubstr("host h"));
  // A goodbye, then the end.
  std::thread stopper([&] { server->Shutdown(kLong); });
  const std::string end = whole.ReadAll();
  EXPECT_THAT(end, HasSubstr(std::string("\0\0\x08\x07\0\0\0\0\0\0\0\0\1\0\0\0\0", 17)));
  whole.EndWriting();
  pieces.ReadAll();
  pieces.EndWriting();
  stopper.join();
}

TEST(HttpServer, UpgradesToHttp2) {
  auto server = StartOrDie(Options(), Echo);
  RawClient client(server->port());
  client.Send(
      "POST / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
      "HTTP2-Settings: AAMAAABkAAQAAP__\r\nContent-Length: 8\r\n\r\nupgraded");
  client.Send(kHttp2Get.substr(0, 24 + 9));
  EXPECT_THAT(client.ReadUntil("upgraded"), StartsWith("HTTP/1.1 101 "));
  RawClient broken(server->port());
  broken.Send(
      "GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
      "HTTP2-Settings: AAAA\r\n\r\n");
  EXPECT_EQ(broken.ReadResponse().status, 400);
}

TEST(HttpServer, TellsThatTheClientLeft) {
  Mutex mutex;
  std::vector<HttpRequest> requests;
  std::vector<HttpRespond> waiting;
  auto server = StartOrDie(Options(), [&](HttpRequest request, HttpRespond respond) {
    MutexLock lock(mutex);
    requests.push_back(std::move(request));
    waiting.push_back(std::move(respond));
  });
  const auto canceled = [&](size_t count) {
    MutexLock lock(mutex);
    return requests.size() == count && requests.back().canceled();
  };
  {
    RawClient client(server->port());
    client.Send(kGet);
    for (bool found = false; !found;) {
      std::this_thread::yield();
      MutexLock lock(mutex);
      found = !requests.empty();
    }
    EXPECT_FALSE(canceled(1));
  }
  while (!canceled(1)) std::this_thread::yield();
  RawClient half(server->port());
  half.Send(kGet);
  half.EndWriting();
  while (!canceled(2)) std::this_thread::yield();
  {
    MutexLock lock(mutex);
    waiting.back()({.status = 202});
  }
  EXPECT_EQ(half.ReadResponse().status, 202) << "it may wait all the same";
  EXPECT_EQ(half.ReadAll(), "");
  MutexLock lock(mutex);
  waiting.clear();
}

TEST(HttpServer, LargeBodiesComeThroughWhole) {
  auto server = StartOrDie(Options(), Echo);
  RawClient client(server->port());
  std::string body(30'000'000, '\0');
  for (size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>(i * 2654435761u >> 13);
  std::thread sender([&] { client.Send(Post(body)); });
  const HttpResponse response = client.ReadResponse();
  sender.join();
  EXPECT_TRUE(response.body == body);
}

TEST(HttpServer, RespondsFromAnyThreadLater) {
  Mutex mutex;
  std::vector<HttpRespond> waiting;
  auto server = StartOrDie(Options(), [&](HttpRequest, HttpRespond respond) {
    MutexLock lock(mutex);
    waiting.push_back(std::move(respond));
  });
  RawClient client(server->port());
  client.Send(kGet);
  for (bool found = false; !found;) {
    std::this_thread::yield();
    MutexLock lock(mutex);
    found = !waiting.empty();
  }
  HttpRespond respond = std::move(waiting[0]);
  waiting.clear();
  respond({.status = 202});
  EXPECT_EQ(client.ReadResponse().status, 202);
  respond({.status = 200});  // ignored, logged
  client.Send(kGet);
  for (bool found = false; !found;) {
    std::this_thread::yield();
    MutexLock lock(mutex);
    found = !waiting.empty();
  }
  waiting.clear();  // dropped without an answer
  EXPECT_EQ(client.ReadResponse().status, 500);
}

TEST(HttpServer, SaysThatItIsWellWhenAllWorkersAreBusy) {
  Mutex mutex;
  CondVar changed;
  int busy = 0;
  bool over = false;
  auto server = StartOrDie(Options(), [&](HttpRequest request, HttpRespond respond) {
    if (request.target == "/slow") {
      MutexLock lock(mutex);
      ++busy;
      changed.NotifyAll();
      while (!over) changed.Wait(mutex);
    }
    respond({.body = request.target});
  });
  const auto get = [](std::string_view target) {
    return fmt::format("GET {} HTTP/1.1\r\nHost: h\r\n\r\n", target);
  };
  RawClient slow[2] = {RawClient(server->port()), RawClient(server->port())};
  for (RawClient& client : slow) client.Send(get("/slow"));
  {
    MutexLock lock(mutex);
    while (busy < 2) changed.Wait(mutex);
  }
  RawClient client(server->port());
  for (const char* target : {"/healthz", "/ready"}) {
    client.Send(get(target));
    EXPECT_EQ(client.ReadResponse().body, target);
  }
  {
    MutexLock lock(mutex);
    over = true;
    changed.NotifyAll();
  }
  for (RawClient& waiting : slow) EXPECT_EQ(waiting.ReadResponse().body, "/slow");
}

TEST(HttpServer, ThrowingHandlerIs500) {
  auto server = StartOrDie(Options(), [](HttpRequest, HttpRespond) { throw std::bad_alloc(); });
  RawClient client(server->port());
  client.Send(kGet);
  EXPECT_EQ(client.ReadResponse().status, 500);
}

TEST(HttpServer, HalfClosedClientsAreAnswered) {
  auto server = StartOrDie(Options(), Echo);
  RawClient client(server->port());
  client.Send(kGet);
  client.EndWriting();
  EXPECT_EQ(client.ReadResponse().status, 200);
  EXPECT_EQ(client.ReadAll(), "");
}

TEST(HttpServer, InflightBytesAreBounded) {
  HttpServerOptions options = Options();
  options.max_inflight_bytes = 100;
  Metrics metrics;
  options.metrics = &metrics;
  Mutex mutex;
  std::vector<HttpRespond> waiting;
  auto server = StartOrDie(options, [&](HttpRequest, HttpRespond respond) {
    MutexLock lock(mutex);
    waiting.push_back(std::move(respond));
  });
  RawClient first(server->port());
  first.Send(Post(std::string(150, 'x')));  // alone, it may be above
  for (bool found = false; !found;) {
    std::this_thread::yield();
    MutexLock lock(mutex);
    found = !waiting.empty();
  }
  EXPECT_EQ(metrics.GetGauge("anneal_http_inflight_bytes", "").Value(), 150);
  for (const std::string& request :
       {Post("y"),
        std::string("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx")}) {
    RawClient second(server->port());
    second.Send(request);
    second.EndWriting();
    const HttpResponse refused = second.ReadResponse();
    EXPECT_EQ(refused.status, 503);
    EXPECT_EQ(refused.headers.Get("Retry-After"), "1");
  }
  waiting[0]({.status = 200});
  EXPECT_EQ(first.ReadResponse().status, 200);
  waiting.clear();
  EXPECT_EQ(metrics.GetGauge("anneal_http_inflight_bytes", "").Value(), 0);
}

TEST(HttpServer, AnswersThatNobodyReadsAreBounded) {
  constexpr size_t kAnswerBytes = size_t{64} << 20;  // more than sockets hold
  HttpServerOptions options = Options();
  options.max_inflight_bytes = 4 * kAnswerBytes;  // of which answers have half
  Metrics metrics;
  options.metrics = &metrics;
  auto server = StartOrDie(options, [](HttpRequest request, HttpRespond respond) {
    respond({.body = std::string(request.target == "/small" ? 10 : kAnswerBytes, 'x')});
  });
  auto& held = metrics.GetGauge("anneal_http_inflight_bytes", "");
  std::deque<RawClient> idle;
  for (size_t clients = 1; clients <= 2; ++clients) {
    idle.emplace_back(server->port()).Send(kGet);
    while (held.Value() < static_cast<double>(clients * kAnswerBytes)) std::this_thread::yield();
  }
  RawClient third(server->port());
  third.Send(kGet);
  const HttpResponse refused = third.ReadResponse();
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.headers.Get("Retry-After"), "1");
  third.Send("GET /small HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(third.ReadResponse().status, 200) << "small ones are sent all the same";
  EXPECT_EQ(idle.front().ReadResponse().body.size(), kAnswerBytes);
  idle.pop_back();  // one is read, the other's client is gone
  while (held.Value() != 0) std::this_thread::yield();
}

TEST(HttpServer, ConnectionsAreBounded) {
  HttpServerOptions options = Options();
  options.max_connections = 1;
  auto server = StartOrDie(options, Echo);
  RawClient first(server->port());
  first.Send(kGet);
  EXPECT_EQ(first.ReadResponse().status, 200);
  RawClient second(server->port());
  EXPECT_EQ(second.ReadResponse().status, 503);
  first.Send(kGet);
  EXPECT_EQ(first.ReadResponse().status, 200);
}

TEST(HttpServer, SlowClientsAreCutOff) {
  struct Row {
    std::string_view begin;
    int status;  // 0: closed without a word
  };
  for (const Row& row : {Row{"", 0}, Row{"GET / HT", 408},
                         Row{"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nhel", 408}}) {
    HttpServerOptions options = Options();
    options.header_timeout_ns = 50 * kMillisecond;
    options.body_timeout_ns = 50 * kMillisecond;
    options.idle_timeout_ns = kLong;
    auto server = StartOrDie(options, Echo);
    RawClient client(server->port());
    client.Send(row.begin);
    EXPECT_EQ(client.ReadResponse().status, row.status) << row.begin;
  }
}

// One byte now and then must not keep a request alive.
TEST(HttpServer, DripFeedingDoesNotHelp) {
  HttpServerOptions options = Options();
  options.header_timeout_ns = 100 * kMillisecond;
  auto server = StartOrDie(options, Echo);
  RawClient client(server->port());
  std::atomic<bool> done{false};
  std::thread sender([&] {
    client.Send("GET / HTTP/1.1\r\nX: ");
    while (!done) {
      client.Send("x");
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  });
  EXPECT_EQ(client.ReadResponse().status, 408);
  done = true;
  sender.join();
}

TEST(HttpServer, IdleConnectionsAreClosed) {
  HttpServerOptions options = Options();
  options.idle_timeout_ns = 50 * kMillisecond;
  auto server = StartOrDie(options, Echo);
  RawClient client(server->port());
  client.Send(kGet);
  EXPECT_EQ(client.ReadResponse().status, 200);
  EXPECT_EQ(client.ReadAll(), "");
}

TEST(HttpServer, ReadersThatStandStillAreCutOff) {
  HttpServerOptions options = Options();
  options.idle_timeout_ns = 50 * kMillisecond;
  Metrics metrics;
  options.metrics = &metrics;
  auto server = StartOrDie(options, [](HttpRequest, HttpRespond respond) {
    respond({.body = std::string(size_t{64} << 20, 'x')});
  });
  RawClient client(server->port());
  client.Send(kGet);
  auto& open = metrics.GetGauge("anneal_http_connections", "");
  while (open.Value() == 0) std::this_thread::yield();
  while (open.Value() != 0) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  EXPECT_LT(client.ReadAll().size(), size_t{64} << 20);
}

TEST(HttpServer, CountsByBoundedLabels) {
  HttpServerOptions options = Options();
  Metrics metrics;
  options.metrics = &metrics;
  auto server = StartOrDie(options, Echo);
  RawClient client(server->port());
  client.Send(kGet);
  client.ReadResponse();
  client.Send("BREW / HTTP/1.1\r\nHost: h\r\n\r\n");
  client.ReadResponse();
  client.Send("garbage\r\n\r\n");
  client.ReadResponse();
  server->Shutdown(0);
  const std::string text = metrics.Render();
  EXPECT_THAT(text, HasSubstr(R"(anneal_http_requests_total{code="200",method="GET"} 1)"));
  EXPECT_THAT(text, HasSubstr(R"(anneal_http_requests_total{code="200",method="other"} 1)"));
  EXPECT_THAT(text, HasSubstr(R"(anneal_http_requests_total{code="400",method="other"} 1)"));
  EXPECT_THAT(text, HasSubstr("anneal_http_request_duration_seconds_count"));
  EXPECT_THAT(text, HasSubstr("anneal_http_connections 0"));
}

TEST(HttpServer, ShutdownLetsRequestsFinish) {
  std::atomic<bool> begun{false}, go{false};
  auto server = StartOrDie(Options(), [&](HttpRequest, HttpRespond respond) {
    begun = true;
    while (!go) std::this_thread::yield();
    respond({.body = "finished"});
  });
  RawClient idle(server->port());
  RawClient busy(server->port());
  busy.Send(kGet);
  while (!begun) std::this_thread::yield();
  std::thread stopper([&] { server->Shutdown(kLong); });
  EXPECT_EQ(idle.ReadAll(), "");
  go = true;
  const HttpResponse response = busy.ReadResponse();
  EXPECT_EQ(response.body, "finished");
  EXPECT_EQ(response.headers.Get("Connection"), "close");
  stopper.join();
  EXPECT_FALSE(RawClient(server->port()).connected());
}

TEST(HttpServer, ShutdownDoesNotWaitForEver) {
  std::vector<HttpRespond> kept;
  Mutex mutex;
  auto server = StartOrDie(Options(), [&](HttpRequest, HttpRespond respond) {
    MutexLock lock(mutex);
    kept.push_back(std::move(respond));
  });
  RawClient client(server->port());
  client.Send(kGet);
  for (bool found = false; !found;) {
    std::this_thread::yield();
    MutexLock lock(mutex);
    found = !kept.empty();
  }
  server->Shutdown(20 * kMillisecond);
  EXPECT_EQ(client.ReadAll(), "");
  server.reset();
  kept[0]({.status = 200});  // the server is gone: nothing happens
}

TEST(HttpServer, ShutdownUnderLoad) {
  HttpServerOptions options = Options();
  options.io_threads = 2;
  std::atomic<int> handled{0};
  auto server = StartOrDie(options, [&](HttpRequest request, HttpRespond respond) {
    ++handled;
    Echo(std::move(request), std::move(respond));
  });
  std::atomic<int> answered{0};
  std::vector<std::thread> clients;
  for (int i = 0; i < 8; ++i) {
    clients.emplace_back([&, i] {
      RawClient client(server->port());
      const std::string body(static_cast<size_t>(i) * 1000, 'x');
      for (;;) {
        client.Send(Post(body));
        const HttpResponse response = client.ReadResponse();
        if (response.status != 200) return;
        EXPECT_EQ(response.body, body);
        ++answered;
      }
    });
  }
  while (answered < 200) std::this_thread::yield();
  server->Shutdown(kLong);
  for (std::thread& thread : clients) thread.join();
  // Whatever was handled was answered: none was cut off.
  EXPECT_EQ(answered, handled);
}

TEST(HttpServer, SaysWhatIsWrongWithTheAddress) {
  auto server = StartOrDie(Options(), Echo);
  HttpServerOptions options = Options();
  options.port = server->port();
  const Status taken = HttpServer::Start(options, Echo).status();
  EXPECT_EQ(taken.code(), Code::kUnavailable);
  EXPECT_THAT(taken.message(), HasSubstr(fmt::format("127.0.0.1:{}", server->port())));
  options.host = "no.such.host.invalid";
  EXPECT_EQ(HttpServer::Start(options, Echo).status().code(), Code::kInvalidArgument);
}

}  // namespace
}  // namespace anneal
