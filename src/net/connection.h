// One client's connection: moves bytes between its socket and its session, requests to the
// workers and answers back.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "net/byte_stream.h"
#include "net/event_loop.h"
#include "net/http1_session.h"
#include "net/http2_session.h"

namespace anneal {

// All calls on the loop's thread.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  // Without a context there is no TLS.
  Connection(std::shared_ptr<EventLoop> loop, boost::asio::ip::tcp::socket socket,
             const std::shared_ptr<ssl_ctx_st>& tls);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void Start();
  void Answer(uint32_t stream, HttpResponse response);
  void Tick(int64_t now_ns);
  void Drain();
  void Close();

  const std::shared_ptr<EventLoop>& loop() const { return loop_; }

 private:
  enum class State {
    kOpen,
    kLingering,  // ended and closed for writing; reads what still comes and forgets it
    kClosed,
  };

  template <typename Call>
  auto OnSession(Call call) const {
    return std::visit([&](const auto& session) { return call(*session); }, session_);
  }
  void WaitReadable();
  void WaitWritable();
  void OnReadable();
  void WatchForEnd();
  void Receive(std::string_view bytes);
  void Upgrade(Http2Upgrade upgrade, ReceivedRequests& requests);
  void Dispatch(ReceivedRequests requests);
  void Flush();
  void End(SessionEnd end);

  const std::shared_ptr<EventLoop> loop_;  // first: outlives the socket
  ByteStream stream_;
  State state_ = State::kOpen;
  bool waiting_read_ = false;
  bool waiting_write_ = false;
  bool read_waits_write_ = false;  // TLS must send before it can receive
  bool peer_ended_ = false;
  bool preface_over_ = false;  // the protocol is known
  std::string preface_;        // the first bytes, while they may be HTTP/2's preface
  std::string peer_;
  // HTTP/1 until the first bytes say otherwise.
  std::variant<std::unique_ptr<Http1Session>, std::unique_ptr<Http2Session>> session_;
  SendQueue queue_;
  int64_t sent_ns_ = 0;  // when bytes last went out, or were first queued
  // Since the queue was last empty: when writing began (0: not yet), and what went out.
  int64_t write_begun_ns_ = 0;
  size_t written_bytes_ = 0;
  int64_t linger_until_ns_ = 0;
};

}  // namespace anneal
