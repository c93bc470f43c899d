// The HTTP server. Each io thread runs one loop with its own connections, so that a connection is
// touched by one thread alone and needs no lock. A loop reads into one scratch buffer that all its
// connections share: an idle connection holds no buffer at all. Complete requests go to the
// workers; answers come back through the loop's mailbox, which wakes the loop once per batch.
// Deadlines are plain numbers that a tick compares, since arming a timer for each request costs
// more than reading it. Another protocol on the same port (HTTP/2 with prior knowledge) would be
// told apart in Connection::OnReadable, by the first bytes of a connection.
#include <absl/container/flat_hash_set.h>

#include <array>
#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <ctime>
#include <exception>
#include <thread>

#include "base/clock.h"
#include "base/log.h"
#include "base/mutex.h"
#include "net/http.h"
#include "net/message_parser.h"
#include "net/message_text.h"
#include "net/server_metrics.h"
#include "net/worker_pool.h"

namespace anneal {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

// One read.
constexpr size_t kScratchBytes = size_t{256} << 10;
// What one connection may read before the others of its loop have their turn.
constexpr size_t kTurnBytes = size_t{4} << 20;
// How long a refused client may go on sending before the connection is cut. Closing at once would
// reset the connection, and the client would never read why it was refused.
constexpr int64_t kLingerNs = 2'000'000'000;
constexpr int64_t kNever = INT64_MAX;
// Chunked bodies do not say their length; they are charged to the budget in steps of this.
constexpr size_t kChargeStepBytes = size_t{64} << 10;

int64_t NowNs() { return Clock::System().MonotonicNs(); }

// What all loops and connections share.
struct Shared {
  Shared(const HttpServerOptions& o, HttpHandler h)
      : options(o), handler(std::move(h)), metrics(o.metrics), workers(o.worker_threads) {}

  // Takes `bytes` of the budget; false when there is no room. A request alone always has room.
  bool Charge(size_t bytes) {
    size_t before = inflight_bytes.load();
    do {
      if (before != 0 && before + bytes > options.max_inflight_bytes) return false;
    } while (!inflight_bytes.compare_exchange_weak(before, before + bytes));
    metrics.AddInflightBytes(static_cast<double>(bytes));
    return true;
  }
  void Release(size_t bytes) {
    if (bytes == 0) return;
    inflight_bytes -= bytes;
    metrics.AddInflightBytes(-static_cast<double>(bytes));
  }
  void CountConnection(int change) {
    metrics.AddConnections(change);
    MutexLock lock(mutex);
    connections += change;
    if (connections == 0) all_closed.NotifyAll();
  }
  int64_t Connections() {
    MutexLock lock(mutex);
    return connections;
  }
  // False when connections are still open at the deadline.
  void WaitForClosed(int64_t deadline_ns) {
    MutexLock lock(mutex);
    while (connections != 0) {
      const int64_t left_ns = deadline_ns - NowNs();
      if (left_ns <= 0) return;
      all_closed.WaitFor(mutex, std::chrono::nanoseconds(left_ns));
    }
  }

  const HttpServerOptions options;
  const HttpHandler handler;
  ServerMetrics metrics;
  std::atomic<size_t> inflight_bytes{0};
  std::atomic<bool> draining{false};
  Mutex mutex;
  CondVar all_closed;
  int64_t connections GUARDED_BY(mutex) = 0;
  WorkerPool workers;
};

class Connection;

// An answer on its way from any thread to the loop.
struct Letter {
  std::shared_ptr<Connection> connection;
  HttpResponse response;
};

// One io thread and its connections. Only Start and Deliver are for other threads.
class Loop {
 public:
  explicit Loop(std::shared_ptr<Shared> shared);

  void Start() {
    thread_ = std::thread([this] { io_.run(); });
  }
  void Join() {
    guard_.reset();
    if (thread_.joinable()) thread_.join();
  }
  // Dropped once the loop is closed.
  void Deliver(std::shared_ptr<Connection> connection, HttpResponse response) EXCLUDES_LOCK(mutex_);

  void Add(std::shared_ptr<Connection> connection);
  void Remove(const std::shared_ptr<Connection>& connection);
  void CloseIdle();
  void CloseAll() EXCLUDES_LOCK(mutex_);
  // The Date field's value; made once a second.
  std::string_view Date();

