// The config file of `anneal loop`: what to build, how to run and load it, what to demand.
// docs/guide/loop.md describes every key with examples.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/fs.h"
#include "base/status.h"

namespace anneal {

// One kind of request that the built-in load generator sends.
struct LoopInput {
  std::string name;
  std::string method = "GET";
  std::string path = "/";
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  double weight = 1;  // its share of the requests, against the other inputs' weights
};

// A server, and as whom to ask it. What is left out is taken from the environment as by every
// command (ANNEAL_TOKEN, ANNEAL_TENANT_ID); see cli/server_flags.h.
struct LoopServer {
  std::string url;  // empty: none
  std::string tenant;
  std::string token_file;
};

struct LoopConfig {
  std::string service;    // service_name of its profiles
  std::string directory;  // where commands run; absolute or relative to the current one
  std::string work_dir;   // binaries, store and reports
  std::string artefact;   // the file the compiler reads: default.pgo
  std::string build;      // shell line with {pgo} and {out}
  std::vector<std::pair<std::string, std::string>> env;  // of the program and its build

  // The program under load: either a service (`run`) or a command that writes a CPU profile
  // (`bench`). Exactly one is set.
  std::string run;    // words with {binary}, {port}, {server}; stays up until it gets SIGTERM.
                      // Split as a shell does, leading NAME=VALUE included, without operators
  std::string bench;  // shell line with {binary} and {profile}

  struct Load {
    std::string ready = "/";  // path that answers 2xx once the service is up
    int concurrency = 2;
    std::vector<LoopInput> inputs;
    std::string command;  // instead of inputs: a shell line with {url}, {port} and {seconds}
  } load;

  enum class Source { kPush, kScrape };
  struct Profiling {
    Source source = Source::kPush;
    LoopServer server;  // a running one; without a URL the loop runs its own
    std::string profile_type = "process_cpu:cpu:nanoseconds:cpu:nanoseconds";
    int64_t warm_up_ns = 3'000'000'000;
    int rounds = 3;
    int64_t round_ns = 15'000'000'000;
    bool gogc_off = false;  // run with GOGC=off, so that the collector's work is not in the profile
    std::string clean_up;   // shell line between rounds, with {port}; empty: none
  } profiling;

  LoopServer publish;   // that records are sent to; without a URL the loop's own server, if any
  std::string ca_file;  // certificates to trust instead of the machine's, for https URLs

  struct Verify {
    std::string mode;     // http, gobench, command or stdin; empty: by what is set
    std::string command;  // words with {binary}, for command and stdin; empty: run or the binary
    int64_t time_ns = 60'000'000'000;
    int layouts = 0;    // 0: the layout that ships
    std::string build;  // with layouts: a shell line with {seed}, {pgo} and {out}
    uint64_t seed = 1;
    double min_gain = 0;  // keep the artefact only when the gain is at least this; share
    double max_regression = 0.005;
  } verify;
};

// Whether the loop itself pushes the profiles; else the program does.
bool LoopPushes(const LoopConfig& config);

// Parses the text of a config. Paths in it are relative to `config_dir`; files it names (an
// input's body_file) are read through `fs`. Errors name the line and the key.
Result<LoopConfig> ParseLoopConfig(std::string_view text, const std::string& config_dir,
                                   const Fs& fs);

}  // namespace anneal
