// Profiles as different producers make them, from a seed: for tests and fuzzing.
#pragma once

#include <string_view>

#include "profile/profile.h"

namespace anneal {

enum class Shape {
  kGo,      // two sample types, addresses in one mapping, inlined frames, start lines
  kJava,    // no addresses and no mapping, line numbers, string and number labels
  kPython,  // system_name == name, no mapping, one line a location
  kNode,    // many sample types, long names, columns, not ASCII
  kDotnet,  // several modules as mappings, generics, some frames without symbols
};
inline constexpr Shape kShapes[] = {Shape::kGo, Shape::kJava, Shape::kPython, Shape::kNode,
                                    Shape::kDotnet};
std::string_view ShapeName(Shape shape);

// Profiles of one shape merge with each other whatever the seed, and share many entities.
Profile MakeProfile(Shape shape, uint32_t seed);

// Anything that the invariants allow, without regard to sense: duplicate entities and strings,
// unreferenced ones, folded locations, negative values, labels with all fields. Values stay above
// zero where `cancel` says that sums must not cancel.
enum class Sums { kMayCancel, kNeverCancel };
Profile MakeRandomProfile(uint32_t seed, Sums sums);

}  // namespace anneal
