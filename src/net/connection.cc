#include "net/connection.h"

#include <atomic>
#include <boost/asio/post.hpp>
#include <exception>

#include "base/log.h"
#include "net/request_charge.h"

namespace anneal {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;
using Outcome = ByteStream::Outcome;

// What one connection may read before the others of its loop have their turn.
constexpr size_t kTurnBytes = size_t{4} << 20;
// How long a client whose connection has ended may go on sending before it is cut.
constexpr int64_t kLingerNs = 2'000'000'000;
// No method of HTTP/1 begins like HTTP/2's preface (RFC 9113, 3.4); the session checks the rest.
constexpr std::string_view kPreface = "PRI ";

// Whether the server is well is asked under these paths, by those who end a server that does not
// answer: handlers answer at once, so that they need no worker, all of which may be busy.
bool AsksWhetherWell(const HttpRequest& request) {
  return request.target == "/healthz" || request.target == "/ready";
}

// One request at its handler: passes the first answer on, and answers itself when the handler
// lets go of it without one.
class Slot final : public RequestMemory {
 public:
  Slot(std::shared_ptr<Connection> connection, ReceivedRequest received)
      : request(std::move(received.request)),
        connection_(std::move(connection)),
        stream_(received.stream),
        charge_(connection_->loop()->core().budget, received.charged_bytes) {}
  Slot(const Slot&) = delete;
  Slot& operator=(const Slot&) = delete;
  ~Slot() override {
    if (!answered_) Answer(RefusalResponse(500, "the request was dropped without an answer"));
  }

  void Answer(HttpResponse response) {
    if (answered_.exchange(true)) {
      log::Error("http: a request was answered twice; the second answer is dropped");
      return;
    }
    charge_.End();
    connection_->loop()->Deliver(connection_, stream_, std::move(response));
  }

  Status Claim(size_t bytes) override { return charge_.Claim(bytes); }
  void Release(size_t bytes) override { charge_.Release(bytes); }

  HttpRequest request;

 private:
  const std::shared_ptr<Connection> connection_;
  const uint32_t stream_;
  RequestCharge charge_;
  std::atomic<bool> answered_{false};
};

void RunHandler(const HttpHandler& handler, const std::shared_ptr<Slot>& slot) {
  try {
    HttpRequest request = std::move(slot->request);
    request.memory = slot;
    handler(std::move(request),
            [slot](HttpResponse response) { slot->Answer(std::move(response)); });
  } catch (const std::exception& error) {
    // Ours do not throw, but the standard library does when memory is short.
    log::Error("http: a handler threw", {{"error", error.what()}});
    slot->Answer(RefusalResponse(500, "the server failed to handle the request"));
  }
}

}  // namespace

Connection::Connection(std::shared_ptr<EventLoop> loop, tcp::socket socket,
                       const std::shared_ptr<ssl_ctx_st>& tls)
    : loop_(std::move(loop)), stream_(std::move(socket), tls) {}

void Connection::Start() {
  peer_ = stream_.Peer();
  // With TLS clients choose HTTP/2 in the handshake (ALPN), and then begin with its preface too.
  const auto upgrades =
      stream_.is_tls() ? Http1Session::Upgrades::kRefused : Http1Session::Upgrades::kH2c;
  session_ =
      std::make_unique<Http1Session>(loop_->sessions(), peer_, upgrades, ServerCore::NowNs());
  if (peer_.empty() || loop_->core().draining) return Close();
  WaitReadable();
}

// --- reading ---------------------------------------------------------------------------------

void Connection::WaitReadable() {
  if (waiting_read_ || peer_ended_ || state_ == State::kClosed) return;
  waiting_read_ = true;
  auto readable = [self = shared_from_this()](const error_code& ec) {
    self->waiting_read_ = false;
    if (self->state_ == State::kClosed) return;
    if (ec) return self->Close();
    self->OnReadable();
  };
  if (stream_.HasPending()) {
    boost::asio::post(loop_->io(), [readable = std::move(readable)] { readable({}); });
  } else {
    stream_.socket().async_wait(tcp::socket::wait_read, std::move(readable));
  }
}

