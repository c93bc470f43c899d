// What a pushed profile goes through before it is stored. Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "api/limits.h"
#include "base/status.h"
#include "profile/profile.h"
#include "store/labels.h"

namespace anneal {

// Refuses a profile with no sample types, a sample type whose name cannot stand in a profile
// type's id (empty, or with '-' or ':'), labels of a sample or frames of a location beyond the
// limits, and text labels of samples that no series could have (see CheckLabel).
Status CheckPushedProfile(const Profile& profile, const Limits& limits);

// Cuts stacks of more than `max_depth` locations on the leaf's side: what is left is where they all
// come from, and still merges.
void CutStacks(Profile& profile, size_t max_depth);

// Cuts strings of more than `max_bytes` at their beginning, between characters: the end of a
// symbol tells more than its package.
void CutStrings(Profile& profile, size_t max_bytes);

// Zeroes what differs from process to process and says nothing once frames have names: addresses
// of locations that have lines, and ranges of mappings with has_functions. Then the same code in
// two processes is the same stack. Locations without lines keep their address: it is all they
// have. The leaf of a stack that recurses within one line keeps an address too, 1: Go's compiler
// tells the two frames apart by nothing else. Type parameters of Go ([go.shape.int]) stay: the
// compiler matches on them.
void DropAddresses(Profile& profile);

// Samples that go into one series.
struct SampleGroup {
  LabelSet labels;                               // of its samples, text only, span ids left out
  std::optional<std::vector<uint32_t>> samples;  // rising; nullopt: all
};

// Admits one more group, with so many labels of so many bytes, or says why not.
using AdmitGroup = std::function<Status(size_t labels, size_t bytes)>;

// Groups samples by their text labels, all but span_id, profile_id and trace_id, which vary per
// request. Samples with a negative value, or none but zeros, are left out; groups are in label
// order. kInvalidArgument above `max_groups` (0: unlimited). `admit` is asked before a group's
// labels are written out, of a profile with labels; null: all are admitted.
Result<std::vector<SampleGroup>> GroupSamples(const Profile& profile, size_t max_groups,
                                              const AdmitGroup& admit = nullptr);

}  // namespace anneal
