// The exit statuses of every command; listed in the man page.
#pragma once

#include <string_view>

#include "base/status.h"
#include "verify/verdict.h"

namespace anneal {

enum ExitStatus : int {
  kExitOk = 0,
  kExitFailed = 1,
  kExitUsage = 2,
  kExitNoGain = 3,       // a gain was demanded and none was measured
  kExitRegression = 4,   // worse than the limits allow
  kExitUnavailable = 5,  // a server or store could not be reached
  kExitInterrupted = 130,
};

struct ExitStatusRow {
  ExitStatus status;
  std::string_view meaning;
};

inline constexpr ExitStatusRow kExitStatuses[] = {
    {kExitOk, "Success."},
    {kExitFailed, "The command failed; standard error says why."},
    {kExitUsage, "Wrong usage: an unknown command or flag, a missing or malformed value."},
    {kExitNoGain, "A gain was demanded and none was measured."},
    {kExitRegression, "The candidate is worse than the limits allow."},
    {kExitUnavailable, "A server or store could not be reached, or not in time."},
    {kExitInterrupted, "Interrupted by Ctrl-C."},
};

inline int ExitStatusOf(const Status& status) {
  switch (status.code()) {
    case Code::kOk:
      return kExitOk;
    case Code::kUnavailable:
    case Code::kDeadlineExceeded:
      return kExitUnavailable;
    case Code::kCanceled:
      return kExitInterrupted;
    default:
      return kExitFailed;
  }
}

inline int ExitStatusOf(Ruling ruling) {
  switch (ruling) {
    case Ruling::kPass:
      return kExitOk;
    case Ruling::kNoGain:
      return kExitNoGain;
    case Ruling::kRegression:
      return kExitRegression;
    case Ruling::kInconclusive:
    case Ruling::kInvalid:
      return kExitFailed;
  }
  return kExitFailed;
}

}  // namespace anneal
