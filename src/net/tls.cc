#include "net/tls.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <cerrno>
#include <ctime>

namespace anneal {
namespace {

using Moved = TlsChannel::Moved;
using Outcome = TlsChannel::Outcome;

// In the order of our preference, each with its length before it (RFC 7301).
constexpr unsigned char kProtocols[] = "\x02h2\x08http/1.1";

std::string OpenSslError() {
  char text[256] = "unknown error";
  const unsigned long error = ERR_peek_last_error();
  if (error != 0) ERR_error_string_n(error, text, sizeof text);
  ERR_clear_error();
  return text;
}

int ChooseProtocol(SSL*, const unsigned char** out, unsigned char* out_size,
                   const unsigned char* in, unsigned in_size, void*) {
  const int chosen = SSL_select_next_proto(const_cast<unsigned char**>(out), out_size, kProtocols,
                                           sizeof kProtocols - 1, in, in_size);
  // A client that offers only others is told so (RFC 7301, 3.2).
  return chosen == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

// OpenSSL's own socket BIO writes with write(2), and a client that left would end the process by
// SIGPIPE.
int BioWrite(BIO* bio, const char* data, int size) {
  const auto* fd = static_cast<const int*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  const ssize_t sent = send(*fd, data, static_cast<size_t>(size), MSG_NOSIGNAL);
  if (sent < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_write(bio);
  return static_cast<int>(sent);
}

int BioRead(BIO* bio, char* into, int size) {
  const auto* fd = static_cast<const int*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  const ssize_t received = recv(*fd, into, static_cast<size_t>(size), 0);
  if (received < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_read(bio);
  return static_cast<int>(received);
}

long BioControl(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

const BIO_METHOD* SocketBio() {
  static const BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket");
    BIO_meth_set_write(made, BioWrite);
    BIO_meth_set_read(made, BioRead);
    BIO_meth_set_ctrl(made, BioControl);
    return made;
  }();
  return method;
}

Result<std::shared_ptr<SSL_CTX>> LoadContext(const std::string& certificate_file,
                                             const std::string& key_file) {
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  if (!context) return Error(Code::kResourceExhausted, "TLS: {}", OpenSslError());
  SSL_CTX* const raw = context.get();
  SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(raw, "ECDHE+AESGCM:ECDHE+CHACHA20");
  SSL_CTX_set_options(raw, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  // Idle connections keep no buffers.
  SSL_CTX_set_mode(raw, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                            SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_alpn_select_cb(raw, ChooseProtocol, nullptr);
  // Without this OpenSSL would ask on the terminal.
  SSL_CTX_set_default_passwd_cb(raw, [](char*, int, int, void*) { return 0; });
  if (SSL_CTX_use_certificate_chain_file(raw, certificate_file.c_str()) != 1) {
    return InvalidArgument("TLS: cannot read the certificate {}: {}", certificate_file,
                           OpenSslError());
  }
  if (SSL_CTX_use_PrivateKey_file(raw, key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    return InvalidArgument(
        "TLS: cannot use the key {} (it must be PEM, without a pass phrase, and belong to {}): {}",
        key_file, certificate_file, OpenSslError());
  }
  return context;
}

}  // namespace

Result<std::unique_ptr<TlsIdentity>> TlsIdentity::Load(std::string certificate_file,
                                                       std::string key_file) {
  std::unique_ptr<TlsIdentity> server(
      new TlsIdentity(std::move(certificate_file), std::move(key_file)));
  TRY(server->Reload());
  return Result<std::unique_ptr<TlsIdentity>>(std::move(server));
}

Status TlsIdentity::Reload() {
  ASSIGN_OR_RETURN(std::shared_ptr<SSL_CTX> context, LoadContext(certificate_file_, key_file_));
  MutexLock lock(mutex_);
  context_ = std::move(context);
  return {};
}

std::shared_ptr<SSL_CTX> TlsIdentity::Current() {
  MutexLock lock(mutex_);
  return context_;
}

int64_t TlsIdentity::EndNs() {
  const std::shared_ptr<SSL_CTX> context = Current();
  std::tm end{};
  const X509* const certificate = SSL_CTX_get0_certificate(context.get());
  if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end) != 1) return 0;
  return int64_t{timegm(&end)} * 1'000'000'000;
}

TlsChannel::TlsChannel(const std::shared_ptr<SSL_CTX>& context, int fd)
    : ssl_(SSL_new(context.get())), fd_(fd) {
  BIO* const bio = BIO_new(SocketBio());
  if (!ssl_ || !bio) return;
  BIO_set_data(bio, const_cast<int*>(&fd_));
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_, bio, bio);  // takes it
  SSL_set_accept_state(ssl_);
}

TlsChannel::~TlsChannel() { SSL_free(ssl_); }

Moved TlsChannel::Read(char* into, size_t size) {
  if (!ssl_) return {};
  ERR_clear_error();
  size_t count = 0;
  const int result = SSL_read_ex(ssl_, into, size, &count);
  return OutcomeOf(result, count);
}

Moved TlsChannel::Peek() {
  if (!ssl_) return {};
  ERR_clear_error();
  char byte = 0;
  size_t count = 0;
  const int result = SSL_peek_ex(ssl_, &byte, 1, &count);
  return OutcomeOf(result, count);
}

Moved TlsChannel::Write(std::string_view bytes) {
  if (!ssl_) return {};
  ERR_clear_error();
  size_t count = 0;
  const int result = SSL_write_ex(ssl_, bytes.data(), bytes.size(), &count);
  return OutcomeOf(result, count);
}

// Not SSL_has_pending, which counts the part of a record whose rest is still to come. OpenSSL reads
// no further than a record's end, so there are never whole records that it has not opened.
bool TlsChannel::HasPending() const { return ssl_ && SSL_pending(ssl_) > 0; }

void TlsChannel::End() {
  if (ssl_ && SSL_is_init_finished(ssl_)) SSL_shutdown(ssl_);
  ERR_clear_error();
}

Moved TlsChannel::OutcomeOf(int result, size_t bytes) {
  if (result == 1) return {Outcome::kMoved, bytes};
  switch (SSL_get_error(ssl_, result)) {
    case SSL_ERROR_WANT_READ:
      return {Outcome::kWaitRead, 0};
    case SSL_ERROR_WANT_WRITE:
      return {Outcome::kWaitWrite, 0};
    case SSL_ERROR_ZERO_RETURN:
      return {Outcome::kEnd, 0};
    default:
      break;
  }
  if (ERR_GET_REASON(ERR_peek_error()) == SSL_R_HTTP_REQUEST) {
    constexpr std::string_view kPlain =
        "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 35\r\n"
        "Connection: close\r\n\r\nthis port speaks TLS; use https://\n";
    send(fd_, kPlain.data(), kPlain.size(), MSG_NOSIGNAL);
    // A socket that is closed with bytes unread resets the connection, the answer along with it.
    char rest[4096];
    (void)recv(fd_, rest, sizeof rest, MSG_DONTWAIT);
  }
  ERR_clear_error();
  return {Outcome::kBroken, 0};
}

}  // namespace anneal
