// A client of the HTTP server for tests: it sends exactly the bytes it is told to.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <string_view>
#include <utility>

#include "net/http.h"
#include "net/message_parser.h"

namespace anneal {

class RawClient {
 public:
  explicit RawClient(uint16_t port) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  ~RawClient() { close(fd_); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  bool connected() const { return connected_; }
  void Send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;  // the server gave up on us; what it said is read later
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
  }
  // What the server's socket takes at once, no waiting; false when it has closed.
  bool SendSome(std::string_view bytes) {
    return send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT) >= 0 ||
           errno == EAGAIN;
  }
  void EndWriting() { shutdown(fd_, SHUT_WR); }
  // Reads until the text holds `marker` or the server closes.
  std::string ReadUntil(std::string_view marker) {
    while (read_.find(marker) == std::string::npos && ReadSome()) continue;
    return std::exchange(read_, {});
  }
  // What comes next, as far as it has come; empty when the server has closed.
  std::string Read() {
    if (read_.empty()) ReadSome();
    return std::exchange(read_, {});
  }
  std::string ReadAll() {
    while (ReadSome()) continue;
    return std::exchange(read_, {});
  }
  // One response; status 0 when there was none.
  HttpResponse ReadResponse(MessageKind kind = MessageKind::kResponse) {
    MessageParser parser(kind, {});
    using Stage = MessageParser::Stage;
    for (;;) {
      size_t used = 1;
      while (used != 0 && parser.stage() != Stage::kDone) {
        used = parser.Feed(read_);
        read_.erase(0, used);
      }
      if (parser.stage() == Stage::kDone) {
        return {parser.head().status, std::move(parser.head().headers), std::move(parser.body())};
      }
      if (parser.stage() == Stage::kFailed || !ReadSome()) return {.status = 0};
    }
  }

 private:
  bool ReadSome() {
    pollfd poll_fd{fd_, POLLIN, 0};
    if (poll(&poll_fd, 1, 60'000) != 1) {
      ADD_FAILURE() << "no answer within a minute; so far: " << read_;
      return false;
    }
    char buffer[65536];
    const ssize_t count = recv(fd_, buffer, sizeof buffer, 0);
    if (count <= 0) return false;
    read_.append(buffer, static_cast<size_t>(count));
    return true;
  }

  const int fd_;
  bool connected_ = false;
  std::string read_;
};

}  // namespace anneal
