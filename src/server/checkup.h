// Looks whether this machine has what the server and the loop need: the checks of `anneal doctor`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/fs.h"
#include "base/process.h"
#include "net/http.h"
#include "server/config.h"

namespace anneal {

struct Check {
  enum class Verdict { kOk, kWarning, kFailed };
  std::string_view name;  // "data directory"
  Verdict verdict = Verdict::kOk;
  std::string found;   // what is there
  std::string advice;  // what to do; empty when all is well
};

std::string_view VerdictName(Check::Verdict verdict);  // "ok", "warning", "failed"

// Runs every check; nothing stays behind. Takes at most a few seconds.
std::vector<Check> RunChecks(const ServerConfig& config, Fs& fs, Process& process, Http& http);

}  // namespace anneal
