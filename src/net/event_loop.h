// One io thread of the server and its connections, so that a connection is touched by one thread
// alone and needs no lock. Connections read into one scratch buffer that all of a loop share: an
// idle connection holds no buffer at all. Answers come back through the loop's mailbox, which
// wakes the loop once per batch. Deadlines are plain numbers that a tick compares, since arming a
// timer for each request costs more than reading it.
#pragma once

#include <absl/container/flat_hash_set.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "net/server_core.h"
#include "net/session.h"

namespace anneal {

class Connection;

// Start, Join and Deliver are for any thread; the rest for the loop's own.
class EventLoop {
 public:
  explicit EventLoop(std::shared_ptr<ServerCore> core);
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  void Start();
  void Join();
  // Hands an answer to the connection, on the loop's thread. Dropped once the loop is closed.
  void Deliver(std::shared_ptr<Connection> connection, uint32_t stream, HttpResponse response)
      EXCLUDES_LOCK(mutex_);

  void Add(std::shared_ptr<Connection> connection);
  void Remove(const std::shared_ptr<Connection>& connection);
  // Every connection ends once its requests are answered.
  void DrainAll();
  void CloseAll() EXCLUDES_LOCK(mutex_);

  ServerCore& core() { return *core_; }
  SessionContext& sessions() { return sessions_; }
  boost::asio::io_context& io() { return io_; }
  boost::asio::mutable_buffer scratch() { return boost::asio::buffer(scratch_); }

 private:
  // An answer on its way from any thread to the loop.
  struct Letter {
    std::shared_ptr<Connection> connection;
    uint32_t stream;
    HttpResponse response;
  };

  void OpenMail() EXCLUDES_LOCK(mutex_);
  void Tick();
  std::vector<std::shared_ptr<Connection>> Connections() const;

  const std::shared_ptr<ServerCore> core_;
  RequestCounters counters_;
  SessionContext sessions_;
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_{
      io_.get_executor()};
  std::thread thread_;
  boost::asio::steady_timer tick_{io_};
  int64_t tick_ns_;
  bool ticking_ = false;
  std::vector<char> scratch_;
  absl::flat_hash_set<std::shared_ptr<Connection>> connections_;

  Mutex mutex_;
  std::vector<Letter> mailbox_ GUARDED_BY(mutex_);
  bool mailbox_closed_ GUARDED_BY(mutex_) = false;
};

}  // namespace anneal
