// The server's side of TLS. OpenSSL is named in tls.cc and client.cc only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/mutex.h"
#include "base/status.h"

struct ssl_ctx_st;
struct ssl_st;

namespace anneal {

// Certificate and key of a server, in files, which can be read anew while connections go on:
// those that began with the old ones keep them. Thread-safe.
class TlsIdentity {
 public:
  // PEM files: the certificate first, then those that signed it; the key without a pass phrase.
  // kInvalidArgument, naming the file, when they cannot be read or do not belong together.
  static Result<std::unique_ptr<TlsIdentity>> Load(std::string certificate_file,
                                                   std::string key_file);
  // Reads both again; on failure the ones in use stay.
  Status Reload() EXCLUDES_LOCK(mutex_);
  std::shared_ptr<ssl_ctx_st> Current() EXCLUDES_LOCK(mutex_);
  // When the certificate ends, nanoseconds since 1970.
  int64_t EndNs() EXCLUDES_LOCK(mutex_);

 private:
  TlsIdentity(std::string certificate_file, std::string key_file)
      : certificate_file_(std::move(certificate_file)), key_file_(std::move(key_file)) {}

  const std::string certificate_file_, key_file_;
  Mutex mutex_;
  std::shared_ptr<ssl_ctx_st> context_ GUARDED_BY(mutex_);
};

// TLS over a connected socket that does not block. The socket must outlive it.
class TlsChannel {
 public:
  enum class Outcome { kMoved, kWaitRead, kWaitWrite, kEnd, kBroken };
  struct Moved {
    Outcome outcome = Outcome::kBroken;
    size_t bytes = 0;
  };

  TlsChannel(const std::shared_ptr<ssl_ctx_st>& context, int fd);
  ~TlsChannel();
  TlsChannel(const TlsChannel&) = delete;
  TlsChannel& operator=(const TlsChannel&) = delete;

  // Each of these first goes on with the handshake until it is done.
  Moved Read(char* into, size_t size);
  Moved Peek();
  Moved Write(std::string_view bytes);
  // Whether Read would move bytes that the socket does not know of any more. What is here of an
  // unfinished record does not count: nothing can be done before the socket has its rest.
  bool HasPending() const;
  // Says goodbye; does not wait for the peer's.
  void End();

 private:
  Moved OutcomeOf(int result, size_t bytes);

  ssl_st* const ssl_;
  const int fd_;
};

}  // namespace anneal
