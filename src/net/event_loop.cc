#include "net/event_loop.h"

#include <boost/asio/post.hpp>
#include <chrono>

#include "net/connection.h"

namespace anneal {
namespace {

// One read.
constexpr size_t kScratchBytes = size_t{256} << 10;

}  // namespace

EventLoop::EventLoop(std::shared_ptr<ServerCore> core)
    : core_(std::move(core)),
      counters_(core_->metrics),
      sessions_{core_->options, core_->budget, core_->metrics, counters_, core_->draining, {}},
      scratch_(kScratchBytes) {
  const HttpServerOptions& o = core_->options;
  const int64_t shortest = std::min({o.header_timeout_ns, o.body_timeout_ns, o.idle_timeout_ns});
  tick_ns_ = std::clamp<int64_t>(shortest / 4, 1'000'000, 500'000'000);
}

EventLoop::~EventLoop() = default;

void EventLoop::Start() {
  thread_ = std::thread([this] { io_.run(); });
}

void EventLoop::Join() {
  guard_.reset();
  if (thread_.joinable()) thread_.join();
}

void EventLoop::Deliver(std::shared_ptr<Connection> connection, uint32_t stream,
                        HttpResponse response) {
  // Posts under the lock: once the mailbox is closed nobody touches io_ any more.
  MutexLock lock(mutex_);
  if (mailbox_closed_) return;
  mailbox_.push_back({std::move(connection), stream, std::move(response)});
  if (mailbox_.size() == 1) boost::asio::post(io_, [this] { OpenMail(); });
}

void EventLoop::OpenMail() {
  std::vector<Letter> letters;
  {
    MutexLock lock(mutex_);
    letters.swap(mailbox_);
  }
  for (Letter& letter : letters) {
    letter.connection->Answer(letter.stream, std::move(letter.response));
  }
}

void EventLoop::Add(std::shared_ptr<Connection> connection) {
  connections_.insert(std::move(connection));
  if (!ticking_) Tick();
}

void EventLoop::Remove(const std::shared_ptr<Connection>& connection) {
  if (connections_.erase(connection) != 0) core_->CountConnection(-1);
}

std::vector<std::shared_ptr<Connection>> EventLoop::Connections() const {
  return {connections_.begin(), connections_.end()};
}

void EventLoop::Tick() {
  ticking_ = !connections_.empty();
  if (!ticking_) return;
  tick_.expires_after(std::chrono::nanoseconds(tick_ns_));
  tick_.async_wait([this](const boost::system::error_code& ec) {
    if (ec) return;
    const int64_t now_ns = ServerCore::NowNs();
    // A copy, since a tick may close and so remove connections.
    for (const auto& connection : Connections()) connection->Tick(now_ns);
    Tick();
  });
}

void EventLoop::DrainAll() {
  for (const auto& connection : Connections()) connection->Drain();
}

void EventLoop::CloseAll() {
  for (const auto& connection : Connections()) connection->Close();
  tick_.cancel();
  std::vector<Letter> dropped;
  MutexLock lock(mutex_);
  mailbox_closed_ = true;
  dropped.swap(mailbox_);
}

}  // namespace anneal