  Shared& shared() { return *shared_; }
  asio::io_context& io() { return io_; }
  RequestCounters& counters() { return counters_; }
  asio::mutable_buffer scratch() { return asio::buffer(scratch_); }

 private:
  void OpenMail() EXCLUDES_LOCK(mutex_);
  void Tick();

  const std::shared_ptr<Shared> shared_;
  asio::io_context io_{1};
  asio::executor_work_guard<asio::io_context::executor_type> guard_{io_.get_executor()};
  std::thread thread_;
  asio::steady_timer tick_{io_};
  int64_t tick_ns_;
  bool ticking_ = false;
  std::vector<char> scratch_;
  absl::flat_hash_set<std::shared_ptr<Connection>> connections_;
  RequestCounters counters_;
  time_t date_second_ = 0;
  std::string date_;

  Mutex mutex_;
  std::vector<Letter> mailbox_ GUARDED_BY(mutex_);
  bool mailbox_closed_ GUARDED_BY(mutex_) = false;
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  enum class State {
    kIdle,       // between requests
    kReceiving,  // some of a request has come
    kHandling,   // a worker, or whoever it asked, has the request
    kWriting,
    kLingering,  // answered and closed for writing; reads what still comes and forgets it
    kClosed,
  };

  Connection(std::shared_ptr<Loop> loop, tcp::socket socket)
      : loop_(std::move(loop)),
        socket_(std::move(socket)),
        parser_(MessageKind::kRequest,
                {options().max_header_bytes, uint64_t{options().max_body_bytes}}) {}

  void Start();
  // Sends the answer to the request in hand.
  void Send(HttpResponse response);
  void OnDeadline();
  void Close();

  State state() const { return state_; }
  int64_t deadline_ns() const { return deadline_ns_; }
  const std::shared_ptr<Loop>& loop() const { return loop_; }

 private:
  const HttpServerOptions& options() const { return loop_->shared().options; }
  bool Reads() const {
    return state_ == State::kIdle || state_ == State::kReceiving || state_ == State::kLingering;
  }
  void Wait();
  void OnReadable();
  void Receive(std::string_view bytes);
  size_t Consume(std::string_view bytes);
  void OnHead();
  bool ChargeBody();
  void Dispatch();
  void Refuse(int status, std::string_view message);
  void OnWritten(const error_code& ec);
  void NextRequest();
  void Linger();

  const std::shared_ptr<Loop> loop_;  // first: outlives the socket
  tcp::socket socket_;
  MessageParser parser_;
  State state_ = State::kIdle;
  bool waiting_ = false;
  bool refused_ = false;  // the request was not read to its end
  int64_t deadline_ns_ = kNever;
  int64_t begun_ns_ = 0;      // when the request's first byte came
  size_t charged_bytes_ = 0;  // of the request being received
  std::string unread_;        // received but not consumed: part of a head, or the next request
  std::string peer_;
  std::string method_;
  bool keep_alive_ = false;
  bool http10_ = false;
  // The response being written.
  AfterResponse after_ = AfterResponse::kClose;
  std::string out_head_;
  std::string out_body_;
};

// One request at its handler: passes the first answer on, and answers itself when the handler
// lets go of it without one.
class Slot {
 public:
  Slot(std::shared_ptr<Connection> connection, HttpRequest received, size_t charged_bytes)
      : request(std::move(received)),
        connection_(std::move(connection)),
        charged_bytes_(charged_bytes) {}
  Slot(const Slot&) = delete;
  Slot& operator=(const Slot&) = delete;
  ~Slot() {
    if (!answered_) Answer(RefusalResponse(500, "the request was dropped without an answer"));
  }

  void Answer(HttpResponse response) {
    if (answered_.exchange(true)) {
      log::Error("http: a request was answered twice; the second answer is dropped");
      return;
    }
    connection_->loop()->shared().Release(charged_bytes_);
    connection_->loop()->Deliver(connection_, std::move(response));
  }

  HttpRequest request;

