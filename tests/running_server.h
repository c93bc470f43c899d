// The real server as a process of its own, for tests that push it to its end.
#pragma once

#include <gtest/gtest.h>

#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/process.h"

namespace anneal {

// `anneal serve` on a directory, on a port of its choosing.
class RunningServer {
 public:
  // `flags` are added to the command line. Null, and a failure of the test, when it does not start.
  static std::unique_ptr<RunningServer> Start(const std::string& directory,
                                              const std::vector<std::string>& flags = {}) {
    Command command;
    command.argv = {std::string(ANNEAL_BINARY_DIR) + "/bin/anneal",
                    "serve",
                    "--data",
                    directory,
                    "--listen",
                    "127.0.0.1:0"};
    command.argv.insert(command.argv.end(), flags.begin(), flags.end());
    command.stderr_stream = Command::Stream::kTail;
    Result<std::unique_ptr<Child>> child = Process::System().Spawn(command);
    if (!child.ok()) {
      ADD_FAILURE() << child.status().ToString();
      return nullptr;
    }
    // "anneal 0.1.0 listening on http://127.0.0.1:40123, data in ..."
    const Result<std::string> line = (*child)->ReadLine(kPatienceNs);
    const size_t begin = line.ok() ? line->find("http") : std::string::npos;
    if (begin == std::string::npos) {
      ADD_FAILURE() << "the server did not start: "
                    << (line.ok() ? *line : line.status().ToString()) << "\n"
                    << (*child)->StderrTail(4096);
      return nullptr;
    }
    auto server = std::make_unique<RunningServer>();
    server->url_ = line->substr(begin, line->find(',', begin) - begin);
    server->child_ = std::move(*child);
    return server;
  }

  const std::string& url() const { return url_; }
  uint16_t port() const {
    return static_cast<uint16_t>(std::stoi(url_.substr(url_.rfind(':') + 1)));
  }
  // The end of its log.
  std::string Log() const { return child_->StderrTail(64 << 10); }
  void Signal(int number) { EXPECT_TRUE(child_->Signal(number).ok()); }

  void Kill() {
    Signal(SIGKILL);
    EXPECT_TRUE(child_->Wait(kPatienceNs).ok());
  }
  // In order: it ends by itself, without a fault.
  void End() {
    Signal(SIGTERM);
    const Result<ExitState> end = child_->Wait(kPatienceNs);
    ASSERT_TRUE(end.ok()) << end.status().ToString();
    EXPECT_TRUE(end->ok()) << end->ToString() << "\n" << Log();
  }

  // Memory of the process, now and at its highest since it began. Bytes. Source: proc(5).
  uint64_t ResidentBytes() const { return StatusField("VmRSS:"); }
  uint64_t PeakResidentBytes() const { return StatusField("VmHWM:"); }

 private:
  static constexpr int64_t kPatienceNs = 60'000'000'000;

  uint64_t StatusField(std::string_view name) const {
    std::ifstream file("/proc/" + std::to_string(child_->pid()) + "/status");
    std::string line;
    while (std::getline(file, line)) {
      if (line.starts_with(name)) return std::stoull(line.substr(name.size())) * 1024;
    }
    ADD_FAILURE() << "no " << name << " of the server; has it ended?\n" << Log();
    return 0;
  }

  std::string url_;
  std::unique_ptr<Child> child_;
};

}  // namespace anneal
