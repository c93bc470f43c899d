// The Process seam: starting other programs, talking to them by lines, and reading the CPU time
// they have used. Commands, load generators and the variants under measurement all run through it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"

namespace anneal {

// What to start. argv[0] is looked up in PATH when it has no slash.
struct Command {
  std::vector<std::string> argv;
  // Added to this process's environment, replacing variables of the same name.
  std::vector<std::pair<std::string, std::string>> env;
  std::string cwd;  // empty: this process's
  // kTail (stderr only): into a file without a name, whose end Child::StderrTail gives.
  enum class Stream { kInherit, kPipe, kDiscard, kTail };
  Stream stdin_stream = Stream::kDiscard;
  Stream stdout_stream = Stream::kPipe;
  Stream stderr_stream = Stream::kInherit;
  // Processors the child may run on; empty: all of this process's.
  std::vector<int> cpus;
  // Run asks it several times a second; true ends the child and its group with kCanceled.
  std::function<bool()> canceled;
};

// A shell line ("make && ./x --flag"), run by /bin/sh -c.
Command ShellCommand(std::string line);

struct ExitState {
  int code = 0;    // exit status, when signal is 0
  int signal = 0;  // the signal that ended it, or 0
  // CPU time and peak memory of the child and those of its descendants it waited for.
  int64_t user_ns = 0;
  int64_t system_ns = 0;
  int64_t max_rss_bytes = 0;
  bool ok() const { return code == 0 && signal == 0; }
  // "exit status 2", "killed by signal 9", "ok".
  std::string ToString() const;
};

// One running child, in a process group of its own. Destroying it kills the whole group and reaps
// it; what is left of the group when the child's end is waited for is killed then. It gets SIGTERM
// when the thread that spawned it ends: spawn from one that lives as long.
class Child {
 public:
  virtual ~Child() = default;
  virtual int pid() const = 0;
  // User + system CPU time of the child alone, all threads, ended ones too; nanoseconds.
  // Source: the process CPU clock, clock_getcpuclockid(3).
  virtual Result<int64_t> CpuTimeNs() const = 0;
  // Writes to the child's stdin. REQUIRES: stdin_stream is kPipe.
  virtual Status Write(std::string_view bytes) = 0;
  virtual void CloseStdin() = 0;
  // The next line of stdout without its newline; kOutOfRange at the end of the stream,
  // kDeadlineExceeded after `timeout_ns`. REQUIRES: stdout_stream is kPipe.
  virtual Result<std::string> ReadLine(int64_t timeout_ns) = 0;
  // The last `max_bytes` written to stderr so far. Empty unless stderr_stream is kTail.
  virtual std::string StderrTail(size_t /*max_bytes*/) const { return {}; }
  virtual Status Signal(int signal_number) = 0;  // to the whole process group
  // Waits for the end; kDeadlineExceeded after `timeout_ns` (the child runs on).
  virtual Result<ExitState> Wait(int64_t timeout_ns) = 0;
  // SIGTERM to the group, `grace_ns` for all of it to end, then SIGKILL.
  virtual ExitState Stop(int64_t grace_ns) = 0;
};

struct RunOutput {
  ExitState exit;
  std::string out;  // stdout, when it was a pipe
  std::string err;  // stderr, when it was a pipe
};

class Process {
 public:
  virtual ~Process() = default;
  virtual Result<std::unique_ptr<Child>> Spawn(const Command& command) = 0;
  // Spawns with `input` on stdin, collects the output and waits. A non-zero exit is no error of
  // Run: look at exit. kDeadlineExceeded after `timeout_ns` (0: none), the child killed.
  virtual Result<RunOutput> Run(const Command& command, std::string_view input,
                                int64_t timeout_ns) = 0;

  static Process& System();
};

}  // namespace anneal
