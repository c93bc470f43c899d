// What to scrape: the `scrape:` section of the server's config file. yaml-cpp is named in
// scrape_config.cc only.
//
//   scrape:
//     - job: web                          # required; label job
//       service: shop                     # label service_name; default: the job
//       targets:                          # required
//         - localhost:6060
//         - {address: "10.0.0.7:6060", labels: {zone: b}}
//       interval: 15s
//       timeout: 10s
//       scheme: http                      # or https
//       path_prefix: /internal
//       labels: {env: production}
//       profiles:                         # default: process_cpu, memory, goroutine, mutex, block
//         process_cpu: true
//         memory: {path: /debug/pprof/heap}
//         block: false
//         fgprof: true                    # also: godeltaprof_memory, _mutex, _block
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "collect/client.h"

namespace anneal {

// How a profile is asked for and what its numbers mean.
enum class ScrapeKind {
  kSnapshot,    // the state now: goroutine, or a delta that the program makes itself
  kCumulative,  // since the program's start: subtract what was there before
  kTimed,       // measured while we wait: ?seconds=
};

struct ScrapeProfile {
  std::string name;  // "process_cpu"; the label __name__
  std::string path;  // "/debug/pprof/profile", perhaps with a query
  ScrapeKind kind = ScrapeKind::kSnapshot;
};

struct ScrapeTarget {
  std::string address;  // "host:port"; the label instance
  LabelList labels;     // win over those of the job
};

struct ScrapeConfig {
  std::string job;
  std::string service;
  std::vector<ScrapeTarget> targets;
  int64_t interval_ns = 15'000'000'000;
  int64_t timeout_ns = 10'000'000'000;  // besides the seconds a timed profile takes
  std::string scheme = "http";
  std::string path_prefix;
  LabelList labels;
  std::vector<ScrapeProfile> profiles;
};

// Every profile we know how to take from a Go program, those taken by default first.
struct KnownProfile {
  std::string_view name, path;
  ScrapeKind kind;
  bool by_default;
};
std::span<const KnownProfile> KnownProfiles();
std::vector<ScrapeProfile> DefaultScrapeProfiles();

// Reads the `scrape` key of a whole config file; none when it has no such key.
// kInvalidArgument with the line and what is wrong there; unknown keys are errors.
Result<std::vector<ScrapeConfig>> ParseScrapeConfig(std::string_view yaml);

// "host:port" with a host and a port of 1 to 65535.
Status CheckTargetAddress(std::string_view address);

}  // namespace anneal
