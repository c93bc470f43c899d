// Resolving: stack ids and sums back into a Profile.
#pragma once

#include <span>
#include <string_view>
#include <tuple>

#include "profile/profile.h"
#include "store/profile_record.h"
#include "store/symbol_table.h"

namespace anneal {

// A profile without samples that has the sample type and period type of a profile type id.
Profile EmptyProfile(std::string_view profile_type);

// The stacks with their values as samples, in their order; only what they touch is taken over.
// `mains` become the first mappings. `profile` must be an EmptyProfile; its headers are kept.
void ResolveStacks(const SymbolTable& table, std::span<const StackValue> values,
                   std::span<const MappingId> mains, Profile& profile);

// Mappings with equal keys are one to a merge, see profile/merge.h.
using BinaryKey = std::tuple<uint64_t, uint64_t, StringId>;  // pages, offset, build id or file
BinaryKey KeyOfBinary(const SymbolTable& table, MappingId mapping);

}  // namespace anneal
