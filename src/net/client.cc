// The HTTP client: one io thread, begun with the first call, runs every exchange; the caller waits
// for its exchange or for the deadline, whichever comes first. A connection returns to the pool
// when its answer was read whole and both sides want to keep it.
#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <boost/asio/connect.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <optional>
#include <thread>

#include "base/clock.h"
#include "base/mutex.h"
#include "net/http.h"
#include "net/message_parser.h"
#include "net/message_text.h"
#include "net/url.h"

namespace anneal {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr size_t kReadBytes = size_t{64} << 10;
constexpr size_t kIdlePerHost = 16;
// Below what servers commonly allow, so that we rarely write into a connection being closed.
constexpr int64_t kIdleNs = 30'000'000'000;

int64_t NowNs() { return Clock::System().MonotonicNs(); }

using TlsStream = asio::ssl::stream<tcp::socket>;

// A connection, with TLS or without.
struct Link {
  explicit Link(asio::io_context& io) : socket(io) {}
  Link(asio::io_context& io, asio::ssl::context& context) : socket(io) {
    tls.emplace(std::move(socket), context);
  }
  tcp::socket& Tcp() { return tls ? tls->next_layer() : socket; }
  template <typename Done>
  void Read(asio::mutable_buffer into, Done done) {
    if (tls) {
      tls->async_read_some(into, std::move(done));
    } else {
      socket.async_read_some(into, std::move(done));
    }
  }
  template <typename Buffers, typename Done>
  void Write(const Buffers& buffers, Done done) {
    if (tls) {
      asio::async_write(*tls, buffers, std::move(done));
    } else {
      asio::async_write(socket, buffers, std::move(done));
    }
  }

  tcp::socket socket;  // moved into tls when that is set
  std::optional<TlsStream> tls;
  std::array<char, kReadBytes> buffer;
  int64_t idle_since_ns = 0;
};

// Idle connections by "scheme host port". Io thread only.
class Pool {
 public:
  // The one used last, or null. Connections that timed out, or on which the server has sent
  // something (the end, most likely), are closed.
  std::unique_ptr<Link> Take(const std::string& key) {
    std::vector<std::unique_ptr<Link>>& links = idle_[key];
    while (!links.empty()) {
      std::unique_ptr<Link> link = std::move(links.back());
      links.pop_back();
      if (NowNs() - link->idle_since_ns > kIdleNs || !IsQuiet(link->Tcp())) continue;
      return link;
    }
    return nullptr;
  }
  void Put(const std::string& key, std::unique_ptr<Link> link) {
    std::vector<std::unique_ptr<Link>>& links = idle_[key];
    if (links.size() >= kIdlePerHost) links.erase(links.begin());
    link->idle_since_ns = NowNs();
    links.push_back(std::move(link));
  }
  void Clear() { idle_.clear(); }

 private:
  static bool IsQuiet(tcp::socket& socket) {
    error_code ec;
    socket.non_blocking(true, ec);
    char byte = 0;
    socket.receive(asio::buffer(&byte, 1), tcp::socket::message_peek, ec);
    return ec == asio::error::would_block;
  }

  absl::flat_hash_map<std::string, std::vector<std::unique_ptr<Link>>> idle_;
};

struct Engine {
  asio::io_context io{1};
  asio::ssl::context tls{asio::ssl::context::tls_client};
  tcp::resolver resolver{io};
  Pool pool;
};

// One call: connect (or take a pooled connection), write, read, finish. Lives on the io thread;
// the caller shares it only to wait.
class Exchange : public std::enable_shared_from_this<Exchange> {
 public:
  Exchange(Engine& engine, HttpUrl url, const HttpRequest& request, size_t max_body_bytes)
      : engine_(engine),
        url_(std::move(url)),
        key_(fmt::format("{} {} {}", url_.tls ? "https" : "http", url_.host, url_.port)),
        method_(request.method),
        target_(request.target),
        body_(request.body),
        kind_(method_ == "HEAD" ? MessageKind::kResponseToHead : MessageKind::kResponse),
        parser_(kind_, {size_t{256} << 10, max_body_bytes}),
        max_body_bytes_(max_body_bytes) {
    AppendRequestHead(request, url_.path, url_.host_field, head_);
  }

