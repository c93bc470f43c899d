// What the two protocols' sessions have in common. A session is the protocol of one connection
// without its socket: bytes and answers in, whole requests and bytes to send out. Pure but for the
// budget and the counters; time comes with each call. All calls come from one thread.
//
// Both Http1Session and Http2Session have:
//   void Receive(bytes, now_ns, requests)   takes all bytes; adds the requests that are now whole
//   void Answer(stream, response, now_ns)   of a request that was given out
//   void Produce(queue, now_ns)             adds bytes to send, as far as it has any and the queue
//                                           is not full
//   void Sent(now_ns, requests)             all that was produced has been sent
//   void Tick(now_ns)                       looks at deadlines, now and then
//   void Drain()                            no new requests, those under way end
//   void ClientLeft()                       the client will send nothing more
//   bool wants_read(), idle(); SessionEnd end()
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/http.h"
#include "net/inflight_budget.h"
#include "net/message_text.h"
#include "net/server_metrics.h"

namespace anneal {

// A request that has come whole. Whoever takes it releases `charged_bytes` and answers `stream`.
struct ReceivedRequest {
  uint32_t stream = 0;
  HttpRequest request;
  size_t charged_bytes = 0;
};
using ReceivedRequests = std::vector<ReceivedRequest>;

// What becomes of the connection once all is sent.
enum class SessionEnd {
  kGoesOn,
  kClose,
  // The client may still be sending: read on for a while before closing, or the connection is
  // reset and the client never reads the last answer.
  kLinger,
};

// Bytes on their way out, in pieces that are never copied together.
class SendQueue {
 public:
  static constexpr size_t kFullBytes = size_t{64} << 10;

  void Push(std::string bytes) {
    if (bytes.empty()) return;
    size_ += bytes.size();
    pieces_.push_back(std::move(bytes));
  }
  bool empty() const { return size_ == 0; }
  bool full() const { return size_ >= kFullBytes; }
  // The bytes that come `index`-th; empty after the last.
  std::string_view Piece(size_t index) const {
    if (first_ + index >= pieces_.size()) return {};
    return std::string_view(pieces_[first_ + index]).substr(index == 0 ? offset_ : 0);
  }
  void Pop(size_t bytes) {
    size_ -= bytes;
    offset_ += bytes;
    while (first_ < pieces_.size() && offset_ >= pieces_[first_].size()) {
      offset_ -= pieces_[first_].size();
      pieces_[first_++] = std::string();
    }
    if (first_ < pieces_.size()) return;
    pieces_.clear();
    first_ = 0;
  }

 private:
  std::vector<std::string> pieces_;
  size_t first_ = 0;
  size_t offset_ = 0;  // into pieces_[first_]
  size_t size_ = 0;
};

// The Date field's value; made once a second.
class DateText {
 public:
  std::string_view Now() {
    const time_t now = time(nullptr);
    if (now != second_) {
      second_ = now;
      text_ = HttpDate(now);
    }
    return text_;
  }

 private:
  time_t second_ = 0;
  std::string text_;
};

// What the sessions of one thread share; all of it outlives them.
struct SessionContext {
  const HttpServerOptions& options;
  InflightBudget& budget;
  ServerMetrics& metrics;
  RequestCounters& counters;
  const std::atomic<bool>& draining;
  DateText date;
};

// An answer that waits to be sent is charged to the budget if it is larger than this.
inline constexpr size_t kFreeAnswerBytes = size_t{4} << 10;

// What a client is told whose request finds no room in the budget.
inline constexpr std::string_view kNoRoom =
    "too many bytes of other requests are in flight; retry later";

// When a body must be whole, of which `received_bytes` have come.
inline int64_t BodyDeadlineNs(const HttpServerOptions& options, int64_t head_ns,
                              size_t received_bytes) {
  const double earned_s =
      options.min_body_rate == 0
          ? 0
          : static_cast<double>(received_bytes) / static_cast<double>(options.min_body_rate);
  return head_ns + options.body_timeout_ns + static_cast<int64_t>(earned_s * 1e9);
}

// What a client is told whose body is not whole by then.
inline std::string SlowBodyText(const HttpServerOptions& options) {
  std::string text = fmt::format("the request's body did not arrive within {} s",
                                 static_cast<double>(options.body_timeout_ns) / 1e9);
  if (options.min_body_rate == 0) return text;
  return fmt::format("{} and one more for each {} bytes of it", text, options.min_body_rate);
}

// When an answer must have been read: as late as a connection may idle, and a second more for each
// `min_body_rate` bytes that went out.
inline int64_t AnswerDeadlineNs(const HttpServerOptions& options, int64_t begin_ns,
                                size_t sent_bytes) {
  return BodyDeadlineNs(options, begin_ns + options.idle_timeout_ns - options.body_timeout_ns,
                        sent_bytes);
}

}  // namespace anneal
