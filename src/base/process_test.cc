#include "base/process.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "base/clock.h"

namespace anneal {
namespace {

constexpr int64_t kSecondNs = 1'000'000'000;

Process& P() { return Process::System(); }

TEST(ProcessTest, RunCollectsOutputAndExit) {
  Command command = ShellCommand("cat; echo err >&2; exit 3");
  command.stderr_stream = Command::Stream::kPipe;
  Result<RunOutput> run = P().Run(command, "hello", 10 * kSecondNs);
  ASSERT_TRUE(run.ok()) << run.status().ToString();
  EXPECT_EQ(run->out, "hello");
  EXPECT_EQ(run->err, "err\n");
  EXPECT_EQ(run->exit.code, 3);
  EXPECT_EQ(run->exit.ToString(), "exit status 3");
}

TEST(ProcessTest, LargeInputAndOutputDoNotDeadlock) {
  std::string big(3'000'000, 'y');
  Result<RunOutput> run = P().Run(ShellCommand("cat"), big, 30 * kSecondNs);
  ASSERT_TRUE(run.ok()) << run.status().ToString();
  EXPECT_EQ(run->out.size(), big.size());
}

TEST(ProcessTest, MissingProgramIsNotFound) {
  Result<RunOutput> run = P().Run(Command{.argv = {"anneal-no-such-program"}}, "", kSecondNs);
  EXPECT_EQ(run.status().code(), Code::kNotFound);
  EXPECT_NE(run.status().message().find("anneal-no-such-program"), std::string::npos);
}

TEST(ProcessTest, LinesBackAndForth) {
  Command command = ShellCommand("while read n; do echo got $n; done");
  command.stdin_stream = Command::Stream::kPipe;
  Result<std::unique_ptr<Child>> child = P().Spawn(command);
  ASSERT_TRUE(child.ok());
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE((*child)->Write(fmt::format("{}\n", i)).ok());
    EXPECT_EQ(*(*child)->ReadLine(10 * kSecondNs), fmt::format("got {}", i));
  }
  EXPECT_GE(*(*child)->CpuTimeNs(), 0);
  (*child)->CloseStdin();
  EXPECT_EQ((*child)->ReadLine(10 * kSecondNs).status().code(), Code::kOutOfRange);
  EXPECT_TRUE((*child)->Wait(10 * kSecondNs)->ok());
}

TEST(ProcessTest, StderrTailKeepsTheEnd) {
  Command command =
      ShellCommand("i=0; while [ $i -lt 2000 ]; do echo line $i >&2; i=$((i+1)); done");
  command.stderr_stream = Command::Stream::kTail;
  Result<std::unique_ptr<Child>> child = P().Spawn(command);
  ASSERT_TRUE(child.ok());
  ASSERT_TRUE((*child)->Wait(10 * kSecondNs)->ok());
  EXPECT_EQ((*child)->StderrTail(10), "line 1999\n");
  EXPECT_EQ((*child)->StderrTail(1 << 20).substr(0, 7), "line 0\n");
}

TEST(ProcessTest, EndsWithTheThreadThatStartedIt) {
  std::unique_ptr<Child> child;
  std::thread starter([&child] {
    Command command{.argv = {"sleep", "100"}};
    if (auto started = P().Spawn(command); started.ok()) child = std::move(*started);
  });
  starter.join();
  ASSERT_NE(child, nullptr);
  Result<ExitState> exit = child->Wait(10 * kSecondNs);
  ASSERT_TRUE(exit.ok()) << exit.status().ToString();
  EXPECT_EQ(exit->signal, SIGTERM);
}

TEST(ProcessTest, TimeoutAndStop) {
  Result<RunOutput> run = P().Run(ShellCommand("sleep 100"), "", kSecondNs / 10);
  EXPECT_EQ(run.status().code(), Code::kDeadlineExceeded);
  Result<std::unique_ptr<Child>> child = P().Spawn(ShellCommand("trap '' TERM; sleep 100"));
  ASSERT_TRUE(child.ok());
  EXPECT_EQ((*child)->ReadLine(kSecondNs / 20).status().code(), Code::kDeadlineExceeded);
  EXPECT_EQ((*child)->Stop(kSecondNs / 10).signal, SIGKILL);
}

TEST(ProcessTest, CanceledRunEndsTheWholeGroup) {
  int asked = 0;
  Command command = ShellCommand("sleep 100; echo no");
  command.canceled = [&asked] { return ++asked > 2; };
  Result<RunOutput> run = P().Run(command, "", 0);
  EXPECT_EQ(run.status().code(), Code::kCanceled);
}

// Gone, or a zombie that nobody has waited for yet.
bool HasEnded(const std::string& pid) {
  std::string stat;
  std::getline(std::ifstream("/proc/" + pid + "/stat"), stat);
  size_t name_end = stat.rfind(") ");
  return name_end == std::string::npos || stat[name_end + 2] == 'Z';
}

TEST(ProcessTest, NothingOfTheGroupOutlivesIt) {
  // A child in the background that no SIGTERM ends; its parent prints its id, and ends or stays.
  const std::string background = "(trap '' TERM; exec sleep 100) >/dev/null 2>&1 & echo $!";
  struct Row {
    const char* name;
    std::string line;
    std::function<void(std::unique_ptr<Child>&)> end;
  };
  const Row rows[] = {
      {"waited for", background, [](auto& child) { (void)child->Wait(10 * kSecondNs); }},
      {"waited for without end", background, [](auto& child) { (void)child->Wait(INT64_MAX); }},
      {"stopped", background + "; exec sleep 100",
       [](auto& child) { child->Stop(kSecondNs / 10); }},
      {"stopped after its end", background, [](auto& child) { child->Stop(kSecondNs / 10); }},
      {"destroyed", background + "; exec sleep 100", [](auto& child) { child.reset(); }},
      {"destroyed after its end", background, [](auto& child) { child.reset(); }},
  };
  for (const Row& row : rows) {
    Result<std::unique_ptr<Child>> child = P().Spawn(ShellCommand(row.line));
    ASSERT_TRUE(child.ok());
    std::string pid = *(*child)->ReadLine(10 * kSecondNs);
    row.end(*child);
    for (int i = 0; i < 1000 && !HasEnded(pid); ++i) Clock::System().SleepNs(kSecondNs / 100);
    EXPECT_TRUE(HasEnded(pid)) << row.name;
  }
}

TEST(ProcessTest, TheGraceOfAStopIsTheWholeGroups) {
  // As a script in front of a service: it ends by the signal at once, the service later.
  std::string file = testing::TempDir() + fmt::format("grace-{}", ::getpid());
  Command command =
      ShellCommand(fmt::format("(trap 'sleep 0.2; echo saved > {}; exit' TERM; echo up; while :; "
                               "do sleep 0.01; done) & wait",
                               file));
  Result<std::unique_ptr<Child>> child = P().Spawn(command);
  ASSERT_TRUE(child.ok());
  EXPECT_EQ(*(*child)->ReadLine(10 * kSecondNs), "up");
  EXPECT_EQ((*child)->Stop(30 * kSecondNs).signal, SIGTERM);
  EXPECT_EQ(::unlink(file.c_str()), 0);
}

TEST(ProcessTest, EnvironmentCwdAndCpus) {
  Command command = ShellCommand("echo $ANNEAL_X; pwd; nproc");
  command.env = {{"ANNEAL_X", "42"}};
  command.cwd = "/";
  command.cpus = {0};
  Result<RunOutput> run = P().Run(command, "", 10 * kSecondNs);
  ASSERT_TRUE(run.ok());
  EXPECT_EQ(run->out, "42\n/\n1\n");
}

}  // namespace
}  // namespace anneal
