#include "net/http2_session.h"

#include <gmock/gmock.h>

#include "base/metrics.h"
#include "net/http2_peer.h"

namespace anneal {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr int64_t kSecond = 1'000'000'000;

class Http2SessionTest : public ::testing::Test {
 protected:
  Http2SessionTest() { Begin({}); }

  void Begin(HttpServerOptions options, int32_t peer_window = 1 << 20) {
    session_.reset();
    options_ = std::move(options);
    options_.metrics = &all_metrics_;
    budget_.emplace(options_.max_inflight_bytes, metrics_, nullptr);
    context_.emplace(SessionContext{options_, *budget_, metrics_, counters_, draining_, {}});
    session_ = std::make_unique<Http2Session>(*context_, "1.2.3.4:5", now_ns_);
    peer_ = std::make_unique<Http2Peer>(peer_window);
    requests_.clear();
  }

  // Moves bytes both ways until neither side has any more.
  void Exchange() {
    for (bool moved = true; moved;) {
      const std::string out = peer_->Take();
      session_->Receive(out, now_ns_, requests_);
      const std::string in = Produced();
      peer_->Give(in);
      moved = !out.empty() || !in.empty();
    }
  }
  std::string Produced() {
    std::string all;
    for (;;) {
      SendQueue queue;
      session_->Produce(queue, now_ns_);
      if (queue.empty()) return all;
      all.append(queue.Piece(0));
    }
  }
  // Answers every request given out.
  void AnswerAll(const HttpResponse& response) {
    for (const ReceivedRequest& request : std::exchange(requests_, {})) {
      budget_->Release(request.charged_bytes);
      session_->Answer(request.stream, response, now_ns_);
    }
  }
  double InflightBytes() { return all_metrics_.GetGauge("anneal_http_inflight_bytes", "").Value(); }

  int64_t now_ns_ = 1'000 * kSecond;
  HttpServerOptions options_;
  Metrics all_metrics_;
  ServerMetrics metrics_{&all_metrics_};
  RequestCounters counters_{metrics_};
  std::atomic<bool> draining_{false};
  std::optional<InflightBudget> budget_;
  std::optional<SessionContext> context_;
  std::unique_ptr<Http2Session> session_;
  std::unique_ptr<Http2Peer> peer_;
  ReceivedRequests requests_;
};

TEST_F(Http2SessionTest, GivesRequestsOutAndAnswersThem) {
  const int32_t id = peer_->Request("POST", "/a?b=c", "hello",
                                    {{"x-one", "1"}, {"cookie", "a=1"}, {"cookie", "b=2"}});
  Exchange();
  ASSERT_EQ(requests_.size(), 1u);
  const HttpRequest& request = requests_[0].request;
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.target, "/a?b=c");
  EXPECT_EQ(request.body, "hello");
  EXPECT_EQ(request.peer, "1.2.3.4:5");
  EXPECT_EQ(request.headers.Get("Host"), "host");
  EXPECT_EQ(request.headers.Get("X-One"), "1");
  EXPECT_EQ(request.headers.Get("Cookie"), "a=1; b=2");
  EXPECT_FALSE(request.canceled());

  HttpResponse response{.status = 201, .body = "answer"};
  response.headers.Add("X-Two", "2");
  response.headers.Add("Connection", "close");  // HTTP/1's; clients must refuse it here
  AnswerAll(response);
  Exchange();
  PeerStream& stream = peer_->stream(id);
  EXPECT_EQ(stream.status, 201);
  EXPECT_EQ(stream.body, "answer");
  EXPECT_EQ(stream.headers.Get("x-two"), "2");
  EXPECT_EQ(stream.headers.Get("content-length"), "6");
  EXPECT_FALSE(stream.headers.Has("connection"));
  EXPECT_TRUE(stream.headers.Has("date"));
  EXPECT_TRUE(stream.closed);
  EXPECT_EQ(stream.error, 0u);
  EXPECT_TRUE(session_->idle());
  EXPECT_EQ(InflightBytes(), 0);
  EXPECT_THAT(all_metrics_.Render(),
              HasSubstr(R"(anneal_http_requests_total{code="201",method="POST"} 1)"));
}

