// Ctrl-C for commands that have something to end or to keep: children, connections, results so
// far. Commands without need no scope: the signal then ends them at once, and the shell sees 130.
//
// Children run in process groups of their own, so the terminal's Ctrl-C does not reach them: a
// command that starts children must hold an InterruptScope, look at Requested() in its loops, and
// leave by return, so that the Child objects end their processes.
#pragma once

#include <cstdint>

namespace anneal {

// While one lives, the first SIGINT or SIGTERM only sets a flag; the second ends the process at
// once with kExitInterrupted. At most one lives at a time.
class InterruptScope {
 public:
  InterruptScope();
  ~InterruptScope();
  InterruptScope(const InterruptScope&) = delete;
  InterruptScope& operator=(const InterruptScope&) = delete;

  // From now on SIGHUP does not end the process, but ends WaitFor and is told by TakeHangup.
  void CatchHangups();
  // Whether one came since the last call.
  bool TakeHangup();

  bool Requested() const;
  // Waits until a signal comes, a hangup when they are caught, or `duration_ns` are over; returns
  // Requested().
  bool WaitFor(int64_t duration_ns) const;
};

}  // namespace anneal
