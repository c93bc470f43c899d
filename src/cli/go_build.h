// GoBuild: running `go build` with a profile, and reading back what it made of it.
//
// For `anneal pgo decisions` and for the loop: build with a profile, see that the binary says so
// (ReadGoBuildInfo, "-pgo"), collect the decisions of two builds, and compare them
// (DiffDecisions in pgo/decisions.h).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/process.h"
#include "base/status.h"
#include "pgo/decisions.h"

namespace anneal {

struct GoBuild {
  std::string go = "go";  // looked up in PATH
  std::string directory;  // where go runs; empty: the current one
  std::vector<std::string> packages = {"."};
  std::string pgo = "off";  // "off", "auto", or a file; a relative one is relative to `directory`
  std::vector<std::string> flags;  // more flags of go build: "-trimpath", "-tags=x"
  std::vector<std::pair<std::string, std::string>> env;
  int64_t timeout_ns = 30LL * 60 * 1'000'000'000;
};

// What to do about a build that failed saying `said`, to be put behind it; empty when not known.
std::string_view GoBuildHint(std::string_view said);

// Builds one main package into `output`. kFailedPrecondition with the compiler's last lines when
// the build fails.
Status BuildGo(Process& process, const GoBuild& build, const std::string& output);

// Compiles (without linking) with the compiler's decisions printed, and reads them. Each package
// of the build, the standard library included, is compiled once for each profile, without
// concurrency inside a package; a second run is answered from the build cache in a moment. -gcflags
// among build.flags are overridden.
Result<Decisions> CollectDecisions(Process& process, const GoBuild& build);

// What `go version -m` says of a binary.
struct GoBuildInfo {
  std::string go_version;  // "go1.26.8"
  std::string path;        // import path of the main package
  std::map<std::string, std::string>
      settings;  // "-pgo" → the profile's path; absent: built without

  // The profile it was built with, or empty.
  std::string Pgo() const;
};
// kInvalidArgument when `output` is not that of `go version -m FILE`.
Result<GoBuildInfo> ParseGoBuildInfo(std::string_view output);
Result<GoBuildInfo> ReadGoBuildInfo(Process& process, const std::string& binary,
                                    const std::string& go = "go");

}  // namespace anneal
