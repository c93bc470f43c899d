// The HTTP server with a handler that answers at once, for bench/net/run.sh to load: what the
// server alone costs.
//
//   http_bench [CERTIFICATE KEY]
//
// Prints its port, serves until its standard input ends, then prints how many requests it answered
// and the CPU time that they took.
#include <unistd.h>

#include <atomic>
#include <ctime>
#include <string>

#include "base/metrics.h"
#include "net/http.h"

namespace anneal {
namespace {

double CpuMicroseconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_nsec) / 1e3;
}

int Run(const HttpServerOptions& options) {
  std::atomic<int64_t> answered = 0;
  const auto server = HttpServer::Start(options, [&](const HttpRequest&, HttpRespond respond) {
    ++answered;
    respond({.body = "{}"});
  });
  if (!server.ok()) {
    fmt::print(stderr, "http_bench: {}\n", server.status().message());
    return 1;
  }
  const double begin = CpuMicroseconds();
  fmt::print("{}\n", (*server)->port());
  std::fflush(stdout);
  char ignored = 0;
  while (read(STDIN_FILENO, &ignored, 1) > 0) {
  }
  const double took = CpuMicroseconds() - begin;
  const int64_t count = answered;
  fmt::print("{} {:.1f}\n", count, count == 0 ? 0.0 : took / static_cast<double>(count));
  return 0;
}

}  // namespace
}  // namespace anneal

int main(int argc, char** argv) {
  if (argc != 1 && argc != 3) {
    fmt::print(stderr, "usage: http_bench [CERTIFICATE KEY]\n");
    return 2;
  }
  anneal::Metrics metrics;
  anneal::HttpServerOptions options;
  options.metrics = &metrics;
  if (argc == 3) {
    options.tls_certificate_file = argv[1];
    options.tls_key_file = argv[2];
  }
  return anneal::Run(options);
}
