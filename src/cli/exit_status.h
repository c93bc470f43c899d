// The exit statuses of every command; listed in the man page.
#pragma once

#include "base/status.h"

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

}  // namespace anneal
