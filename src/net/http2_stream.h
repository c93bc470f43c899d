// One request of an HTTP/2 connection, from its head to the last byte of its answer.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "net/http.h"
#include "net/inflight_budget.h"

namespace anneal {

struct Http2Stream {
  enum class State {
    kHead,
    kBody,
    kHandling,   // given out
    kAnswering,  // the answer is submitted; a client that still sends is not listened to
  };

  Http2Stream(InflightBudget& budget, int64_t now_ns)
      : begun_ns(now_ns), moved_ns(now_ns), charged(budget) {}
  ~Http2Stream() { ClientLeft(); }
  Http2Stream(const Http2Stream&) = delete;
  Http2Stream& operator=(const Http2Stream&) = delete;

  void ClientLeft() {
    if (client_left) client_left->store(true, std::memory_order_relaxed);
  }

  State state = State::kHead;
  int64_t begun_ns;
  int64_t head_ns = 0;      // when the head was whole
  int64_t answered_ns = 0;  // when the answer began
  int64_t moved_ns;         // when some of the answer last went out
  HttpRequest request;      // until it is given out
  std::string method;       // stays
  std::string cookies;      // of several fields one (RFC 9113, 8.2.3)
  size_t head_bytes = 0;
  size_t head_charge = 0;  // of `charged`
  bool no_room = false;    // for the head
  Charged charged;
  std::shared_ptr<std::atomic<bool>> client_left;
  HttpResponse response;
  size_t sent_bytes = 0;  // of response.body
};

}  // namespace anneal