 private:
  const std::shared_ptr<Connection> connection_;
  const size_t charged_bytes_;
  std::atomic<bool> answered_{false};
};

void RunHandler(const HttpHandler& handler, const std::shared_ptr<Slot>& slot) {
  try {
    handler(std::move(slot->request),
            [slot](HttpResponse response) { slot->Answer(std::move(response)); });
  } catch (const std::exception& error) {
    // Ours do not throw, but the standard library does when memory is short.
    log::Error("http: a handler threw", {{"error", error.what()}});
    slot->Answer(RefusalResponse(500, "the server failed to handle the request"));
  }
}

// --- loop ------------------------------------------------------------------------------------

Loop::Loop(std::shared_ptr<Shared> shared)
    : shared_(std::move(shared)), scratch_(kScratchBytes), counters_(shared_->metrics) {
  const HttpServerOptions& o = shared_->options;
  const int64_t shortest = std::min({o.header_timeout_ns, o.body_timeout_ns, o.idle_timeout_ns});
  tick_ns_ = std::clamp<int64_t>(shortest / 4, 1'000'000, 500'000'000);
}

void Loop::Deliver(std::shared_ptr<Connection> connection, HttpResponse response) {
  // Posts under the lock: once the mailbox is closed nobody touches io_ any more.
  MutexLock lock(mutex_);
  if (mailbox_closed_) return;
  mailbox_.push_back({std::move(connection), std::move(response)});
  if (mailbox_.size() == 1) asio::post(io_, [this] { OpenMail(); });
}

void Loop::OpenMail() {
  std::vector<Letter> letters;
  {
    MutexLock lock(mutex_);
    letters.swap(mailbox_);
  }
  for (Letter& letter : letters) letter.connection->Send(std::move(letter.response));
}

void Loop::Add(std::shared_ptr<Connection> connection) {
  connections_.insert(std::move(connection));
  if (!ticking_) Tick();
}

void Loop::Remove(const std::shared_ptr<Connection>& connection) {
  if (connections_.erase(connection) != 0) shared_->CountConnection(-1);
}

void Loop::Tick() {
  ticking_ = !connections_.empty();
  if (!ticking_) return;
  tick_.expires_after(std::chrono::nanoseconds(tick_ns_));
  tick_.async_wait([this](const error_code& ec) {
    if (ec) return;
    const int64_t now_ns = NowNs();
    std::vector<std::shared_ptr<Connection>> expired;
    for (const auto& connection : connections_) {
      if (connection->deadline_ns() <= now_ns) expired.push_back(connection);
    }
    for (const auto& connection : expired) connection->OnDeadline();
    Tick();
  });
}

void Loop::CloseIdle() {
  std::vector<std::shared_ptr<Connection>> idle;
  for (const auto& connection : connections_) {
    if (connection->state() == Connection::State::kIdle) idle.push_back(connection);
  }
  for (const auto& connection : idle) connection->Close();
}

void Loop::CloseAll() {
  const std::vector<std::shared_ptr<Connection>> all(connections_.begin(), connections_.end());
  for (const auto& connection : all) connection->Close();
  tick_.cancel();
  std::vector<Letter> dropped;
  MutexLock lock(mutex_);
  mailbox_closed_ = true;
  dropped.swap(mailbox_);
}

std::string_view Loop::Date() {
  const time_t now = time(nullptr);
  if (now != date_second_) {
    date_second_ = now;
    date_ = HttpDate(now);
  }
  return date_;
}

// --- connection ------------------------------------------------------------------------------

void Connection::Start() {
  error_code ec;
  const tcp::endpoint peer = socket_.remote_endpoint(ec);
  if (ec || loop_->shared().draining) return Close();
  peer_ = fmt::format(fmt::runtime(peer.address().is_v6() ? "[{}]:{}" : "{}:{}"),
                      peer.address().to_string(), peer.port());
  deadline_ns_ = NowNs() + options().header_timeout_ns;
  Wait();
}

void Connection::Wait() {
  if (waiting_) return;
  waiting_ = true;
  socket_.async_wait(tcp::socket::wait_read, [self = shared_from_this()](const error_code& ec) {
    self->waiting_ = false;
    if (self->state_ == State::kClosed) return;
    if (ec) return self->Close();
    if (self->Reads()) self->OnReadable();
  });
}

void Connection::OnReadable() {
  const asio::mutable_buffer scratch = loop_->scratch();
  for (size_t taken = 0; taken < kTurnBytes;) {
    error_code ec;
    const size_t count = socket_.read_some(scratch, ec);
    if (ec == asio::error::would_block) break;
    // The end, too: a request that was whole has left this state already.
    if (ec) return Close();
    taken += count;
    if (state_ == State::kLingering) continue;
    Receive({static_cast<const char*>(scratch.data()), count});
    if (!Reads()) return;
    // A short read emptied the socket; ask again only when more comes.
    if (count < scratch.size()) break;
  }
  Wait();
}

void Connection::Receive(std::string_view bytes) {
  if (unread_.empty()) {
    unread_ = bytes.substr(Consume(bytes));
    return;
  }
  unread_.append(bytes);
  unread_.erase(0, Consume(unread_));
}

// Feeds the parser until it needs more or a request is complete; returns the bytes used.
size_t Connection::Consume(std::string_view bytes) {
  using Stage = MessageParser::Stage;
  size_t used = 0;
  // Clients may send empty lines between requests (RFC 9112, 2.2).
  while (state_ == State::kIdle && used < bytes.size() &&
         (bytes[used] == '\r' || bytes[used] == '\n')) {
    ++used;
  }
  while (used < bytes.size() && (state_ == State::kIdle || state_ == State::kReceiving)) {
    if (state_ == State::kIdle) {
      state_ = State::kReceiving;
      begun_ns_ = NowNs();
      deadline_ns_ = begun_ns_ + options().header_timeout_ns;
    }
    const Stage before = parser_.stage();
    const size_t step = parser_.Feed(bytes.substr(used));
    used += step;
    const Stage after = parser_.stage();
    if (after == Stage::kFailed) {
      Refuse(parser_.failure().status, parser_.failure().message);
      break;
    }
    if (before == Stage::kHead && after != Stage::kHead) OnHead();
    if (state_ != State::kReceiving || !ChargeBody()) break;
    if (after == Stage::kDone) {
      Dispatch();
      break;
    }
    if (step == 0 || after == Stage::kHead) break;
  }
  return used;
}

void Connection::OnHead() {
  const MessageHead& head = parser_.head();
  method_ = head.method;
  http10_ = head.http10;
  keep_alive_ = head.keep_alive;
  deadline_ns_ = NowNs() + options().body_timeout_ns;
  if (parser_.stage() == MessageParser::Stage::kDone) return;
  // The whole length is reserved now, so that uploads that begin together do not all fail midway.
  if (head.content_length) {
    const auto length = static_cast<size_t>(*head.content_length);
    if (!loop_->shared().Charge(length)) {
      return Refuse(503, "too many bytes of other requests are in flight; retry later");
    }
    charged_bytes_ = length;
  }
  if (head.expect_continue && !head.http10) {
    constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    error_code ec;
    const size_t sent = socket_.write_some(asio::buffer(kContinue), ec);
    // Only a peer that reads none of its earlier answers leaves no room for 25 bytes.
    if (ec || sent != kContinue.size()) Close();
  }
}

// Charges what a body has grown by; false, having refused, when there is no room.
bool Connection::ChargeBody() {
  const size_t size = parser_.body().size();
  if (size <= charged_bytes_) return true;
  const size_t step = std::max(size - charged_bytes_, kChargeStepBytes);
  if (!loop_->shared().Charge(step)) {
    Refuse(503, "too many bytes of other requests are in flight; retry later");
    return false;
  }
  charged_bytes_ += step;
  return true;
}

void Connection::Dispatch() {
  state_ = State::kHandling;
  deadline_ns_ = kNever;
  MessageHead& head = parser_.head();
  HttpRequest request;
  request.method = std::move(head.method);
  request.target = std::move(head.target);
  request.headers = std::move(head.headers);
  request.body = std::move(parser_.body());
  request.peer = peer_;
  auto slot = std::make_shared<Slot>(shared_from_this(), std::move(request),
                                     std::exchange(charged_bytes_, 0));
  Shared& shared = loop_->shared();
  shared.workers.Run([&shared, slot = std::move(slot)] { RunHandler(shared.handler, slot); });
}

void Connection::Refuse(int status, std::string_view message) {
  log::Debug("http: request refused", {{"peer", peer_}, {"status", status}, {"reason", message}});
  loop_->shared().Release(std::exchange(charged_bytes_, 0));
  parser_.body() = std::string();
  refused_ = true;
  HttpResponse response = RefusalResponse(status, message);
  if (status == 503) response.headers.Add("Retry-After", "1");
  state_ = State::kHandling;
  Send(std::move(response));
}

void Connection::Send(HttpResponse response) {
  if (state_ != State::kHandling) return;  // closed meanwhile
  if (response.status < 200 || response.status > 999) {
    log::Error("http: a handler answered with an impossible status", {{"status", response.status}});
    response = RefusalResponse(500, "the server failed to handle the request");
  }
  const bool close = refused_ || !keep_alive_ || loop_->shared().draining;
  after_ = close     ? AfterResponse::kClose
           : http10_ ? AfterResponse::kKeepAliveHttp10
                     : AfterResponse::kKeepAlive;
  const int status = response.status;
  loop_->counters().Count(method_, status);  // before the client can know
  out_head_.clear();
  AppendResponseHead(response, after_, loop_->Date(), out_head_);
  out_body_ = std::move(response.body);
  if (method_ == "HEAD" || !StatusHasBody(status)) out_body_.clear();
  state_ = State::kWriting;
  deadline_ns_ = NowNs() + options().idle_timeout_ns;
  // Each write that moves something renews the deadline: it is for readers that stand still.
  asio::async_write(
      socket_, std::array<asio::const_buffer, 2>{asio::buffer(out_head_), asio::buffer(out_body_)},
      [this](const error_code& ec, size_t moved) -> size_t {
        if (ec) return 0;
        if (moved != 0) deadline_ns_ = NowNs() + options().idle_timeout_ns;
        return size_t{1} << 20;
      },
      [self = shared_from_this()](const error_code& ec, size_t) { self->OnWritten(ec); });
}

void Connection::OnWritten(const error_code& ec) {
  if (state_ != State::kWriting) return;
  loop_->shared().metrics.ObserveDuration(NowNs() - begun_ns_);
  out_body_ = std::string();
  if (ec) return Close();
  if (after_ != AfterResponse::kClose) return NextRequest();
  if (refused_ || !unread_.empty()) return Linger();
  error_code ignored;
  socket_.shutdown(tcp::socket::shutdown_send, ignored);
  Close();
}

void Connection::NextRequest() {
  parser_.Reset(MessageKind::kRequest);
  method_.clear();
  state_ = State::kIdle;
  deadline_ns_ = NowNs() + options().idle_timeout_ns;
  if (!unread_.empty()) {
    const std::string bytes = std::exchange(unread_, {});
    Receive(bytes);
  }
  if (state_ == State::kIdle && loop_->shared().draining) return Close();
  if (Reads()) Wait();
}

void Connection::Linger() {
  error_code ec;
  socket_.shutdown(tcp::socket::shutdown_send, ec);
  state_ = State::kLingering;
  unread_ = std::string();
  deadline_ns_ = NowNs() + kLingerNs;
  Wait();
}

void Connection::OnDeadline() {
  if (state_ != State::kReceiving) return Close();
  const bool in_head = parser_.stage() == MessageParser::Stage::kHead;
  const int64_t limit_ns = in_head ? options().header_timeout_ns : options().body_timeout_ns;
  Refuse(408, fmt::format("the request's {} did not arrive within {} s",
                          in_head ? "header" : "body", static_cast<double>(limit_ns) / 1e9));
}

void Connection::Close() {
  if (state_ == State::kClosed) return;
  state_ = State::kClosed;
  loop_->shared().Release(std::exchange(charged_bytes_, 0));
  error_code ignored;
  socket_.close(ignored);
  loop_->Remove(shared_from_this());
}

// --- server ----------------------------------------------------------------------------------

class Server final : public HttpServer {
 public:
  Server(const HttpServerOptions& options, HttpHandler handler)
      : shared_(std::make_shared<Shared>(options, std::move(handler))) {
    for (int i = 0; i < std::max(1, options.io_threads); ++i) {
      loops_.push_back(std::make_shared<Loop>(shared_));
    }
    acceptor_.emplace(loops_[0]->io());
    retry_.emplace(loops_[0]->io());
  }
  ~Server() override { Shutdown(0); }

