// OtlpSymbols: the part of a request's tables that one profile uses, as columns of that profile.
// Private to otlp_*.cc.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <string_view>

#include "api/otlp_message.h"
#include "base/status.h"
#include "profile/profile.h"

namespace anneal {

class OtlpSymbols {
 public:
  // Both must outlive it.
  OtlpSymbols(const OtlpDictionary& dictionary, Profile& profile)
      : dictionary_(dictionary), profile_(profile) {}

  // Each gives an entry of a table its place in the profile, at its first use. Index 0 is "none"
  // where the table has an empty entry there, and an entry like others where it has not, as some
  // producers leave the empty one out. kInvalidArgument for an index beyond its table.
  Result<StringId> String(uint64_t index);
  Result<MappingId> Mapping(uint64_t index);
  Result<FunctionId> Function(uint64_t index);
  Result<LocationId> Location(uint64_t index);
  StringId Text(std::string_view text);

  // Marks the mappings all of whose locations have frames, and drops addresses that no mapping
  // gives a meaning. Call it once, when all locations are in.
  void Finish();

 private:
  // What `places` has for the index, else what `add` makes of the table's entry.
  template <typename Id, typename Add>
  Result<Id> Place(absl::flat_hash_map<uint64_t, Id>& places, uint64_t index,
                   const std::vector<std::string_view>& table, std::string_view name, Add add);
  Result<FunctionId> AddFunction(std::string_view bytes);
  Result<LocationId> AddLocation(std::string_view bytes);

  const OtlpDictionary& dictionary_;
  Profile& profile_;
  absl::flat_hash_map<uint64_t, StringId> strings_;
  absl::flat_hash_map<uint64_t, MappingId> mappings_;
  absl::flat_hash_map<uint64_t, FunctionId> functions_;
  absl::flat_hash_map<uint64_t, LocationId> locations_;
  absl::flat_hash_map<std::string, StringId> texts_;
};

// The entry of a table. kInvalidArgument, with the table's name, when there is none.
Result<std::string_view> OtlpEntry(const std::vector<std::string_view>& table, uint64_t index,
                                   std::string_view name);
// The same, but index 0 of an empty table is empty.
Result<std::string_view> OtlpEntryOrNone(const std::vector<std::string_view>& table, uint64_t index,
                                         std::string_view name);

}  // namespace anneal
