// Interning a profile: its stacks as ids of a partition's SymbolTable.
#pragma once

#include <vector>

#include "profile/profile.h"
#include "store/symbol_table.h"

namespace anneal {

// Translates one profile's entities as samples need them, each once.
class ProfileInterner {
 public:
  // Both must outlive the interner. REQUIRES: the table has room for it (CheckRoom).
  ProfileInterner(const Profile& profile, SymbolTable& table);

  StackId Stack(size_t sample);
  // The smallest of the profile's own mapping ids that the sample's stack uses, or kNone.
  MappingId FirstMapping(size_t sample) const;
  // A mapping of the profile in the table.
  MappingId MapMapping(MappingId id);

 private:
  static constexpr uint32_t kUnset = HashIndex::kNone;

  // Fills in what the table has already: nearly all of most profiles.
  void FindKnown();
  StringId String(StringId id);
  FunctionId MapFunction(FunctionId id);
  LocationId AddLocation(size_t index);

  const Profile& profile_;
  SymbolTable& table_;
  // By the profile's ids; kUnset until needed.
  std::vector<uint32_t> strings_, mappings_, functions_, locations_, stacks_;
  std::vector<LocationId> stack_;  // scratch
  std::vector<Line> lines_;        // scratch
};

}  // namespace anneal