  Status Listen() {
    ASSIGN_OR_RETURN(const tcp::endpoint endpoint, Resolve());
    error_code ec;
    acceptor_->open(endpoint.protocol(), ec);
    if (!ec) acceptor_->set_option(tcp::acceptor::reuse_address(true), ec);
    if (!ec) acceptor_->bind(endpoint, ec);
    if (!ec) acceptor_->listen(asio::socket_base::max_listen_connections, ec);
    if (!ec) port_ = acceptor_->local_endpoint(ec).port();
    if (ec) {
      // kUnavailable is for a port that another program has: it may let it go.
      Code code = Code::kFailedPrecondition;
      if (ec == asio::error::access_denied) code = Code::kPermissionDenied;
      if (ec == asio::error::address_in_use) code = Code::kUnavailable;
      return Error(code, "cannot listen on {}:{}: {}", shared_->options.host, shared_->options.port,
                   ec.message());
    }
    Accept();
    for (const auto& loop : loops_) loop->Start();
    return {};
  }

  uint16_t port() const override { return port_; }

  void Shutdown(int64_t grace_ns) override {
    if (shut_down_.exchange(true)) return;
    shared_->draining = true;
    asio::post(loops_[0]->io(), [this] {
      error_code ignored;
      acceptor_->close(ignored);
      retry_->cancel();
    });
    for (const auto& loop : loops_) {
      asio::post(loop->io(), [loop = loop.get()] { loop->CloseIdle(); });
    }
    if (port_ != 0) shared_->WaitForClosed(NowNs() + grace_ns);
    for (const auto& loop : loops_) {
      asio::post(loop->io(), [loop = loop.get()] { loop->CloseAll(); });
    }
    for (const auto& loop : loops_) loop->Join();
    shared_->workers.Stop();
  }