  void Start() {
    if (cancelled_) return;
    link_ = engine_.pool.Take(key_);
    reused_ = link_ != nullptr;
    if (reused_) return Write();
    Resolve();
  }

  // Io thread. The deadline has passed: nobody waits any more.
  void Cancel() {
    cancelled_ = true;
    if (!link_) return;
    error_code ignored;
    link_->Tcp().close(ignored);
  }

  // Any thread: whoever waits gets `status`, unless there is a result already.
  void Abandon(Status status) { Finish(std::move(status)); }

  // The result, or nullopt at the deadline.
  std::optional<Result<HttpResponse>> WaitUntil(int64_t deadline_ns) EXCLUDES_LOCK(mutex_) {
    MutexLock lock(mutex_);
    while (!result_) {
      const int64_t left_ns = deadline_ns - NowNs();
      if (left_ns <= 0) return std::nullopt;
      finished_.WaitFor(mutex_, std::chrono::nanoseconds(left_ns));
    }
    return std::move(result_);
  }

 private:
  void Finish(Result<HttpResponse> result) EXCLUDES_LOCK(mutex_) {
    MutexLock lock(mutex_);
    if (!result_) result_ = std::move(result);
    finished_.NotifyAll();
  }
  void Fail(std::string_view doing, const error_code& ec) {
    std::string why = ec.message();
    if (ec.category() == asio::error::get_ssl_category() && link_ && link_->tls) {
      const long verdict = SSL_get_verify_result(link_->tls->native_handle());
      if (verdict != X509_V_OK) {
        why = fmt::format("{} ({})", why, X509_verify_cert_error_string(verdict));
      }
    }
    Finish(Error(Code::kUnavailable, "{} {}: cannot {}: {}", method_, target_, doing, why));
  }

  void Resolve() {
    engine_.resolver.async_resolve(
        url_.host, url_.port,
        [self = shared_from_this()](const error_code& ec,
                                    const tcp::resolver::results_type& found) {
          if (self->cancelled_) return;
          if (ec) return self->Fail(fmt::format("find host {}", self->url_.host), ec);
          self->Connect(found);
        });
  }

  void Connect(const tcp::resolver::results_type& found) {
    link_ = url_.tls ? std::make_unique<Link>(engine_.io, engine_.tls)
                     : std::make_unique<Link>(engine_.io);
    asio::async_connect(link_->Tcp(), found,
                        [self = shared_from_this()](const error_code& ec, const tcp::endpoint&) {
                          if (self->cancelled_) return;
                          if (ec) return self->Fail("connect", ec);
                          error_code ignored;
                          self->link_->Tcp().set_option(tcp::no_delay(true), ignored);
                          if (!self->link_->tls) return self->Write();
                          self->Handshake();
                        });
  }

  void Handshake() {
    TlsStream& tls = *link_->tls;
    error_code ec;
    tls.set_verify_mode(asio::ssl::verify_peer, ec);
    if (!ec) tls.set_verify_callback(asio::ssl::host_name_verification(url_.host), ec);
    if (ec) return Fail("set up TLS", ec);
    asio::ip::make_address(url_.host, ec);
    // Server names are names only (RFC 6066, 3).
    if (ec) SSL_set_tlsext_host_name(tls.native_handle(), url_.host.c_str());
    tls.async_handshake(asio::ssl::stream_base::client,
                        [self = shared_from_this()](const error_code& error) {
                          if (self->cancelled_) return;
                          if (error) return self->Fail("agree on TLS", error);
                          self->Write();
                        });
  }

  void Write() {
    link_->Write(std::array<asio::const_buffer, 2>{asio::buffer(head_), asio::buffer(body_)},
                 [self = shared_from_this()](const error_code& ec, size_t) {
                   if (self->cancelled_) return;
                   // A server that refuses a body stops reading it; its answer says why.
                   self->write_error_ = ec;
                   self->Read();
                 });
  }

