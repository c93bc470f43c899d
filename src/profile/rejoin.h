// Rejoining: puts back the root's side of stacks that Go's runtime cut off.
//
// The runtime records the leaf-most frames of a stack only: 64 for CPU profiles; 32 for heap, mutex
// and block profiles, 128 of them since Go 1.23. A stack as deep as that is taken for cut. Where
// another stack holds its last kOverlap locations in a row and goes on towards the root, the cut
// one goes on in the same way: with the way that carries the most weight when there are several,
// whole ones before those that are cut themselves (which are followed on). The rule is a guess by
// overlap, as Pyroscope's is; what finds no counterpart stays as it is.
#pragma once

#include <cstddef>

#include "profile/profile.h"

namespace anneal {

// Locations that must agree for two stacks to be one path.
inline constexpr size_t kRejoinOverlap = 16;

// `profile` with its cut stacks rejoined, equal samples merged; its values' sums do not change.
// Canonical order. Weighs by the first sample type. Time grows about linearly with the locations;
// no more than 4,096 are put back to one stack.
Profile RejoinStacks(const Profile& profile);

}  // namespace anneal
