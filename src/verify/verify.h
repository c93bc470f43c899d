// Measures whether a candidate program uses less CPU per unit of work than a baseline.
//
// All arms (baseline, candidate and the A/A control, a second instance of the baseline) take turns
// burst by burst in random order, and each block's CPU times are compared with each other only.
// So drift, frequency changes and neighbours hit all arms alike; see docs/guide/verify.md.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/fs.h"
#include "base/process.h"
#include "net/http.h"
#include "verify/verdict.h"

namespace anneal {

struct ArmPlan {
  // Words as a shell splits them (quotes, leading NAME=VALUE), but no expansion. {port} is
  // replaced in http mode, {out} by the path of the built binary when VerifyPlan::build is set.
  // kCommand: a line for /bin/sh.
  std::string command;
  std::string binary;  // hashed into the verdict; empty: the command's first word
  std::string pgo;     // replaces {pgo} in the build command
};

struct LoadRequest {
  std::string method = "GET";
  std::string path = "/";  // appended to http://127.0.0.1:PORT
  HttpHeaders headers;
  std::string body;
};

// http mode: what is sent to each service.
struct LoadPlan {
  // The built-in generator sends these in turn, the same ones to each arm of a block.
  std::vector<LoadRequest> requests = {LoadRequest{}};
  int64_t requests_per_burst = 0;  // 0: so many that a burst takes about VerifyPlan::burst_ns
  int concurrency = 2;
  // When set, this shell line makes the load instead; {port} and {url} are replaced. Its output
  // is searched for the number of requests (wrk, hey, ab, k6, oha print it); without one each
  // run counts as one unit.
  std::string command;
  std::string ready_path;  // must answer 2xx; empty: any answer to "/" will do
  int64_t ready_timeout_ns = 30'000'000'000;
};

// gobench mode: binaries made by `go test -c`.
struct GoBenchPlan {
  std::string pattern = ".";  // -test.bench
  std::string benchtime;      // "100x"; empty: calibrated to VerifyPlan::burst_ns per benchmark
};

// Several builds of each arm under different function layouts.
struct BuildPlan {
  std::string command;  // shell line with {seed}, {pgo} and {out}; empty: no builds
  int layouts = 8;
  std::string work_dir;  // where the binaries go; must exist
  std::string cwd;       // where the command runs; empty: here
};

enum class PinPolicy { kAuto, kOff };

struct VerifyPlan {
  VerifyMode mode = VerifyMode::kCommand;
  ArmPlan baseline;
  ArmPlan candidate;
  LoadPlan load;
  GoBenchPlan gobench;
  BuildPlan build;
  std::string cwd;  // of the arms; empty: here
  // Of the arms, the load command and the builds, beside this process's own. Recorded.
  std::vector<std::pair<std::string, std::string>> env;
  // Blocks in all, kLeastBlocks and one for each session at least; 0: as many as `budget_ns`
  // allows.
  int64_t rounds = 0;
  // For all but the builds. Never fewer than kLeastBlocks in all and 3 for each session, whatever
  // they take.
  int64_t budget_ns = 60'000'000'000;
  int sessions = 0;                             // process starts; 0: 8 (one per layout when built)
  int warmup_bursts = 3;                        // discarded at each start, per arm
  int64_t burst_ns = 30'000'000;                // CPU time aimed at per sample
  int64_t sample_timeout_ns = 120'000'000'000;  // longest wait for one sample
  uint64_t seed = 1;
  PinPolicy pin = PinPolicy::kAuto;
  VerifyLimits limits;
  std::string tool_version;
  // Asked between bursts; true ends the run with kCanceled. May be empty.
  std::function<bool()> canceled;
};

struct VerifyProgress {
  std::string phase;  // "building baseline, layout 2 of 8", "measuring"
  int64_t rounds_done = 0;
  int64_t rounds_total = 0;  // an estimate while a time budget rules
  int64_t left_ns = -1;      // estimate; -1: not known yet
  RatioEstimate candidate;   // so far; {1, 0, 0} until there is one
};
using VerifyProgressCallback = std::function<void(const VerifyProgress&)>;

struct VerifySeams {
  Fs& fs;
  Clock& clock;
  Http& http;
  Process& process;
};

// Builds (when asked), starts, measures, analyses. Blocks until done; every process it starts has
// ended when it returns. Errors name the arm that failed. `progress` may be empty.
Result<Verdict> RunVerification(const VerifyPlan& plan, const VerifySeams& seams,
                                const VerifyProgressCallback& progress);

}  // namespace anneal
