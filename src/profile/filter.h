// Filters: which samples, and which part of each stack, go on.
#pragma once

#include <cstdint>
#include <string>

#include "base/status.h"
#include "profile/profile.h"

namespace anneal {

// As pprof's options of the same names; RE2 syntax, unanchored; empty: no condition.
struct FilterOptions {
  std::string focus;      // keep samples with a frame that matches
  std::string ignore;     // drop samples with a frame that matches
  std::string hide;       // remove matching frames
  std::string show;       // keep matching frames only
  std::string show_from;  // drop frames above (towards the root of) the highest match
};
// kInvalidArgument when a pattern does not compile, naming it. Canonical order.
Result<Profile> FilterProfile(const Profile& profile, const FilterOptions& options);

// Keeps the `count` leaf-most locations of each stack (their inlined frames included; 0: all) and
// merges samples that became equal. Canonical order.
Profile KeepLeafLocations(const Profile& profile, uint32_t count);

// Keeps one value column, `sample_type`, as the only one. Canonical order.
Profile SelectSampleType(const Profile& profile, size_t sample_type);

// Drops all labels of samples and merges samples that became equal. Canonical order.
Profile DropLabels(const Profile& profile);

}  // namespace anneal
