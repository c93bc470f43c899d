// The HTTP server: listens, accepts, and spreads connections over its loops.
#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <ctime>

#include "base/log.h"
#include "net/connection.h"
#include "net/event_loop.h"
#include "net/http.h"
#include "net/message_text.h"
#include "net/server_core.h"

namespace anneal {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

Status ListenError(const HttpServerOptions& options, const error_code& ec) {
  const std::string address = fmt::format("{}:{}", options.host, options.port);
  if (ec == asio::error::address_in_use) {
    return Error(Code::kUnavailable, "cannot listen on {}: the port is in use", address);
  }
  if (ec == asio::error::access_denied) {
    return Error(Code::kPermissionDenied,
                 "cannot listen on {}: ports below 1024 need root or CAP_NET_BIND_SERVICE",
                 address);
  }
  if (ec == boost::system::errc::address_not_available) {
    return Error(Code::kFailedPrecondition,
                 "cannot listen on {}: no interface of this machine has that address", address);
  }
  return Error(Code::kFailedPrecondition, "cannot listen on {}: {}", address, ec.message());
}

class Server final : public HttpServer {
 public:
  Server(const HttpServerOptions& options, HttpHandler handler)
      : core_(std::make_shared<ServerCore>(options, std::move(handler))) {
    for (int i = 0; i < std::max(1, options.io_threads); ++i) {
      loops_.push_back(std::make_shared<EventLoop>(core_));
    }
    acceptor_.emplace(loops_[0]->io());
    retry_.emplace(loops_[0]->io());
  }
  ~Server() override { Shutdown(0); }

  Status Listen() {
    TRY(LoadTls());
    ASSIGN_OR_RETURN(const tcp::endpoint endpoint, Resolve());
    error_code ec;
    acceptor_->open(endpoint.protocol(), ec);
    if (!ec) acceptor_->set_option(tcp::acceptor::reuse_address(true), ec);
    if (!ec) acceptor_->bind(endpoint, ec);
    if (!ec) acceptor_->listen(asio::socket_base::max_listen_connections, ec);
    if (!ec) port_ = acceptor_->local_endpoint(ec).port();
    if (ec) return ListenError(core_->options, ec);
    Accept();
    for (const auto& loop : loops_) loop->Start();
    return {};
  }

  uint16_t port() const override { return port_; }

  Status ReloadTls() override {
    if (!core_->tls) return Error(Code::kFailedPrecondition, "this server has no TLS");
    return core_->tls->Reload();
  }

  void Shutdown(int64_t grace_ns) override {
    if (shut_down_.exchange(true)) return;
    core_->draining = true;
    asio::post(loops_[0]->io(), [this] {
      error_code ignored;
      acceptor_->close(ignored);
      retry_->cancel();
    });
    for (const auto& loop : loops_) {
      asio::post(loop->io(), [loop = loop.get()] { loop->DrainAll(); });
    }
    if (port_ != 0) core_->WaitForClosed(ServerCore::NowNs() + grace_ns);
    for (const auto& loop : loops_) {
      asio::post(loop->io(), [loop = loop.get()] { loop->CloseAll(); });
    }
    for (const auto& loop : loops_) loop->Join();
    core_->workers.Stop();
  }

 private:
  Status LoadTls() {
    const HttpServerOptions& o = core_->options;
    if (o.tls_certificate_file.empty() != o.tls_key_file.empty()) {
      return InvalidArgument("TLS needs both a certificate and its key; only {} is given",
                             o.tls_key_file.empty() ? o.tls_certificate_file : o.tls_key_file);
    }
    if (o.tls_key_file.empty()) return {};
    ASSIGN_OR_RETURN(core_->tls, TlsIdentity::Load(o.tls_certificate_file, o.tls_key_file));
    return {};
  }

  Result<tcp::endpoint> Resolve() {
    const HttpServerOptions& options = core_->options;
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
    const std::shared_ptr<EventLoop>& loop = loops_[next_loop_++ % loops_.size()];
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

  void Admit(const std::shared_ptr<EventLoop>& loop, tcp::socket socket) {
    if (core_->Connections() >= static_cast<int64_t>(core_->options.max_connections)) {
      core_->metrics.CountRefusedConnection();
      HttpResponse response = RefusalResponse(503, "too many connections; retry later");
      response.headers.Add("Retry-After", "1");
      std::string text;
      AppendResponseHead(response, AfterResponse::kClose, HttpDate(time(nullptr)), text);
      text.append(response.body);
      error_code ignored;
      socket.non_blocking(true, ignored);
      if (!core_->tls) socket.write_some(asio::buffer(text), ignored);
      return;
    }
    core_->CountConnection(1);
    auto connection = std::make_shared<Connection>(loop, std::move(socket),
                                                   core_->tls ? core_->tls->Current() : nullptr);
    asio::post(loop->io(), [connection = std::move(connection)] {
      connection->loop()->Add(connection);
      connection->Start();
    });
  }

  const std::shared_ptr<ServerCore> core_;
  std::vector<std::shared_ptr<EventLoop>> loops_;
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
