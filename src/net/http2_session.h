// HTTP/2 (RFC 9113) on one connection: many requests at once, each a stream. nghttp2 does frames,
// HPACK and flow control, and is named in http2_session.cc only; this adds limits. See session.h
// for the calls.
//
// What a client can make us hold is bounded: streams by max_streams (those that it reset while
// their handler works counted, so that resetting gains it nothing), heads by max_header_bytes,
// bodies by max_body_bytes, both by the budget of all connections, frames waiting to be sent by
// nghttp2. What it can make us do is bounded too: resets, pings, settings and the like have a rate,
// and a connection above it ends with ENHANCE_YOUR_CALM.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "net/session.h"

namespace anneal {

class Http2Session {
 public:
  // `context` must outlive the session. The client's bytes begin with its preface.
  Http2Session(SessionContext& context, std::string peer, int64_t now_ns);
  ~Http2Session();
  Http2Session(const Http2Session&) = delete;
  Http2Session& operator=(const Http2Session&) = delete;

  // Before any bytes: stream 1 is the request that asked to go on in HTTP/2, which the caller
  // hands on. `settings` is its HTTP2-Settings field, decoded. False when that is malformed.
  bool BeginUpgraded(const std::string& settings, HttpRequest& request, int64_t now_ns);

  void Receive(std::string_view bytes, int64_t now_ns, ReceivedRequests& requests);
  void Answer(uint32_t stream, HttpResponse response, int64_t now_ns);
  void Produce(SendQueue& queue, int64_t now_ns);
  void Sent(int64_t, ReceivedRequests&) {}
  void Tick(int64_t now_ns);
  void Drain();
  void ClientLeft();

  bool wants_read() const;
  bool idle() const;
  SessionEnd end() const;

 private:
  struct Rep;
  std::unique_ptr<Rep> rep_;
};

}  // namespace anneal
