// HTTP/1.0 and 1.1 on one connection: requests one after the other, each answered before the next
// is read. See session.h for the calls.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "net/message_parser.h"
#include "net/message_text.h"
#include "net/session.h"

namespace anneal {

// A request that asks to go on in HTTP/2 (Upgrade: h2c, RFC 7540, 3.2).
struct Http2Upgrade {
  std::string settings;  // the payload of a SETTINGS frame
  ReceivedRequest request;
  std::string unread;  // what came behind the request: HTTP/2 already
};

class Http1Session {
 public:
  enum class Upgrades { kRefused, kH2c };

  // `context` must outlive the session.
  Http1Session(SessionContext& context, std::string peer, Upgrades upgrades, int64_t now_ns);
  ~Http1Session();
  Http1Session(const Http1Session&) = delete;
  Http1Session& operator=(const Http1Session&) = delete;

  void Receive(std::string_view bytes, int64_t now_ns, ReceivedRequests& requests);
  void Answer(uint32_t stream, HttpResponse response, int64_t now_ns);
  void Produce(SendQueue& queue, int64_t now_ns);
  void Sent(int64_t now_ns, ReceivedRequests& requests);
  void Tick(int64_t now_ns);
  void Drain();
  void ClientLeft();

  bool wants_read() const { return state_ == State::kIdle || state_ == State::kReceiving; }
  bool idle() const { return state_ == State::kIdle; }
  SessionEnd end() const { return end_; }
  // Once, after Receive or Sent. The answer to the request is then HTTP/2's.
  std::optional<Http2Upgrade> TakeUpgrade() { return std::exchange(upgrade_, std::nullopt); }

 private:
  enum class State {
    kIdle,       // between requests
    kReceiving,  // some of a request has come
    kHandling,   // given out
    kAnswering,
    kEnded,
  };

  const HttpServerOptions& options() const { return context_.options; }
  size_t Consume(std::string_view bytes, int64_t now_ns, ReceivedRequests& requests);
  void OnHead(int64_t now_ns);
  void Complete(ReceivedRequests& requests);
  bool WantsUpgrade(const HttpRequest& request) const;
  void Refuse(int status, std::string_view message, int64_t now_ns);
  void End(SessionEnd end);

  SessionContext& context_;
  const std::string peer_;
  const Upgrades upgrades_;
  MessageParser parser_;
  State state_ = State::kIdle;
  SessionEnd end_ = SessionEnd::kGoesOn;
  bool refused_ = false;  // the request, or what came behind it, was not read to its end
  int64_t deadline_ns_;
  int64_t begun_ns_ = 0;    // when the request's first byte came
  int64_t head_ns_ = 0;     // when its head was whole
  Charged charged_;         // for the request being received
  std::string unread_;      // received but not consumed: part of a head, or the next request
  Charged unread_charged_;  // for `unread_` while a request is handled
  std::string method_;
  bool keep_alive_ = false;
  bool http10_ = false;
  std::shared_ptr<std::atomic<bool>> client_left_;
  std::string out_;  // not yet taken by Produce
  std::string out_body_;
  std::string out_end_;
  std::optional<Http2Upgrade> upgrade_;
};

}  // namespace anneal