void Connection::OnReadable() {
  const boost::asio::mutable_buffer scratch = loop_->scratch();
  for (size_t taken = 0; taken < kTurnBytes;) {
    if (state_ == State::kOpen && !OnSession([](const auto& s) { return s.wants_read(); })) {
      return WatchForEnd();
    }
    const ByteStream::Moved read = stream_.Read(scratch);
    if (read.outcome == Outcome::kWaitRead) break;
    if (read.outcome == Outcome::kWaitWrite) {
      read_waits_write_ = true;
      if (!waiting_write_) WaitWritable();
      return;
    }
    // The end, too: a request that was whole has left this state already.
    if (read.outcome != Outcome::kMoved) return Close();
    taken += read.bytes;
    if (state_ == State::kLingering) continue;
    Receive({static_cast<const char*>(scratch.data()), read.bytes});
    if (state_ == State::kClosed) return;
    // A short read emptied the socket; ask again only when more comes.
    if (!stream_.MayHaveMore(read.bytes, scratch.size())) break;
  }
  WaitReadable();
}

// While a request is handled nothing is read, but its client may leave. When it has sent more
// instead, its end cannot be seen before that is read.
void Connection::WatchForEnd() {
  const ByteStream::Moved peeked = stream_.Peek();
  if (peeked.outcome == Outcome::kWaitRead) return WaitReadable();
  if (peeked.outcome == Outcome::kMoved) return;
  if (peeked.outcome == Outcome::kBroken) return Close();
  peer_ended_ = true;
  OnSession([](auto& session) { session.ClientLeft(); });
}

void Connection::Receive(std::string_view bytes) {
  std::string held;
  if (!preface_over_) {
    preface_.append(bytes);
    const size_t known = std::min(preface_.size(), kPreface.size());
    const bool may_be_http2 =
        std::string_view(preface_).substr(0, known) == kPreface.substr(0, known);
    if (may_be_http2 && known < kPreface.size()) return;
    preface_over_ = true;
    if (may_be_http2) {
      session_ = std::make_unique<Http2Session>(loop_->sessions(), peer_, ServerCore::NowNs());
    }
    held = std::exchange(preface_, {});
    bytes = held;
  }
  ReceivedRequests requests;
  const int64_t now_ns = ServerCore::NowNs();
  OnSession([&](auto& session) { session.Receive(bytes, now_ns, requests); });
  Dispatch(std::move(requests));
  Flush();
}

// --- requests --------------------------------------------------------------------------------

void Connection::Dispatch(ReceivedRequests requests) {
  if (auto* http1 = std::get_if<std::unique_ptr<Http1Session>>(&session_)) {
    if (auto upgrade = (*http1)->TakeUpgrade()) Upgrade(*std::move(upgrade), requests);
  }
  ServerCore& core = loop_->core();
  for (ReceivedRequest& received : requests) {
    auto slot = std::make_shared<Slot>(shared_from_this(), std::move(received));
    if (AsksWhetherWell(slot->request)) {
      RunHandler(core.handler, slot);
      continue;
    }
    core.workers.Run([&core, slot = std::move(slot)] { RunHandler(core.handler, slot); });
  }
}

void Connection::Upgrade(Http2Upgrade upgrade, ReceivedRequests& requests) {
  const int64_t now_ns = ServerCore::NowNs();
  auto http2 = std::make_unique<Http2Session>(loop_->sessions(), peer_, now_ns);
  if (!http2->BeginUpgraded(upgrade.settings, upgrade.request.request, now_ns)) {
    loop_->core().budget.Release(upgrade.request.charged_bytes);
    OnSession([&](auto& session) {
      session.Answer(0, RefusalResponse(400, "the field HTTP2-Settings is malformed"), now_ns);
    });
    return;
  }
  queue_.Push("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n");
  session_ = std::move(http2);
  upgrade.request.stream = 1;
  requests.push_back(std::move(upgrade.request));
  OnSession([&](auto& session) { session.Receive(upgrade.unread, now_ns, requests); });
}