 private:
  Result<tcp::endpoint> Resolve() {
    const HttpServerOptions& options = shared_->options;
    error_code ec;
    const std::string host = options.host.empty() ? "0.0.0.0" : options.host;
    const asio::ip::address address = asio::ip::make_address(host, ec);
    if (!ec) return tcp::endpoint(address, options.port);
    tcp::resolver resolver(loops_[0]->io());
    const auto found = resolver.resolve(host, fmt::format("{}", options.port), ec);
    if (ec || found.empty()) {
      return Error(Code::kInvalidArgument, "cannot listen on {}: no such host ({})", options.host,
                   ec.message());
    }
    return found.begin()->endpoint();
  }

  void Accept() {
    const std::shared_ptr<Loop>& loop = loops_[next_loop_++ % loops_.size()];
    acceptor_->async_accept(loop->io(), [this, loop](const error_code& ec, tcp::socket socket) {
      if (!acceptor_->is_open() || ec == asio::error::operation_aborted) return;
      if (!ec) {
        Admit(loop, std::move(socket));
        return Accept();
      }
      // Out of descriptors, most likely: accepting again at once would spin.
      log::Warn("http: cannot accept a connection", {{"error", ec.message()}});
      retry_->expires_after(std::chrono::milliseconds(100));
      retry_->async_wait([this](const error_code& cancelled) {
        if (!cancelled) Accept();
      });
    });
  }