TEST_F(Http2SessionTest, SendsTrailers) {
  for (const std::string body : {"", "data"}) {
    const int32_t id = peer_->Request("POST", "/");
    Exchange();
    HttpResponse response{.body = body};
    response.trailers.Add("Grpc-Status", "0");
    AnswerAll(response);
    Exchange();
    EXPECT_EQ(peer_->stream(id).body, body);
    EXPECT_EQ(peer_->stream(id).trailers.Get("grpc-status"), "0");
    EXPECT_FALSE(peer_->stream(id).headers.Has("content-length"));
    EXPECT_TRUE(peer_->stream(id).closed);
  }
}

TEST_F(Http2SessionTest, ManyStreamsAtOnceAndInAnyOrder) {
  std::vector<int32_t> ids;
  for (int i = 0; i < 100; ++i) {
    ids.push_back(peer_->Request("POST", "/", std::string(static_cast<size_t>(i) * 1000, 'x')));
  }
  Exchange();
  ASSERT_EQ(requests_.size(), ids.size());
  std::reverse(requests_.begin(), requests_.end());
  for (const ReceivedRequest& request : std::exchange(requests_, {})) {
    session_->Answer(request.stream, {.body = request.request.body}, now_ns_);
  }
  Exchange();
  for (size_t i = 0; i < ids.size(); ++i) EXPECT_EQ(peer_->stream(ids[i]).body.size(), i * 1000);
}