  void Read() {
    link_->Read(asio::buffer(link_->buffer),
                [self = shared_from_this()](const error_code& ec, size_t count) {
                  if (self->cancelled_) return;
                  self->OnRead(ec, count);
                });
  }

  void OnRead(const error_code& ec, size_t count) {
    if (ec && !got_some_ && reused_ && CanRepeat()) return Repeat();
    // A missing TLS close_notify counts as the end too: lengths and chunks tell truncation.
    const bool end = ec == asio::error::eof || ec == asio::ssl::error::stream_truncated;
    if (ec && !end) {
      return write_error_ && !got_some_ ? Fail("send the request", write_error_)
                                        : Fail("read the response", ec);
    }
    got_some_ = got_some_ || count != 0;
    Parse({link_->buffer.data(), count});
    using Stage = MessageParser::Stage;
    if (end && parser_.stage() != Stage::kDone && parser_.stage() != Stage::kFailed) {
      if (!got_some_) return Fail("read the response", ec);
      parser_.FeedEnd();
    }
    if (parser_.stage() == Stage::kFailed) return Refuse();
    if (parser_.stage() != Stage::kDone) return Read();
    Complete(end);
  }

  void Parse(std::string_view bytes) {
    unread_.append(bytes);
    size_t used = 0;
    using Stage = MessageParser::Stage;
    while (used < unread_.size()) {
      const Stage before = parser_.stage();
      const size_t step = parser_.Feed(std::string_view(unread_).substr(used));
      used += step;
      const bool interim = parser_.head().status >= 100 && parser_.head().status < 200;
      if (parser_.stage() == Stage::kDone && interim) {
        parser_.Reset(kind_);  // "100 Continue" and its like; the answer is still to come
        continue;
      }
      if (parser_.stage() == Stage::kDone || parser_.stage() == Stage::kFailed) break;
      if (step == 0 && parser_.stage() == before) break;
    }
    unread_.erase(0, used);
  }

  // A pooled connection may have been closed as we wrote. Only methods that may be repeated are.
  bool CanRepeat() const {
    return method_ == "GET" || method_ == "HEAD" || method_ == "OPTIONS" || method_ == "PUT" ||
           method_ == "DELETE";
  }
  void Repeat() {
    link_.reset();
    reused_ = false;
    write_error_ = {};
    Resolve();
  }

  void Refuse() {
    const MessageFailure& failure = parser_.failure();
    if (failure.status == 413) {
      return Finish(Error(Code::kResourceExhausted, "{} {}: the response is above {} bytes",
                          method_, target_, max_body_bytes_));
    }
    Finish(Error(Code::kUnavailable, "{} {}: not a valid HTTP response: {}", method_, target_,
                 failure.message));
  }

  void Complete(bool ended) {
    HttpResponse response;
    MessageHead& head = parser_.head();
    response.status = head.status;
    response.headers = std::move(head.headers);
    response.body = std::move(parser_.body());
    if (head.keep_alive && !ended && !write_error_ && unread_.empty()) {
      engine_.pool.Put(key_, std::move(link_));
    }
    link_.reset();
    Finish(std::move(response));
  }

  Engine& engine_;
  const HttpUrl url_;
  const std::string key_;
  const std::string method_, target_;
  const std::string body_;
  std::string head_;
  const MessageKind kind_;
  MessageParser parser_;
  const size_t max_body_bytes_;
  std::unique_ptr<Link> link_;
  std::string unread_;
  error_code write_error_;
  bool reused_ = false;
  bool got_some_ = false;
  bool cancelled_ = false;

  Mutex mutex_;
  CondVar finished_;
  std::optional<Result<HttpResponse>> result_ GUARDED_BY(mutex_);
};

class Client final : public Http {
 public:
  explicit Client(const HttpClientOptions& options) : ca_file_(options.ca_file) {}
  ~Client() override {
    if (!thread_.joinable()) return;
    asio::post(engine_->io, [this] {
      engine_->pool.Clear();
      engine_->resolver.cancel();
    });
    guard_.reset();
    engine_->io.stop();
    thread_.join();
  }

