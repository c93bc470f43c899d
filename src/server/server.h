// The server: opens the store, serves the API and its own pages, and runs the background jobs.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/status.h"
#include "server/config.h"

namespace anneal {

struct ServerOptions {
  ServerConfig config;
  std::string version = "unknown";
  std::string revision = "unknown";
  Clock* clock = nullptr;  // null: the system's; must outlive the server
};

class Server {
 public:
  virtual ~Server() = default;
  // Where it listens: "127.0.0.1:4040", the port as it is when the config asked for any.
  virtual std::string address() const = 0;
  // The same as a URL: "http://127.0.0.1:4040", https with TLS.
  virtual std::string url() const = 0;
  // Reads anew what may change while the server runs: the token file, and the certificate and its
  // key. When something is wrong with one of them, what was in force of it stays, the log says what
  // it is, and so does the Status.
  virtual Status Reload() = 0;
  // Refuses new requests, lets those under way finish for the configured grace, ends the jobs and
  // closes the store. Blocks. Called by the destructor too.
  virtual void Shutdown() = 0;

  // Listens at once, answering /ready with 503 until the store is open; returns when it is.
  // kUnavailable when the address is taken or another process has the store open; messages say
  // what to do.
  static Result<std::unique_ptr<Server>> Start(const ServerOptions& options);
};

}  // namespace anneal
