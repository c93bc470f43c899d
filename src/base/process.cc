#include "base/process.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "base/clock.h"

extern char** environ;

namespace anneal {
namespace {

constexpr int64_t kNsPerMs = 1'000'000;

int64_t TimevalNs(const timeval& t) {
  return int64_t{t.tv_sec} * 1'000'000'000 + int64_t{t.tv_usec} * 1000;
}

int PollTimeoutMs(int64_t deadline_ns) {
  if (deadline_ns == INT64_MAX) return -1;
  int64_t left_ns = deadline_ns - Clock::System().MonotonicNs();
  if (left_ns <= 0) return 0;
  int64_t left_ms = (left_ns + kNsPerMs - 1) / kNsPerMs;
  return left_ms > INT_MAX ? INT_MAX : static_cast<int>(left_ms);
}

int64_t DeadlineNs(int64_t timeout_ns) {
  int64_t now_ns = Clock::System().MonotonicNs();
  return timeout_ns >= INT64_MAX - now_ns ? INT64_MAX : now_ns + timeout_ns;
}

ExitState ExitStateOf(int wait_status, const rusage& usage) {
  ExitState state;
  if (WIFSIGNALED(wait_status)) {
    state.signal = WTERMSIG(wait_status);
  } else {
    state.code = WEXITSTATUS(wait_status);
  }
  state.user_ns = TimevalNs(usage.ru_utime);
  state.system_ns = TimevalNs(usage.ru_stime);
  state.max_rss_bytes = int64_t{usage.ru_maxrss} * 1024;
  return state;
}

// The process group of a process that is no zombie; 0 when there is none. Source: proc(5), stat.
int GroupOf(const std::filesystem::path& proc_directory) {
  std::string text;
  std::getline(std::ifstream(proc_directory / "stat"), text);
  size_t name_end = text.rfind(')');  // the name may hold anything
  if (name_end == std::string::npos) return 0;
  char state = 'Z';
  int parent = 0, group = 0;
  std::istringstream rest(text.substr(name_end + 1));
  rest >> state >> parent >> group;
  return state == 'Z' || state == 'X' ? 0 : group;
}

bool GroupLives(int group) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
    if (std::isdigit(static_cast<unsigned char>(entry.path().filename().c_str()[0])) &&
        GroupOf(entry.path()) == group) {
      return true;
    }
  }
  return false;
}

// Asks `done` from 1 ms up to 50 ms apart, since waiting for processes has no timeout. False when
// `deadline_ns` came first.
template <typename Done>
bool PollUntil(int64_t deadline_ns, Done done) {
  for (int64_t pause_ns = kNsPerMs;; pause_ns = std::min(pause_ns * 2, 50 * kNsPerMs)) {
    if (done()) return true;
    int64_t left_ns = deadline_ns - Clock::System().MonotonicNs();
    if (left_ns <= 0) return false;
    Clock::System().SleepNs(std::min(pause_ns, left_ns));
  }
}

class SystemChild : public Child {
 public:
  // `tail`: the file that stderr goes to, or -1. Takes the descriptors over.
  SystemChild(int pid, int in, int out, int err, int tail)
      : pid_(pid), in_(in), out_(out), err_(err), tail_(tail) {}
  ~SystemChild() override {
    Kill();
    for (int fd : {in_, out_, err_, tail_}) {
      if (fd >= 0) ::close(fd);
    }
  }
  SystemChild(const SystemChild&) = delete;
  SystemChild& operator=(const SystemChild&) = delete;

  int pid() const override { return pid_; }

  Result<int64_t> CpuTimeNs() const override {
    clockid_t clock;
    timespec time{};
    int error = ::clock_getcpuclockid(pid_, &clock);
    if (error != 0 || ::clock_gettime(clock, &time) != 0) {
      return Error(Code::kUnavailable, "CPU time of process {}: {}", pid_,
                   std::strerror(error != 0 ? error : errno));
    }
    return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
  }

  Status Write(std::string_view bytes) override {
    while (!bytes.empty()) {
      ssize_t n = ::write(in_, bytes.data(), bytes.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) {
        return Error(Code::kUnavailable, "writing to process {}: {}", pid_, std::strerror(errno));
      }
      bytes.remove_prefix(static_cast<size_t>(n));
    }
    return Status();
  }

  void CloseStdin() override {
    if (in_ >= 0) ::close(in_);
    in_ = -1;
  }

