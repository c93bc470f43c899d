// A connected socket that never blocks, with TLS or without.
#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstddef>
#include <memory>
#include <string>

#include "net/session.h"
#include "net/tls.h"

namespace anneal {

class ByteStream {
 public:
  using Outcome = TlsChannel::Outcome;
  using Moved = TlsChannel::Moved;

  // Without a context there is no TLS.
  ByteStream(boost::asio::ip::tcp::socket socket, const std::shared_ptr<ssl_ctx_st>& tls);

  Moved Read(boost::asio::mutable_buffer into);
  Moved Write(const SendQueue& queue);
  // Whether the peer has ended its side. Consumes nothing.
  Moved Peek();
  // Whether to read again at once, after a read of `bytes` into `size`.
  bool MayHaveMore(size_t bytes, size_t size) const { return tls_ || bytes == size; }
  // Whether bytes wait here of which the socket knows nothing any more.
  bool HasPending() const { return tls_ && tls_->HasPending(); }
  bool is_tls() const { return tls_ != nullptr; }
  void EndWriting();
  void Close();

  boost::asio::ip::tcp::socket& socket() { return socket_; }
  // "127.0.0.1:53122"; empty when there is no peer any more.
  std::string Peer() const;

 private:
  boost::asio::ip::tcp::socket socket_;
  std::unique_ptr<TlsChannel> tls_;
};

}  // namespace anneal
