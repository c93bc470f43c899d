// From profiles that count since a program's start to profiles of each interval.
#pragma once

#include <optional>

#include "base/status.h"
#include "profile/profile.h"

namespace anneal {

// One cumulative profile of one target, scrape after scrape.
//
// Columns that count what is held now (inuse_objects, inuse_space) are no sums over time: they pass
// as they are. A column that fell tells of a restart, or of another program behind the address:
// the interval is left out, since what belongs to it cannot be told, and counting starts anew.
class PprofDelta {
 public:
  enum class Outcome {
    kFirst,   // nothing to subtract from yet
    kReset,   // the program was restarted, or its sample types changed
    kEmpty,   // nothing happened in the interval
    kProfile  // `profile` is what happened in the interval
  };
  struct Step {
    Outcome outcome = Outcome::kFirst;
    Profile profile;
  };

  // `scraped_ns`: when `profile` was taken, for profiles without a time of their own. The result
  // starts when the one before was taken and lasts until this one.
  Step Next(Profile profile, int64_t scraped_ns);

 private:
  std::optional<Profile> before_;
};

}  // namespace anneal