  Result<std::string> ReadLine(int64_t timeout_ns) override {
    int64_t deadline_ns = DeadlineNs(timeout_ns);
    for (;;) {
      if (size_t end = buffer_.find('\n'); end != std::string::npos) {
        std::string line = buffer_.substr(0, end);
        buffer_.erase(0, end + 1);
        return line;
      }
      pollfd poll_fd{out_, POLLIN, 0};
      int ready = ::poll(&poll_fd, 1, PollTimeoutMs(deadline_ns));
      if (ready < 0 && errno == EINTR) continue;
      if (ready == 0) {
        return Error(Code::kDeadlineExceeded, "process {} printed no line within {} ms", pid_,
                     timeout_ns / kNsPerMs);
      }
      std::array<char, 4096> chunk;
      ssize_t n = ::read(out_, chunk.data(), chunk.size());
      if (n > 0) {
        buffer_.append(chunk.data(), static_cast<size_t>(n));
        continue;
      }
      if (n < 0 && errno == EINTR) continue;
      if (!buffer_.empty()) return std::exchange(buffer_, std::string());
      return Error(Code::kOutOfRange, "process {} closed its output", pid_);
    }
  }

  std::string StderrTail(size_t max_bytes) const override {
    if (tail_ < 0) return {};
    off_t end = ::lseek(tail_, 0, SEEK_END);
    off_t begin = std::max<off_t>(0, end - static_cast<off_t>(max_bytes));
    std::string bytes(static_cast<size_t>(std::max<off_t>(0, end - begin)), '\0');
    ssize_t n = ::pread(tail_, bytes.data(), bytes.size(), begin);
    bytes.resize(static_cast<size_t>(std::max<ssize_t>(0, n)));
    return bytes;
  }

  Status Signal(int signal_number) override {
    if (reaped_ || ::kill(-pid_, signal_number) != 0) {
      return Error(Code::kNotFound, "signal {}: process {} has ended", signal_number, pid_);
    }
    return Status();
  }

  Result<ExitState> Wait(int64_t timeout_ns) override {
    TRY(AwaitEnd(DeadlineNs(timeout_ns), nullptr));
    return Reap();
  }

  // Until the child itself has ended; leaves it unreaped.
  Status AwaitEnd(int64_t deadline_ns, const std::function<bool()>& canceled) const {
    if (deadline_ns == INT64_MAX && !canceled) {
      (void)Ended(0);
      return Status();
    }
    bool stop = false;
    bool ended = false;
    PollUntil(deadline_ns, [&] {
      ended = Ended(WNOHANG);
      stop = !ended && canceled && canceled();
      return ended || stop;
    });
    if (ended) return Status();
    if (stop) return Error(Code::kCanceled, "process {} was stopped", pid_);
    return Error(Code::kDeadlineExceeded, "process {} still runs", pid_);
  }

  ExitState Stop(int64_t grace_ns) override {
    if (!reaped_) {
      ::kill(-pid_, SIGTERM);
      // A script in front of the program may end before it: the grace is the whole group's.
      PollUntil(DeadlineNs(grace_ns), [this] { return Ended(WNOHANG) && !GroupLives(pid_); });
    }
    Kill();
    return exit_;
  }

  // Waits for the child's end, kills what is left of its group, and only then frees its id: no
  // other process can have taken it.
  ExitState Reap() {
    if (reaped_) return exit_;
    (void)Ended(0);
    ::kill(-pid_, SIGKILL);
    int wait_status = 0;
    rusage usage{};
    pid_t result;
    do {
      result = ::wait4(pid_, &wait_status, 0, &usage);
    } while (result < 0 && errno == EINTR);
    reaped_ = true;
    if (result > 0) exit_ = ExitStateOf(wait_status, usage);
    return exit_;
  }

