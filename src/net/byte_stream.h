// A connected socket that never blocks.
#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstddef>
#include <string>

#include "net/session.h"

namespace anneal {

class ByteStream {
 public:
  enum class Outcome {
    kMoved,      // `bytes` came or went, more than none
    kWaitRead,   // try again when the socket is readable
    kWaitWrite,  // try again when it is writable
    kEnd,        // the peer sends nothing more
    kBroken,
  };
  struct Moved {
    Outcome outcome = Outcome::kBroken;
    size_t bytes = 0;
  };

  explicit ByteStream(boost::asio::ip::tcp::socket socket);

  Moved Read(boost::asio::mutable_buffer into);
  Moved Write(const SendQueue& queue);
  // Whether the peer has ended its side. Consumes nothing.
  Moved Peek();
  void EndWriting();
  void Close();

  boost::asio::ip::tcp::socket& socket() { return socket_; }
  // "127.0.0.1:53122"; empty when there is no peer any more.
  std::string Peer() const;

 private:
  boost::asio::ip::tcp::socket socket_;
};

}  // namespace anneal
