#include "net/byte_stream.h"

#include <array>

namespace anneal {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using Outcome = ByteStream::Outcome;

constexpr size_t kPiecesAtOnce = 16;

ByteStream::Moved OutcomeOf(size_t bytes, const error_code& ec, Outcome blocked) {
  if (!ec) return {Outcome::kMoved, bytes};
  if (ec == asio::error::would_block || ec == asio::error::try_again) return {blocked, 0};
  return {ec == asio::error::eof ? Outcome::kEnd : Outcome::kBroken, 0};
}

}  // namespace

ByteStream::ByteStream(tcp::socket socket, const std::shared_ptr<ssl_ctx_st>& tls)
    : socket_(std::move(socket)) {
  error_code ignored;
  socket_.non_blocking(true, ignored);
  socket_.set_option(tcp::no_delay(true), ignored);
  if (tls) tls_ = std::make_unique<TlsChannel>(tls, socket_.native_handle());
}

ByteStream::Moved ByteStream::Read(asio::mutable_buffer into) {
  if (tls_) return tls_->Read(static_cast<char*>(into.data()), into.size());
  error_code ec;
  const size_t count = socket_.read_some(into, ec);
  return OutcomeOf(count, ec, Outcome::kWaitRead);
}

ByteStream::Moved ByteStream::Write(const SendQueue& queue) {
  if (tls_) return tls_->Write(queue.Piece(0));
  std::array<asio::const_buffer, kPiecesAtOnce> pieces;
  for (size_t i = 0; i < pieces.size(); ++i) {
    const std::string_view piece = queue.Piece(i);
    pieces[i] = asio::const_buffer(piece.data(), piece.size());
  }
  error_code ec;
  const size_t count = socket_.write_some(pieces, ec);
  return OutcomeOf(count, ec, Outcome::kWaitWrite);
}

ByteStream::Moved ByteStream::Peek() {
  if (tls_) return tls_->Peek();
  char byte = 0;
  error_code ec;
  const size_t count = socket_.receive(asio::buffer(&byte, 1), tcp::socket::message_peek, ec);
  return OutcomeOf(count, ec, Outcome::kWaitRead);
}

void ByteStream::EndWriting() {
  if (tls_) tls_->End();
  error_code ignored;
  socket_.shutdown(tcp::socket::shutdown_send, ignored);
}

void ByteStream::Close() {
  error_code ignored;
  socket_.close(ignored);
}

std::string ByteStream::Peer() const {
  error_code ec;
  const tcp::endpoint peer = socket_.remote_endpoint(ec);
  if (ec) return {};
  asio::ip::address address = peer.address();
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    address = asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
  }
  return fmt::format(fmt::runtime(address.is_v6() ? "[{}]:{}" : "{}:{}"), address.to_string(),
                     peer.port());
}

}  // namespace anneal
