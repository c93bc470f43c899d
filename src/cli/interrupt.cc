#include "cli/interrupt.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <climits>

#include "cli/exit_status.h"

namespace anneal {
namespace {

// Signal handlers reach only what is global. The pipe wakes WaitFor.
std::atomic<int> g_signals{0};
int g_pipe[2] = {-1, -1};
struct sigaction g_before_int, g_before_term, g_before_hup;
std::atomic<bool> g_hangup{false};
bool g_catches_hangups = false;

void OnSignal(int) {
  if (g_signals.fetch_add(1) > 0) ::_exit(kExitInterrupted);
  int saved = errno;
  [[maybe_unused]] ssize_t written = ::write(g_pipe[1], "", 1);
  errno = saved;
}

void OnHangup(int) {
  g_hangup = true;
  int saved = errno;
  [[maybe_unused]] ssize_t written = ::write(g_pipe[1], "", 1);
  errno = saved;
}

}  // namespace

InterruptScope::InterruptScope() {
  g_signals = 0;
  if (::pipe2(g_pipe, O_CLOEXEC | O_NONBLOCK) != 0)
    g_pipe[0] = g_pipe[1] = -1;  // WaitFor then wakes only by time
  struct sigaction action{};
  action.sa_handler = OnSignal;
  ::sigemptyset(&action.sa_mask);
  ::sigaction(SIGINT, &action, &g_before_int);
  ::sigaction(SIGTERM, &action, &g_before_term);
}

InterruptScope::~InterruptScope() {
  ::sigaction(SIGINT, &g_before_int, nullptr);
  ::sigaction(SIGTERM, &g_before_term, nullptr);
  if (g_catches_hangups) ::sigaction(SIGHUP, &g_before_hup, nullptr);
  g_catches_hangups = false;
  for (int& descriptor : g_pipe) {
    if (descriptor >= 0) ::close(descriptor);
    descriptor = -1;
  }
}

void InterruptScope::CatchHangups() {
  if (g_catches_hangups) return;
  g_catches_hangups = true;
  g_hangup = false;
  struct sigaction action{};
  action.sa_handler = OnHangup;
  action.sa_flags = SA_RESTART;
  ::sigemptyset(&action.sa_mask);
  ::sigaction(SIGHUP, &action, &g_before_hup);
}

bool InterruptScope::TakeHangup() {
  if (!g_hangup.exchange(false)) return false;
  // Its byte would end every later wait. That of an interrupt may go too: its flag stays.
  char bytes[64];
  while (::read(g_pipe[0], bytes, sizeof bytes) > 0) continue;
  return true;
}

bool InterruptScope::Requested() const { return g_signals.load() > 0; }

bool InterruptScope::WaitFor(int64_t duration_ns) const {
  pollfd wait{.fd = g_pipe[0], .events = POLLIN, .revents = 0};
  int64_t milliseconds = duration_ns <= 0 ? 0 : (duration_ns + 999'999) / 1'000'000;
  if (!Requested()) ::poll(&wait, 1, static_cast<int>(std::min<int64_t>(milliseconds, INT_MAX)));
  return Requested();
}

}  // namespace anneal