  void Admit(const std::shared_ptr<Loop>& loop, tcp::socket socket) {
    error_code ec;
    socket.non_blocking(true, ec);
    socket.set_option(tcp::no_delay(true), ec);
    if (shared_->Connections() >= static_cast<int64_t>(shared_->options.max_connections)) {
      shared_->metrics.CountRefusedConnection();
      HttpResponse response = RefusalResponse(503, "too many connections; retry later");
      response.headers.Add("Retry-After", "1");
      std::string text;
      AppendResponseHead(response, AfterResponse::kClose, HttpDate(time(nullptr)), text);
      text.append(response.body);
      socket.write_some(asio::buffer(text), ec);
      return;
    }
    shared_->CountConnection(1);
    auto connection = std::make_shared<Connection>(loop, std::move(socket));
    asio::post(loop->io(), [connection = std::move(connection)] {
      connection->loop()->Add(connection);
      connection->Start();
    });
  }

  const std::shared_ptr<Shared> shared_;
  std::vector<std::shared_ptr<Loop>> loops_;
  std::optional<tcp::acceptor> acceptor_;    // lives on the first loop
  std::optional<asio::steady_timer> retry_;  // likewise
  size_t next_loop_ = 0;
  uint16_t port_ = 0;
  std::atomic<bool> shut_down_{false};
};

}  // namespace

Result<std::unique_ptr<HttpServer>> HttpServer::Start(const HttpServerOptions& options,
                                                      HttpHandler handler) {
  auto server = std::make_unique<Server>(options, std::move(handler));
  TRY(server->Listen());
  return Result<std::unique_ptr<HttpServer>>(std::move(server));
}

}  // namespace anneal