  Result<HttpResponse> Fetch(const HttpRequest& request, int64_t timeout_ns,
                             size_t max_body_bytes) override {
    const int64_t deadline_ns = NowNs() + timeout_ns;
    ASSIGN_OR_RETURN(HttpUrl url, ParseHttpUrl(request.target));
    TRY(Begin());
    auto exchange = std::make_shared<Exchange>(*engine_, std::move(url), request, max_body_bytes);
    if (!Enter(exchange)) return Error(Code::kCanceled, "{}: cancelled", request.target);
    asio::post(engine_->io, [exchange] { exchange->Start(); });
    auto result = exchange->WaitUntil(deadline_ns);
    Leave(exchange);
    if (result && result->status().code() != Code::kCanceled) return *std::move(result);
    asio::post(engine_->io, [exchange] { exchange->Cancel(); });
    if (result) return *std::move(result);
    return Error(Code::kDeadlineExceeded, "{} {}: no response within {} s", request.method,
                 request.target, static_cast<double>(timeout_ns) / 1e9);
  }

  void Cancel() override EXCLUDES_LOCK(mutex_) {
    MutexLock lock(mutex_);
    cancelled_ = true;
    for (const auto& exchange : in_flight_) {
      exchange->Abandon(Error(Code::kCanceled, "the call was cancelled"));
    }
  }

  Status Trust(const std::string& ca_file) override EXCLUDES_LOCK(mutex_) {
    MutexLock lock(mutex_);
    if (engine_ && ca_file != ca_file_) {
      return Error(Code::kFailedPrecondition, "{}: too late to trust it, a call was made already",
                   ca_file);
    }
    ca_file_ = ca_file;
    return {};
  }

 private:
  bool Enter(const std::shared_ptr<Exchange>& exchange) EXCLUDES_LOCK(mutex_) {
    MutexLock lock(mutex_);
    if (cancelled_) return false;
    in_flight_.insert(exchange);
    return true;
  }
  void Leave(const std::shared_ptr<Exchange>& exchange) EXCLUDES_LOCK(mutex_) {
    MutexLock lock(mutex_);
    in_flight_.erase(exchange);
  }

  // Starts the io thread with the first call: most commands make none.
  Status Begin() EXCLUDES_LOCK(mutex_) {
    MutexLock lock(mutex_);
    if (engine_) return {};
    auto engine = std::make_unique<Engine>();
    error_code ec;
    if (ca_file_.empty()) {
      engine->tls.set_default_verify_paths(ec);
    } else {
      engine->tls.load_verify_file(ca_file_, ec);
    }
    if (ec && !ca_file_.empty()) {
      return InvalidArgument("cannot read the certificates to trust from {}: {}", ca_file_,
                             ec.message());
    }
    if (ec) {
      return Error(Code::kFailedPrecondition, "cannot load the certificates of this machine: {}",
                   ec.message());
    }
    SSL_CTX_set_min_proto_version(engine->tls.native_handle(), TLS1_2_VERSION);
    engine_ = std::move(engine);
    guard_.emplace(engine_->io.get_executor());
    thread_ = std::thread([this] { engine_->io.run(); });
    return {};
  }

  Mutex mutex_;  // guards the beginning too; what that makes stays until the end
  std::string ca_file_ GUARDED_BY(mutex_);
  bool cancelled_ GUARDED_BY(mutex_) = false;
  absl::flat_hash_set<std::shared_ptr<Exchange>> in_flight_ GUARDED_BY(mutex_);
  std::unique_ptr<Engine> engine_;
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> guard_;
  std::thread thread_;
};

}  // namespace

std::unique_ptr<Http> Http::Create(const HttpClientOptions& options) {
  return std::make_unique<Client>(options);
}

}  // namespace anneal
