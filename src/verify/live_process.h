// A process under measurement that lives between bursts.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "verify/arm.h"

namespace anneal {

class LiveProcess {
 public:
  static Result<std::shared_ptr<LiveProcess>> Start(Command command, const ArmStart& start,
                                                    const VerifySeams& seams);

  // Asks it to end, then makes it.
  ~LiveProcess();
  LiveProcess(const LiveProcess&) = delete;
  LiveProcess& operator=(const LiveProcess&) = delete;

  Child& child() { return *child_; }
  std::shared_ptr<Child> shared_child() const { return child_; }
  Status Write(std::string_view bytes);
  Result<std::string> ReadLine();
  // CPU time since the last lap, wall time likewise. So what the process does between its bursts
  // (a garbage collector finishing, timers) is counted too.
  Result<Sample> Lap(int64_t units);
  // An error that names the arm and, when it has ended, says how, with its last words on stderr.
  Status Failure(std::string_view what);
  // Whether it has ended by itself.
  bool Ended();

 private:
  LiveProcess(std::shared_ptr<Child> child, ArmStart start, const VerifySeams& seams);

  std::shared_ptr<Child> child_;
  ArmStart start_;
  VerifySeams seams_;
  int64_t lap_cpu_ns_ = 0;
  int64_t lap_wall_ns_ = 0;
};

}  // namespace anneal