  // Reads stdout and stderr to their ends while feeding `input`; see Process::Run.
  Status Communicate(std::string_view input, int64_t deadline_ns,
                     const std::function<bool()>& canceled, std::string* out, std::string* err) {
    if (in_ >= 0) ::fcntl(in_, F_SETFL, O_NONBLOCK);
    while (out_ >= 0 || err_ >= 0 || in_ >= 0) {
      if (in_ >= 0 && input.empty()) {
        CloseStdin();
        continue;
      }
      std::array<pollfd, 3> fds = {{{out_, POLLIN, 0}, {err_, POLLIN, 0}, {in_, POLLOUT, 0}}};
      int timeout_ms = PollTimeoutMs(deadline_ns);
      constexpr int kCancelCheckMs = 200;
      bool checks = canceled && (timeout_ms < 0 || timeout_ms > kCancelCheckMs);
      int ready = ::poll(fds.data(), fds.size(), checks ? kCancelCheckMs : timeout_ms);
      if (canceled && canceled()) return Error(Code::kCanceled, "process {} was stopped", pid_);
      if (ready < 0 && errno == EINTR) continue;
      if (ready == 0 && checks) continue;
      if (ready == 0) {
        return Error(Code::kDeadlineExceeded, "process {} did not finish in time", pid_);
      }
      if (fds[0].revents != 0) Drain(&out_, out);
      if (fds[1].revents != 0) Drain(&err_, err);
      if (fds[2].revents != 0) {
        ssize_t n = ::write(in_, input.data(), input.size());
        if (n > 0) input.remove_prefix(static_cast<size_t>(n));
        if (n < 0 && errno != EINTR && errno != EAGAIN) CloseStdin();  // it reads no more
      }
    }
    return Status();
  }

 private:
  static void Drain(int* fd, std::string* into) {
    std::array<char, 16384> chunk;
    ssize_t n = ::read(*fd, chunk.data(), chunk.size());
    if (n > 0) {
      into->append(chunk.data(), static_cast<size_t>(n));
    } else if (n == 0 || errno != EINTR) {
      ::close(*fd);
      *fd = -1;
    }
  }

  // Whether the child itself has ended; leaves it unreaped. Waits unless `options` has WNOHANG.
  bool Ended(int options) const {
    if (reaped_) return true;
    siginfo_t info{};
    int result;
    do {
      result = ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT | options);
    } while (result < 0 && errno == EINTR);
    return result < 0 || info.si_pid != 0;
  }

  void Kill() {
    if (!reaped_) ::kill(-pid_, SIGKILL);
    Reap();
  }

  int pid_;
  int in_, out_, err_, tail_;
  std::string buffer_;
  bool reaped_ = false;
  ExitState exit_;
};

struct Pipe {
  int read = -1;
  int write = -1;
};

Status OpenPipe(Pipe* pipe) {
  std::array<int, 2> fds;
  if (::pipe2(fds.data(), O_CLOEXEC) != 0) {
    return Error(Code::kUnavailable, "creating a pipe: {}", std::strerror(errno));
  }
  pipe->read = fds[0];
  pipe->write = fds[1];
  return Status();
}

// A file that takes stderr and has no name; -1 when neither disk nor memory can hold one.
int OpenTail() {
  const char* directory = ::getenv("TMPDIR");
  int fd = ::open(directory != nullptr ? directory : "/tmp",
                  O_TMPFILE | O_RDWR | O_APPEND | O_CLOEXEC, 0600);
  return fd >= 0 ? fd : ::memfd_create("stderr", MFD_CLOEXEC);
}

// Between fork and exec: only async-signal-safe calls. Reports errno through `report`.
[[noreturn]] void ExecChild(const Command& command, char* const* argv, char* const* env, int in,
                            int out, int err, int report) {
  ::setpgid(0, 0);
  // Its own group hides it from the terminal's Ctrl-C, so it must not outlive us by that.
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  bool ok = true;
  if (!command.cwd.empty()) ok = ::chdir(command.cwd.c_str()) == 0;
  if (ok && !command.cpus.empty()) {
    cpu_set_t set;
    CPU_ZERO(&set);
    for (int cpu : command.cpus) CPU_SET(static_cast<size_t>(cpu), &set);
    ok = ::sched_setaffinity(0, sizeof(set), &set) == 0;
  }
  if (ok && in >= 0) ok = ::dup2(in, 0) >= 0;
  if (ok && out >= 0) ok = ::dup2(out, 1) >= 0;
  if (ok && err >= 0) ok = ::dup2(err, 2) >= 0;
  if (ok) ::execvpe(argv[0], argv, env);
  int error = errno;
  (void)!::write(report, &error, sizeof(error));
  ::_exit(127);
}

std::vector<std::string> MergedEnvironment(const Command& command) {
  std::map<std::string, std::string> variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    std::string_view text = *entry;
    size_t equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    variables[std::string(text.substr(0, equals))] = text.substr(equals + 1);
  }
  for (const auto& [name, value] : command.env) variables[name] = value;
  std::vector<std::string> result;
  for (const auto& [name, value] : variables) result.push_back(name + "=" + value);
  return result;
}

std::vector<char*> Pointers(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (std::string& s : strings) pointers.push_back(s.data());
  pointers.push_back(nullptr);
  return pointers;
}