TEST_F(Http2SessionTest, LargeBodiesPassTheWindowsBothWays) {
  std::string body(20'000'000, '\0');
  for (size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>(i * 2654435761u >> 13);
  const int32_t id = peer_->Request("POST", "/", body);
  Exchange();
  ASSERT_EQ(requests_.size(), 1u);
  EXPECT_TRUE(requests_[0].request.body == body);
  AnswerAll({.body = body});
  Exchange();
  EXPECT_TRUE(peer_->stream(id).body == body);
}

TEST_F(Http2SessionTest, HeadAndBodilessStatuses) {
  const int32_t head = peer_->Request("HEAD", "/");
  Exchange();
  AnswerAll({.body = "twelve bytes"});
  const int32_t none = peer_->Request("GET", "/");
  Exchange();
  AnswerAll({.status = 204, .body = "never sent"});
  Exchange();
  EXPECT_EQ(peer_->stream(head).headers.Get("content-length"), "12");
  EXPECT_EQ(peer_->stream(head).body, "");
  EXPECT_FALSE(peer_->stream(none).headers.Has("content-length"));
  EXPECT_EQ(peer_->stream(none).body, "");
}

TEST_F(Http2SessionTest, ContinuesWhenAsked) {
  const int32_t id = peer_->Request("POST", "/", "hi", {{"expect", "100-continue"}});
  Exchange();
  AnswerAll({});
  Exchange();
  EXPECT_THAT(peer_->stream(id).interim, ElementsAre(100));
  EXPECT_EQ(peer_->stream(id).status, 200);
}

TEST_F(Http2SessionTest, RefusesWhatIsTooLarge) {
  HttpServerOptions options;
  options.max_header_bytes = 1024;
  options.max_body_bytes = 1000;
  options.max_inflight_bytes = 4000;
  Begin(options);
  budget_->Charge(3500);  // by another connection
  struct Row {
    std::string body;
    Http2Peer::Fields fields;
    int status;
  };
  for (const Row& row :
       {Row{"", {{"x", std::string(2000, 'x')}}, 431}, Row{std::string(1001, 'x'), {}, 413},
        Row{std::string(5'000'000, 'x'), {}, 413}, Row{"", {{"content-length", "1001"}}, 413},
        Row{std::string(900, 'x'), {{"content-length", "900"}}, 503},
        Row{std::string(900, 'x'), {}, 503},
        Row{std::string(400, 'x'), {{"content-length", "400"}}, 200}}) {
    const int32_t id = row.body.empty() ? peer_->BeginRequest("POST", "/", row.fields)
                                        : peer_->Request("POST", "/", row.body, row.fields);
    Exchange();
    AnswerAll({});
    Exchange();
    EXPECT_EQ(peer_->stream(id).status, row.status) << row.body.size();
    EXPECT_TRUE(peer_->stream(id).closed) << row.status;
    EXPECT_EQ(peer_->stream(id).error, 0u) << "told to stop, not failed";
    EXPECT_EQ(session_->end(), SessionEnd::kGoesOn);
  }
  EXPECT_EQ(InflightBytes(), 3500);
}

TEST_F(Http2SessionTest, HeadsAreCharged) {
  Begin({.max_inflight_bytes = 100'000});
  budget_->Charge(1);  // by another connection
  std::vector<int32_t> ids;
  for (int i = 0; i < 40; ++i) {
    // In parts that HPACK remembers, so that few bytes are sent.
    Http2Peer::Fields fields(10, {"x", std::string(1000, 'x')});
    fields.emplace_back("cookie", std::string(1000, 'c'));
    ids.push_back(peer_->BeginRequest("POST", "/", fields));
  }
  Exchange();
  EXPECT_LE(InflightBytes(), 100'000);
  EXPECT_GT(InflightBytes(), 80'000);
  int waiting = 0;
  for (const int32_t id : ids) {
    if (peer_->stream(id).status == 503) continue;
    EXPECT_EQ(peer_->stream(id).status, 0) << "waits for its body";
    peer_->Reset(id);
    ++waiting;
  }
  EXPECT_EQ(waiting, 8);
  Exchange();
  EXPECT_EQ(InflightBytes(), 1) << "given back";

  // A request takes its head's charge along with its body's.
  peer_->Request("POST", "/", std::string(500, 'b'),
                 {{"x", std::string(5000, 'x')}, {"content-length", "500"}});
  Exchange();
  ASSERT_EQ(requests_.size(), 1u);
  EXPECT_EQ(requests_[0].charged_bytes, 8u * 1024 + 500);
  AnswerAll({});
  EXPECT_EQ(InflightBytes(), 1);
}

TEST_F(Http2SessionTest, TrailersLeaveTheHeadAlone) {
  const int32_t id = peer_->BeginRequest(
      "POST", "/", {{"content-type", "text/plain"}, {"x", std::string(30'000, 'x')}});
  Exchange();
  const std::string name = "y", value(40'000, 'y');
  const nghttp2_nv trailer = {reinterpret_cast<uint8_t*>(const_cast<char*>(name.data())),
                              reinterpret_cast<uint8_t*>(const_cast<char*>(value.data())),
                              name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
  nghttp2_submit_trailer(peer_->session(), id, &trailer, 1);
  Exchange();
  ASSERT_EQ(requests_.size(), 1u);
  EXPECT_EQ(requests_[0].request.headers.Get("Content-Type"), "text/plain");
  EXPECT_FALSE(requests_[0].request.headers.Has("y"));
}

TEST_F(Http2SessionTest, TellsThatTheClientLeft) {
  const int32_t id = peer_->Request("GET", "/");
  peer_->Request("GET", "/");
  Exchange();
  ASSERT_EQ(requests_.size(), 2u);
  peer_->Reset(id);
  Exchange();
  EXPECT_TRUE(requests_[0].request.canceled());
  EXPECT_FALSE(requests_[1].request.canceled());
  AnswerAll({});  // the first goes nowhere
  Exchange();
  EXPECT_TRUE(session_->idle());
  peer_->Request("GET", "/");
  Exchange();
  session_.reset();
  EXPECT_TRUE(requests_[0].request.canceled());
}

// Resetting a stream does not make room for another while its handler works.
TEST_F(Http2SessionTest, RapidResetGainsNothing) {
  size_t begun = 0;
  for (int i = 0; i < 5'000 && !peer_->goaway(); ++i) {
    const int32_t id = peer_->Request("GET", "/");
    session_->Receive(peer_->Take(), now_ns_, requests_);
    peer_->Reset(id);
    Exchange();
    begun = std::max(begun, requests_.size());
  }
  EXPECT_EQ(begun, options_.max_streams);
  EXPECT_TRUE(peer_->goaway());
  EXPECT_NE(session_->end(), SessionEnd::kGoesOn);
}

TEST_F(Http2SessionTest, StreamsAreBoundedBeforeTheClientKnowsTheLimit) {
  for (size_t i = 0; i < options_.max_streams + 50; ++i) peer_->Request("GET", "/");
  Exchange();
  EXPECT_EQ(requests_.size(), options_.max_streams);
}

TEST_F(Http2SessionTest, FloodsEndTheConnection) {
  using Attack = std::function<void(nghttp2_session*)>;
  const std::pair<const char*, Attack> kAttacks[] = {
      {"ping", [](nghttp2_session* s) { nghttp2_submit_ping(s, 0, nullptr); }},
      {"settings", [](nghttp2_session* s) { nghttp2_submit_settings(s, 0, nullptr, 0); }},
  };
  for (const auto& [name, attack] : kAttacks) {
    Begin({});
    int sent = 0;
    for (; sent < 100'000 && session_->end() == SessionEnd::kGoesOn; ++sent) {
      attack(peer_->session());
      session_->Receive(peer_->Take(), now_ns_, requests_);
      peer_->Give(Produced());
    }
    EXPECT_GT(sent, 1'000) << name << ": a good client may do it now and then";
    EXPECT_LT(sent, 100'000) << name;
    EXPECT_EQ(peer_->goaway_error(), uint32_t{NGHTTP2_ENHANCE_YOUR_CALM}) << name;
    // The same over a longer time is no attack.
    Begin({});
    for (int i = 0; i < 20'000; ++i) {
      attack(peer_->session());
      now_ns_ += kSecond / 100;
      Exchange();
    }
    EXPECT_EQ(session_->end(), SessionEnd::kGoesOn) << name;
  }
}

// Answers to pings that the client does not read pile up only so far.
TEST_F(Http2SessionTest, UnreadAnswersAreBounded) {
  int sent = 0;
  for (; sent < 100'000 && session_->end() == SessionEnd::kGoesOn; ++sent) {
    nghttp2_submit_ping(peer_->session(), 0, nullptr);
    session_->Receive(peer_->Take(), now_ns_, requests_);
  }
  EXPECT_LT(sent, 5'000);
}

std::string Frame(uint8_t type, uint8_t flags, uint32_t stream, std::string_view payload) {
  std::string out;
  for (int shift : {16, 8, 0}) out.push_back(static_cast<char>(payload.size() >> shift));
  out.push_back(static_cast<char>(type));
  out.push_back(static_cast<char>(flags));
  for (int shift : {24, 16, 8, 0}) out.push_back(static_cast<char>(stream >> shift));
  return out.append(payload);
}

constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

TEST_F(Http2SessionTest, ContinuationFloodEndsTheConnection) {
  session_->Receive(std::string(kPreface) + Frame(NGHTTP2_SETTINGS, 0, 0, ""), now_ns_, requests_);
  session_->Receive(Frame(NGHTTP2_HEADERS, 0, 1, "\x82\x86\x84"), now_ns_, requests_);
  int sent = 0;
  for (; sent < 1'000 && session_->end() == SessionEnd::kGoesOn; ++sent) {
    session_->Receive(Frame(NGHTTP2_CONTINUATION, 0, 1, ""), now_ns_, requests_);
  }
  EXPECT_LT(sent, 100);
  EXPECT_TRUE(requests_.empty());
}

TEST_F(Http2SessionTest, EmptyDataFloodEndsTheConnection) {
  session_->Receive(
      std::string(kPreface) + Frame(NGHTTP2_SETTINGS, 0, 0, "") +
          Frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, 1, "\x83\x86\x84\x41\x01h"),
      now_ns_, requests_);
  int sent = 0;
  for (; sent < 100'000 && session_->end() == SessionEnd::kGoesOn; ++sent) {
    session_->Receive(Frame(NGHTTP2_DATA, 0, 1, ""), now_ns_, requests_);
  }
  EXPECT_LT(sent, 100'000);
}

TEST_F(Http2SessionTest, ProtocolErrorsEndTheConnection) {
  for (const std::string& bytes : {std::string("PRI * HTTP/2.0\r\n\r\nSM\r\n\rX"),
                                   std::string(kPreface) + Frame(NGHTTP2_DATA, 0, 1, "x"),
                                   std::string(kPreface) + Frame(NGHTTP2_SETTINGS, 0, 0, "odd"),
                                   std::string(kPreface) + Frame(NGHTTP2_SETTINGS, 0, 0, "") +
                                       std::string("\xff\xff\xff\0", 4) + std::string(9, '\0')}) {
    Begin({});
    session_->Receive(bytes, now_ns_, requests_);
    Produced();
    EXPECT_NE(session_->end(), SessionEnd::kGoesOn);
    EXPECT_TRUE(requests_.empty());
  }
}

TEST_F(Http2SessionTest, SlowRequestsAreCutOff) {
  HttpServerOptions options;
  options.min_body_rate = 1000;
  Begin(options);
  const int32_t id = peer_->BeginRequest("POST", "/");
  Exchange();
  now_ns_ += options.body_timeout_ns - 1;
  session_->Tick(now_ns_);
  Exchange();
  EXPECT_EQ(peer_->stream(id).status, 0);
  now_ns_ += 1;
  session_->Tick(now_ns_);
  Exchange();
  EXPECT_EQ(peer_->stream(id).status, 408);
  EXPECT_THAT(peer_->stream(id).body, HasSubstr("within 60 s and one more for each 1000 bytes"));
  EXPECT_TRUE(peer_->stream(id).closed);
  EXPECT_EQ(session_->end(), SessionEnd::kGoesOn) << "other requests go on";

  // A header that does not end.
  Begin(options);
  session_->Receive(std::string(kPreface) + Frame(NGHTTP2_SETTINGS, 0, 0, "") +
                        Frame(NGHTTP2_HEADERS, 0, 1, "\x82"),
                    now_ns_, requests_);
  now_ns_ += options.header_timeout_ns;
  session_->Tick(now_ns_);
  Produced();
  EXPECT_NE(session_->end(), SessionEnd::kGoesOn);
}

TEST_F(Http2SessionTest, AnswersThatNobodyReadsAreDropped) {
  Begin({}, 100);
  const int32_t id = peer_->Request("GET", "/");
  Exchange();
  AnswerAll({.body = std::string(1'000'000, 'x')});
  session_->Receive("", now_ns_, requests_);
  peer_->Give(Produced());  // and nothing is given back, so that the window stays shut
  EXPECT_EQ(peer_->stream(id).body.size(), 100u);
  now_ns_ += options_.idle_timeout_ns;
  session_->Tick(now_ns_);
  peer_->Give(Produced());
  EXPECT_TRUE(peer_->stream(id).closed);
  EXPECT_TRUE(session_->idle());
}

TEST_F(Http2SessionTest, AnswersAreChargedUntilTheyAreSent) {
  Begin({.max_inflight_bytes = 100'000}, /*peer_window=*/16'384);
  const int32_t first = peer_->Request("GET", "/");
  Exchange();
  AnswerAll({.body = std::string(80'000, 'x')});
  EXPECT_EQ(InflightBytes(), 80'000);
  const int32_t second = peer_->Request("GET", "/");
  session_->Receive(peer_->Take(), now_ns_, requests_);
  AnswerAll({.body = std::string(40'000, 'x')});
  Exchange();
  EXPECT_EQ(peer_->stream(first).body.size(), 80'000u);
  EXPECT_EQ(peer_->stream(second).status, 503);
  EXPECT_EQ(InflightBytes(), 0);
}

TEST_F(Http2SessionTest, IdleConnectionsSayGoodbye) {
  Exchange();
  now_ns_ += options_.idle_timeout_ns - 1;
  session_->Tick(now_ns_);
  Exchange();
  EXPECT_FALSE(peer_->goaway());
  now_ns_ += 1;
  session_->Tick(now_ns_);
  Exchange();
  EXPECT_TRUE(peer_->goaway());
  EXPECT_EQ(peer_->goaway_error(), uint32_t{NGHTTP2_NO_ERROR});
  EXPECT_NE(session_->end(), SessionEnd::kGoesOn);
}

TEST_F(Http2SessionTest, APrefaceThatStopsIsCutOff) {
  session_->Receive("PRI * HTTP/2.0\r\n", now_ns_, requests_);
  session_->Tick(now_ns_ + options_.header_timeout_ns - 1);
  EXPECT_EQ(session_->end(), SessionEnd::kGoesOn);
  session_->Tick(now_ns_ + options_.header_timeout_ns);
  EXPECT_EQ(session_->end(), SessionEnd::kLinger);
}

TEST_F(Http2SessionTest, DrainingLetsRequestsFinish) {
  const int32_t id = peer_->Request("GET", "/");
  Exchange();
  session_->Drain();
  Exchange();
  EXPECT_TRUE(peer_->goaway());
  EXPECT_EQ(session_->end(), SessionEnd::kGoesOn);
  AnswerAll({.body = "finished"});
  Exchange();
  EXPECT_EQ(peer_->stream(id).body, "finished");
  EXPECT_NE(session_->end(), SessionEnd::kGoesOn);
}

TEST_F(Http2SessionTest, TakesAnUpgradeOver) {
  HttpRequest request;
  EXPECT_FALSE(session_->BeginUpgraded("odd", request, now_ns_));
  Begin({});
  ASSERT_TRUE(session_->BeginUpgraded("", request, now_ns_));
  EXPECT_FALSE(request.canceled());
  session_->Answer(1, {.status = 200}, now_ns_);
  const std::string bytes = Produced();
  // SETTINGS, and the head of stream 1's answer.
  EXPECT_EQ(bytes[3], NGHTTP2_SETTINGS);
  EXPECT_THAT(bytes, HasSubstr(std::string("\x01\x05\x00\x00\x00\x01", 6)));
}

}  // namespace
}  // namespace anneal
