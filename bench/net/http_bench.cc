// What the HTTP server alone costs: POSTs to a handler that answers at once, over loopback and
// kept connections. The server runs in a child process, so that its CPU time can be told apart.
//
//   http_bench [BODY_BYTES [CONNECTIONS [SECONDS]]]      10000 8 5
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <ctime>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "net/http.h"

namespace anneal {
namespace {

// Serves until `until_closed` reaches its end; writes its port to `port_out` first.
int Serve(int port_out, int until_closed) {
  Metrics metrics;
  HttpServerOptions options;
  options.metrics = &metrics;
  const auto server =
      HttpServer::Start(options, [](HttpRequest, HttpRespond respond) { respond({.body = "{}"}); });
  if (!server.ok()) {
    fmt::print(stderr, "http_bench: {}\n", server.status().message());
    return 1;
  }
  const uint16_t port = (*server)->port();
  if (write(port_out, &port, sizeof port) != sizeof port) return 1;
  char end = 0;
  return read(until_closed, &end, 1) == 0 ? 0 : 1;
}

int Connect(uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return -1;
  return fd;
}

bool SendAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

int64_t CpuNs(pid_t pid) {
  clockid_t clock{};
  timespec time{};
  if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &time) != 0) return 0;
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

// Keeps one request under way on each connection until the deadline; the number answered, or
// nullopt when a connection broke.
std::optional<int64_t> Load(std::vector<pollfd>& connections, std::string_view request,
                            int64_t until_ns) {
  int64_t answered = 0;
  for (const pollfd& connection : connections) {
    if (!SendAll(connection.fd, request)) return std::nullopt;
  }
  char buffer[4096];
  while (Clock::System().MonotonicNs() < until_ns) {
    poll(connections.data(), connections.size(), 1000);
    for (const pollfd& connection : connections) {
      if (connection.revents == 0) continue;
      // A response is 100 bytes or so: it comes in one piece.
      const ssize_t count = recv(connection.fd, buffer, sizeof buffer, 0);
      if (count <= 0 || std::string_view(buffer, 12) != "HTTP/1.1 200") return std::nullopt;
      ++answered;
      if (!SendAll(connection.fd, request)) return std::nullopt;
    }
  }
  return answered;
}

int Run(size_t body_bytes, int connection_count, int seconds) {
  int port_pipe[2], end_pipe[2];
  if (pipe(port_pipe) != 0 || pipe(end_pipe) != 0) return 1;
  const pid_t child = fork();
  if (child == 0) {
    close(end_pipe[1]);
    _exit(Serve(port_pipe[1], end_pipe[0]));
  }
  uint16_t port = 0;
  if (read(port_pipe[0], &port, sizeof port) != sizeof port) return 1;
  std::vector<pollfd> connections;
  for (int i = 0; i < connection_count; ++i) {
    connections.push_back({.fd = Connect(port), .events = POLLIN, .revents = 0});
  }
  const std::string request = fmt::format(
      "POST /ingest HTTP/1.1\r\nHost: localhost\r\nUser-Agent: http_bench\r\n"
      "Content-Type: application/octet-stream\r\nContent-Length: {}\r\n\r\n{}",
      body_bytes, std::string(body_bytes, 'x'));
  const int64_t begin_ns = Clock::System().MonotonicNs();
  const int64_t begin_cpu_ns = CpuNs(child);
  const std::optional<int64_t> answered =
      Load(connections, request, begin_ns + int64_t{seconds} * 1'000'000'000);
  const int64_t took_ns = Clock::System().MonotonicNs() - begin_ns;
  const int64_t cpu_ns = CpuNs(child) - begin_cpu_ns;
  close(end_pipe[1]);
  waitpid(child, nullptr, 0);
  if (!answered || *answered == 0) {
    fmt::print(stderr, "http_bench: the server broke a connection\n");
    return 1;
  }
  const auto requests = static_cast<double>(*answered);
  fmt::print("{} bytes, {} connections: {:.0f} requests/s, server CPU {:.1f} us per request\n",
             body_bytes, connection_count, requests * 1e9 / static_cast<double>(took_ns),
             static_cast<double>(cpu_ns) / 1e3 / requests);
  return 0;
}

}  // namespace
}  // namespace anneal

int main(int argc, char** argv) {
  const auto argument = [&](int index, int fallback) {
    return argc > index ? std::atoi(argv[index]) : fallback;
  };
  return anneal::Run(static_cast<size_t>(argument(1, 10'000)), argument(2, 8), argument(3, 5));
}