class SystemProcess : public Process {
 public:
  // A child that ends early must give EPIPE, not end this process.
  SystemProcess() { ::signal(SIGPIPE, SIG_IGN); }

  Result<std::unique_ptr<Child>> Spawn(const Command& command) override {
    ASSIGN_OR_RETURN(std::unique_ptr<SystemChild> child, SpawnSystem(command));
    return std::unique_ptr<Child>(std::move(child));
  }

  Result<RunOutput> Run(const Command& command, std::string_view input,
                        int64_t timeout_ns) override {
    Command piped = command;
    if (!input.empty()) piped.stdin_stream = Command::Stream::kPipe;
    ASSIGN_OR_RETURN(std::unique_ptr<SystemChild> child, SpawnSystem(piped));
    int64_t deadline_ns = timeout_ns == 0 ? INT64_MAX : DeadlineNs(timeout_ns);
    RunOutput output;
    Status status =
        child->Communicate(input, deadline_ns, piped.canceled, &output.out, &output.err);
    if (!status.ok()) return status.Annotate(command.argv[0]);
    status = child->AwaitEnd(deadline_ns, piped.canceled);
    if (!status.ok()) return status.Annotate(command.argv[0]);
    output.exit = child->Reap();
    return output;
  }

 private:
  static Result<std::unique_ptr<SystemChild>> SpawnSystem(const Command& command) {
    if (command.argv.empty()) return InvalidArgument("no command to run");
    std::vector<std::string> arguments = command.argv;
    std::vector<std::string> environment = MergedEnvironment(command);
    std::vector<char*> argv = Pointers(arguments);
    std::vector<char*> env = Pointers(environment);

    Pipe in, out, err, report;
    int null_fd = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    int tail_fd = command.stderr_stream == Command::Stream::kTail ? OpenTail() : -1;
    auto close_all = [&] {
      for (int fd : {in.read, in.write, out.read, out.write, err.read, err.write, report.read,
                     report.write, null_fd, tail_fd}) {
        if (fd >= 0) ::close(fd);
      }
    };
    Status status = OpenPipe(&report);
    using Stream = Command::Stream;
    if (status.ok() && command.stdin_stream == Stream::kPipe) status = OpenPipe(&in);
    if (status.ok() && command.stdout_stream == Stream::kPipe) status = OpenPipe(&out);
    if (status.ok() && command.stderr_stream == Stream::kPipe) status = OpenPipe(&err);
    if (!status.ok()) {
      close_all();
      return status;
    }
    auto end_for_child = [null_fd](Stream stream, int pipe_end) {
      if (stream == Stream::kPipe) return pipe_end;
      return stream == Stream::kDiscard ? null_fd : -1;
    };
    int child_in = end_for_child(command.stdin_stream, in.read);
    int child_out = end_for_child(command.stdout_stream, out.write);
    int child_err = tail_fd >= 0 ? tail_fd : end_for_child(command.stderr_stream, err.write);

    pid_t pid = ::fork();
    if (pid == 0) {
      ExecChild(command, argv.data(), env.data(), child_in, child_out, child_err, report.write);
    }
    int fork_error = errno;
    for (int* fd : {&in.read, &out.write, &err.write, &report.write}) {
      if (*fd >= 0) ::close(*fd);
      *fd = -1;
    }
    if (pid < 0) {
      close_all();
      return Error(Code::kUnavailable, "starting {}: {}", argv[0], std::strerror(fork_error));
    }
    ::setpgid(pid, pid);  // both sides set it, whoever comes first
    int exec_error = 0;
    ssize_t n;
    do {
      n = ::read(report.read, &exec_error, sizeof(exec_error));
    } while (n < 0 && errno == EINTR);
    if (n > 0) {
      ::waitpid(pid, nullptr, 0);
      close_all();
      return Error(exec_error == ENOENT ? Code::kNotFound : Code::kFailedPrecondition,
                   "starting {}: {}", argv[0], std::strerror(exec_error));
    }
    ::close(report.read);
    if (null_fd >= 0) ::close(null_fd);
    return std::make_unique<SystemChild>(pid, in.write, out.read, err.read, tail_fd);
  }
};

}  // namespace

Command ShellCommand(std::string line) {
  Command command;
  command.argv = {"/bin/sh", "-c", std::move(line)};
  return command;
}

std::string ExitState::ToString() const {
  if (signal != 0) return fmt::format("killed by signal {}", signal);
  return code == 0 ? "ok" : fmt::format("exit status {}", code);
}

Process& Process::System() {
  static SystemProcess process;
  return process;
}

}  // namespace anneal
