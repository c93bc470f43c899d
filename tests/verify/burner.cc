// Burns a counted amount of CPU per unit of work, in each protocol that `anneal verify` speaks.
//
//   burner command WORK [FAULT]   one unit, then exit
//   burner stdin WORK [FAULT]     one unit per line read, one line printed for it
//   burner http WORK [FAULT]      one unit per request; listens on 127.0.0.1:$PORT
//   burner gobench WORK [FAULT] -test.bench=RE -test.benchtime=Nx ...   like a Go test binary
//
// WORK is in thousands of loop iterations, so two amounts differ by a known ratio on any machine.
// FAULT makes it misbehave: die, garbage, silent, never-ready, exit, fail-request.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>

namespace {

void Burn(long thousands) {
  uint64_t x = 88172645463325252u;
  for (long i = 0; i < thousands * 1000; ++i) {
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
  }
  // The result must matter, or the loop may go.
  static volatile uint64_t sink;
  sink = x;
}

constexpr int kFaultAfter = 4;

int RunStdin(long work, const std::string& fault) {
  char line[256];
  for (int count = 1; std::fgets(line, sizeof(line), stdin) != nullptr; ++count) {
    if (fault == "die" && count > kFaultAfter) {
      std::fprintf(stderr, "out of luck\n");
      return 7;
    }
    if (fault == "error" && count > kFaultAfter) {
      std::puts("error: no such table");
      std::fflush(stdout);
      continue;
    }
    Burn(work);
    if (fault == "silent") continue;
    std::puts("done");
    if (fault == "garbage") std::puts("and one more line");
    std::fflush(stdout);
  }
  return 0;
}

void ServeConnection(int fd, long work, const std::string& fault) {
  std::string pending;
  char chunk[8192];
  for (int count = 0;;) {
    size_t end = pending.find("\r\n\r\n");
    if (end == std::string::npos) {
      ssize_t n = ::read(fd, chunk, sizeof(chunk));
      if (n <= 0) break;
      pending.append(chunk, static_cast<size_t>(n));
      continue;
    }
    pending.erase(0, end + 4);
    Burn(work);
    bool faulty = ++count > kFaultAfter;
    if (faulty && fault == "die") {
      std::fprintf(stderr, "out of luck\n");
      std::_Exit(7);
    }
    bool failing = faulty && fault == "fail-request";
    std::string answer =
        failing ? "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 7\r\n\r\nbroken\n"
                : "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\ndone\n";
    if (::write(fd, answer.data(), answer.size()) < 0) break;
  }
  ::close(fd);
}

int RunHttp(long work, const std::string& fault) {
  const char* port = std::getenv("PORT");
  if (fault == "exit" || port == nullptr) {
    std::fprintf(stderr, "listen: address already in use\n");
    return 1;
  }
  if (fault == "never-ready") {
    for (;;) ::pause();
  }
  int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  int yes = 1;
  ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(std::atoi(port)));
  if (::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0 ||
      ::listen(listener, 16) != 0) {
    std::perror("listen");
    return 1;
  }
  for (;;) {
    int fd = ::accept(listener, nullptr, nullptr);
    if (fd < 0) return 1;
    std::thread(ServeConnection, fd, work, fault).detach();
  }
}

int RunGoBench(long work, const std::string& fault, int argc, char** argv) {
  long iterations = 1;
  std::string pattern;
  for (int i = 0; i < argc; ++i) {
    if (std::strncmp(argv[i], "-test.benchtime=", 16) == 0) iterations = std::atol(argv[i] + 16);
    if (std::strncmp(argv[i], "-test.bench=", 12) == 0) pattern = argv[i] + 12;
  }
  if (fault == "garbage" && iterations > 1) {
    std::puts("PASS");
    return 0;
  }
  std::puts("goos: linux\npkg: example.com/burner");
  for (const char* name : {"BenchmarkShort", "BenchmarkLong/size=4"}) {
    bool is_long = std::strchr(name, '/') != nullptr;
    if (pattern == (is_long ? "^BenchmarkShort$" : "^BenchmarkLong$/^size=4$")) continue;
    auto began = std::chrono::steady_clock::now();
    for (long i = 0; i < iterations; ++i) Burn(is_long ? 2 * work : work);
    std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - began;
    std::printf("%s \t %ld\t %.1f ns/op\n", name, iterations,
                took.count() / static_cast<double>(iterations));
  }
  std::puts("PASS");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: burner command|stdin|http|gobench WORK [FAULT]\n");
    return 2;
  }
  std::string mode = argv[1];
  long work = std::atol(argv[2]);
  std::string fault = argc > 3 && argv[3][0] != '-' ? argv[3] : "";
  if (mode == "stdin") return RunStdin(work, fault);
  if (mode == "http") return RunHttp(work, fault);
  if (mode == "gobench") return RunGoBench(work, fault, argc, argv);
  if (fault == "die") {
    std::fprintf(stderr, "out of luck\n");
    return 7;
  }
  Burn(work);
  return 0;
}
