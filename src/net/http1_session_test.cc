#include "net/http1_session.h"

#include <gmock/gmock.h>

#include "base/metrics.h"

namespace anneal {
namespace {

using ::testing::HasSubstr;

constexpr int64_t kNowNs = 1'000'000'000'000;
constexpr std::string_view kPost = "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx";

class Http1SessionTest : public ::testing::Test {
 protected:
  Http1SessionTest() { options_.max_inflight_bytes = 100'000; }

  std::string Produced() {
    SendQueue queue;
    session_.Produce(queue, kNowNs);
    std::string all;
    for (size_t i = 0; !queue.Piece(i).empty(); ++i) all.append(queue.Piece(i));
    return all;
  }
  void AnswerAll() {
    for (const ReceivedRequest& request : std::exchange(requests_, {})) {
      budget_.Release(request.charged_bytes);
      session_.Answer(request.stream, {.body = "answer"}, kNowNs);
    }
  }
  double InflightBytes() { return all_metrics_.GetGauge("anneal_http_inflight_bytes", "").Value(); }

  HttpServerOptions options_;
  Metrics all_metrics_;
  ServerMetrics metrics_{&all_metrics_};
  RequestCounters counters_{metrics_};
  std::atomic<bool> draining_{false};
  InflightBudget budget_{100'000, metrics_, nullptr};
  SessionContext context_{options_, budget_, metrics_, counters_, draining_, {}};
  Http1Session session_{context_, "1.2.3.4:5", Http1Session::Upgrades::kRefused, kNowNs};
  ReceivedRequests requests_;
};

TEST_F(Http1SessionTest, WhatIsSentAheadIsCharged) {
  std::string ahead(kPost);
  for (int i = 0; i < 1'000; ++i) ahead.append(kPost);
  session_.Receive(ahead, kNowNs, requests_);
  EXPECT_GT(InflightBytes(), 1'000 * kPost.size());
  int answers = 0;
  for (; !requests_.empty(); ++answers) {
    ASSERT_EQ(requests_.size(), 1u) << "one after the other";
    AnswerAll();
    EXPECT_THAT(Produced(), HasSubstr("answer"));
    session_.Sent(kNowNs, requests_);
  }
  EXPECT_EQ(answers, 1'001);
  EXPECT_EQ(InflightBytes(), 0);
  EXPECT_EQ(session_.end(), SessionEnd::kGoesOn);
}

TEST_F(Http1SessionTest, WhatIsSentAheadWithoutRoomEndsTheConnection) {
  budget_.Charge(90'000);  // by another connection
  session_.Receive(std::string(kPost) + std::string(20'000, 'x'), kNowNs, requests_);
  ASSERT_EQ(requests_.size(), 1u);
  AnswerAll();
  const std::string answer = Produced();
  EXPECT_THAT(answer, HasSubstr("HTTP/1.1 200"));
  EXPECT_THAT(answer, HasSubstr("Connection: close"));
  session_.Sent(kNowNs, requests_);
  EXPECT_TRUE(requests_.empty());
  EXPECT_EQ(session_.end(), SessionEnd::kLinger);
  EXPECT_EQ(InflightBytes(), 90'000);
}

}  // namespace
}  // namespace anneal