void Connection::Answer(uint32_t stream, HttpResponse response) {
  if (state_ != State::kOpen) return;
  const int64_t now_ns = ServerCore::NowNs();
  OnSession([&](auto& session) { session.Answer(stream, std::move(response), now_ns); });
  Flush();
}

// --- writing ---------------------------------------------------------------------------------

// Sends what there is to send, as far as the socket takes it; then looks whether all is over.
void Connection::Flush() {
  if (waiting_write_) return;
  while (state_ == State::kOpen) {
    const int64_t now_ns = ServerCore::NowNs();
    OnSession([&](auto& session) { session.Produce(queue_, now_ns); });
    if (queue_.empty()) {
      write_begun_ns_ = 0;
      ReceivedRequests requests;
      OnSession([&](auto& session) { session.Sent(now_ns, requests); });
      Dispatch(std::move(requests));
      OnSession([&](auto& session) { session.Produce(queue_, now_ns); });
      if (!queue_.empty()) continue;
      const SessionEnd end = OnSession([](const auto& session) { return session.end(); });
      if (end != SessionEnd::kGoesOn) return End(end);
      if (!OnSession([](const auto& session) { return session.wants_read(); })) return;
      if (peer_ended_) return Close();
      return WaitReadable();
    }
    if (write_begun_ns_ == 0) {
      write_begun_ns_ = now_ns;
      written_bytes_ = 0;
    }
    const ByteStream::Moved written = stream_.Write(queue_);
    if (written.outcome == Outcome::kWaitWrite) return WaitWritable();
    // TLS must receive before it can send; whatever is received flushes again.
    if (written.outcome == Outcome::kWaitRead) return WaitReadable();
    if (written.outcome != Outcome::kMoved) return Close();
    queue_.Pop(written.bytes);
    written_bytes_ += written.bytes;
    sent_ns_ = now_ns;
  }
}

void Connection::WaitWritable() {
  waiting_write_ = true;
  sent_ns_ = ServerCore::NowNs();
  stream_.socket().async_wait(tcp::socket::wait_write,
                              [self = shared_from_this()](const error_code& ec) {
                                self->waiting_write_ = false;
                                if (self->state_ == State::kClosed) return;
                                if (ec) return self->Close();
                                if (std::exchange(self->read_waits_write_, false)) {
                                  self->OnReadable();
                                }
                                self->Flush();
                              });
}

// --- ending ----------------------------------------------------------------------------------

void Connection::Tick(int64_t now_ns) {
  if (state_ == State::kClosed) return;
  if (state_ == State::kLingering) {
    if (now_ns >= linger_until_ns_) Close();
    return;
  }
  // For readers that stand still, and for those that only just move.
  const HttpServerOptions& options = loop_->core().options;
  if (waiting_write_ && (now_ns >= sent_ns_ + options.idle_timeout_ns ||
                         now_ns >= AnswerDeadlineNs(options, write_begun_ns_, written_bytes_))) {
    return Close();
  }
  OnSession([&](auto& session) { session.Tick(now_ns); });
  Flush();
}

void Connection::Drain() {
  if (state_ != State::kOpen) return;
  OnSession([](auto& session) { session.Drain(); });
  Flush();
}

void Connection::End(SessionEnd end) {
  stream_.EndWriting();
  if (end == SessionEnd::kClose || peer_ended_) return Close();
  state_ = State::kLingering;
  OnSession([](auto& session) { session.ClientLeft(); });
  linger_until_ns_ = ServerCore::NowNs() + kLingerNs;
  WaitReadable();
}

void Connection::Close() {
  if (state_ == State::kClosed) return;
  state_ = State::kClosed;
  const auto self = shared_from_this();
  OnSession([](auto& session) { session.ClientLeft(); });
  // Gives back what it holds of the budget now: answers on their way keep this object alive.
  session_ = std::unique_ptr<Http1Session>();
  stream_.Close();
  loop_->Remove(self);
}

}  // namespace anneal
