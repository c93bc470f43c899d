// An arm that runs: something that does a burst of work when told and says what CPU it took.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "verify/verify.h"

namespace anneal {

// What to do in one turn. All arms of a block get the same burst.
struct Burst {
  size_t benchmark = 0;  // index into the run's benchmarks
  int64_t units = 1;     // repetitions, requests or iterations
  int64_t first = 0;     // position of the first unit in the sequence of all units
};

struct BurstResult {
  Sample sample;
  int64_t load_cpu_ns = 0;  // spent by a load generator that is another process
};

struct Arm {
  ArmId id = ArmId::kBaseline;
  std::function<Result<BurstResult>(const Burst&)> run;
  // The process, in the modes where it lives between bursts; null else.
  std::shared_ptr<Child> child;
};

// How to start one arm.
struct ArmStart {
  ArmId id = ArmId::kBaseline;
  std::string command;
  std::vector<std::pair<std::string, std::string>> env;
  std::string cwd;
  std::vector<int> cpus;           // empty: any
  std::vector<int> load_cpus;      // of an external load command; empty: any
  int64_t timeout_ns = 0;          // longest wait for a burst
  std::function<bool()> canceled;  // asked while waiting; may be empty
};

// "baseline (./old --flag)": how errors call the arm.
std::string ArmLabel(const ArmStart& start);

// Environment (what the command sets itself goes before), directory and processors of the arm.
void ApplyStart(const ArmStart& start, Command* command);

// Splits as a shell does: blanks, quotes, backslashes, leading NAME=VALUE for the environment. A
// live process must be started directly, or the shell's CPU time would be measured: what a shell
// would act on (operators, variables, patterns, ~, comments) is an error unless quoted.
Result<Command> ParseArmCommand(std::string_view line);

// Stays alive; one repetition per line "run" on stdin, answered by one line on stdout.
Result<Arm> StartStdinArm(const ArmStart& start, const VerifySeams& seams);
// A service that stays alive under bursts of requests.
Result<Arm> StartHttpArm(const ArmStart& start, const LoadPlan& load, const VerifySeams& seams);
// A new process for each burst; its whole life is the sample.
Arm MakeCommandArm(const ArmStart& start, const VerifySeams& seams);
// A new process of a `go test -c` binary for each burst of one benchmark.
Arm MakeGoBenchArm(const ArmStart& start, std::vector<std::string> benchmarks,
                   const VerifySeams& seams);
// Names of the benchmarks (leaves) that the binary runs for `pattern`.
Result<std::vector<std::string>> ListGoBenchmarks(const ArmStart& start, const std::string& pattern,
                                                  const VerifySeams& seams);

// Lines of `go test -bench` output: "BenchmarkX-8   100   123.4 ns/op ...".
struct GoBenchLine {
  std::string name;  // without the -8 of GOMAXPROCS `cpus`
  int64_t iterations = 0;
  double ns_per_op = 0;
};
std::vector<GoBenchLine> ParseGoBenchOutput(std::string_view output, size_t cpus);

}  // namespace anneal
