// The stack trace selectors of Pyroscope's API. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "profile/profile.h"

namespace anneal {

// Samples whose stack begins, from the root, with functions of these names. A name may be given to
// the byte or as flame graphs show it: Go's shapes shortened, an unnamed frame's address in hex.
// Canonical order.
Profile SelectCallSite(const Profile& profile, const std::vector<std::string>& call_site);

// Samples whose stack has, anywhere, a function of each name in `through`, and none of those in
// `around`. Names as above. Canonical order.
Profile SelectThrough(const Profile& profile, const std::vector<std::string>& through,
                      const std::vector<std::string>& around);

enum class CalleeLines {
  kKeep,
  kAggregate,  // the leaf frame's line becomes 0, and samples that became equal are one
};

// What a Go compiler needs of each stack: the `keep_locations` leaf-most locations (0: all).
//
// With kAggregate a leaf gets a location of its own before its line is zeroed. Pyroscope 2.3
// zeroes it in place; there a location is often the leaf of one stack and the caller in another,
// whose call-site offset is then lost, and with it the edge (grafana/pyroscope#3645). Only the
// innermost frame's line goes: outer frames of the same location call something.
Profile SelectGoPgo(const Profile& profile, uint32_t keep_locations, CalleeLines callee_lines);

}  // namespace anneal
