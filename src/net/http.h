// HTTP, both sides, behind one header. Boost.Beast and nghttp2 are named in net/*.cc only.
//
// The server calls one handler for every request, on a worker thread; the handler answers through
// `respond`, at once or later and from any thread (a push answers when its bytes are durable).
// HTTP/1.1 and HTTP/2 without TLS (h2c, by prior knowledge or Upgrade) share one port.
// The client (the Http seam) makes single calls with a deadline.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/metrics.h"
#include "base/status.h"

namespace anneal {

// Equal but for the case of ASCII letters, as names of fields and many of their values are.
bool EqualsIgnoreCase(std::string_view a, std::string_view b);

// Header fields in order; names compare without case.
class HttpHeaders {
 public:
  void Add(std::string name, std::string value) {
    fields_.emplace_back(std::move(name), std::move(value));
  }
  // Replaces every field of that name.
  void Set(std::string_view name, std::string value);
  // The first field's value, or empty.
  std::string_view Get(std::string_view name) const;
  bool Has(std::string_view name) const;
  void Reserve(size_t count) { fields_.reserve(count); }
  const std::vector<std::pair<std::string, std::string>>& fields() const { return fields_; }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

// What one request holds of the memory that all requests share
// (HttpServerOptions::max_inflight_bytes): its body, and what its handler claims for what it makes
// of the body. Given back when the request is answered. Thread-safe.
class RequestMemory {
 public:
  virtual ~RequestMemory() = default;
  // Takes `bytes` more. kUnavailable when other requests have the room; kResourceExhausted when
  // there is too little even for this one alone. A request that takes much waits until others like
  // it are answered, for seconds at most.
  virtual Status Claim(size_t bytes) = 0;
  // Gives `bytes` back before that, at most what is held.
  virtual void Release(size_t bytes) = 0;
};

struct HttpRequest {
  std::string method = "GET";
  // Server: path and query as sent ("/ingest?name=a"). Client: an absolute URL.
  std::string target;
  HttpHeaders headers;
  std::string body;  // as sent; Content-Encoding is the handler's business
  std::string peer;  // server: "127.0.0.1:53122"
  // Server: turns true when nobody waits for the answer any more, the client having closed its
  // connection (its sending side suffices) or reset its stream. Null: unknown.
  std::shared_ptr<const std::atomic<bool>> client_left;
  std::shared_ptr<RequestMemory> memory;  // server; null: unbounded

  // Cheap; for long work to ask now and then. What is answered all the same is still sent if it
  // can.
  bool canceled() const { return client_left && client_left->load(std::memory_order_relaxed); }
};

struct HttpResponse {
  int status = 200;
  HttpHeaders headers;
  std::string body;
  // Fields after the body. Server: HTTP/1.0 has none, they are dropped there.
  HttpHeaders trailers;
};

// --- addresses -----------------------------------------------------------------------------

// "%41+b" → "A b" (plus becomes space only in queries).
std::string PercentDecode(std::string_view text, bool plus_is_space);
std::string PercentEncode(std::string_view text);
// The path of a target, percent-decoded, and its query's fields in order.
struct HttpTarget {
  std::string path;
  std::vector<std::pair<std::string, std::string>> query;
  // The first field of that name, or `fallback`.
  std::string_view Get(std::string_view name, std::string_view fallback = {}) const;
};
HttpTarget ParseTarget(std::string_view target);

// --- server --------------------------------------------------------------------------------

struct HttpServerOptions {
  std::string host = "127.0.0.1";
  uint16_t port = 0;  // 0: any free one; ask port()
  int io_threads = 1;
  int worker_threads = 4;
  size_t max_body_bytes = size_t{256} << 20;  // above: 413, connection closed
  size_t max_header_bytes = 64 << 10;
  // Bodies being received or handled and what handlers claim for them, all connections together;
  // above it new requests get 503 with Retry-After, so that memory stays bounded.
  size_t max_inflight_bytes = size_t{512} << 20;
  int64_t header_timeout_ns = 10'000'000'000;  // from connect or keep-alive to full headers
  // From headers to full body, and a second more for each min_body_rate bytes that have come.
  int64_t body_timeout_ns = 60'000'000'000;
  size_t min_body_rate = size_t{64} << 10;    // bytes a second
  int64_t idle_timeout_ns = 120'000'000'000;  // keep-alive; and a client that reads no answer
  size_t max_connections = 16384;
  size_t max_streams = 128;  // requests of one HTTP/2 connection under way; above: refused
  // PEM files: the certificate and those that signed it, and its key. With them the port speaks TLS
  // (1.2 and 1.3; HTTP/2 and HTTP/1.1 by ALPN) and nothing else.
  std::string tls_certificate_file;
  std::string tls_key_file;
  Metrics* metrics = nullptr;  // optional; must outlive the server
};

using HttpRespond = std::function<void(HttpResponse)>;
using HttpHandler = std::function<void(HttpRequest, HttpRespond)>;

class HttpServer {
 public:
  virtual ~HttpServer() = default;
  virtual uint16_t port() const = 0;
  // Reads the certificate and key again, for new connections; those that are open go on. When that
  // fails the ones in use stay. kFailedPrecondition without TLS.
  virtual Status ReloadTls() = 0;
  // Stops accepting, lets requests in flight finish for up to `grace_ns`, closes the rest. Blocks.
  virtual void Shutdown(int64_t grace_ns) = 0;

  // Listens and serves until Shutdown. Fails with what is wrong with the address.
  static Result<std::unique_ptr<HttpServer>> Start(const HttpServerOptions& options,
                                                   HttpHandler handler);
};

// --- client (the Http seam) ----------------------------------------------------------------

struct HttpClientOptions {
  // PEM file of certificates to trust instead of the machine's.
  std::string ca_file;
};

class Http {
 public:
  virtual ~Http() = default;
  // One request to request.target (http:// or https://, certificate checked). Redirects are not
  // followed. A response of any status is ok(); kUnavailable when none came, kDeadlineExceeded
  // after `timeout_ns`, kResourceExhausted above `max_body_bytes`.
  virtual Result<HttpResponse> Fetch(const HttpRequest& request, int64_t timeout_ns,
                                     size_t max_body_bytes) = 0;

  // Ends every call in flight with kCanceled, and every later one at once: for shutting down while
  // a long answer is awaited. Thread-safe.
  virtual void Cancel() {}

  // Certificates to trust, as HttpClientOptions::ca_file, before the first call;
  // kFailedPrecondition after it.
  virtual Status Trust(const std::string& /*ca_file*/) { return {}; }

  // A client with its own pool of keep-alive connections. Thread-safe.
  static std::unique_ptr<Http> Create(const HttpClientOptions& options = {});
};

}  // namespace anneal
