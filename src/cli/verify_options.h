// What `anneal verify` accepts, and the plan that follows from it.
#pragma once

#include <cstdint>
#include <string>

#include "base/fs.h"
#include "cli/publish.h"
#include "verify/verify.h"

namespace CLI {
class App;
}

namespace anneal {

// As typed: quantities are read in MakePlan, where errors can name the option.
struct VerifyOptions {
  std::string baseline, candidate;
  std::string mode = "auto";
  std::string cwd;
  std::string requests_file, load_command, ready_path;
  int64_t requests_per_burst = 0;
  int concurrency = 2;
  std::string bench, benchtime;
  std::string build, baseline_pgo = "off", candidate_pgo = "default.pgo";
  std::string work_dir = "anneal-verify";
  int layouts = 8;
  int64_t rounds = 0;
  int starts = 0;
  int warmup = 3;
  uint64_t seed = 1;
  bool no_pin = false;
  std::string time = "60s", burst = "30ms", timeout = "2m";
  std::string min_gain, max_regression = "0.5%", require;
  std::string json_path, plot_path, from_path;
  PublishFlags publish;
};

void AddVerifyOptions(CLI::App& app, VerifyOptions& options);

// kInvalidArgument names the option. Reads the file of recorded requests.
Result<VerifyPlan> MakePlan(const VerifyOptions& options, const Fs& fs);
Result<VerifyLimits> MakeLimits(const VerifyOptions& options);

}  // namespace anneal
