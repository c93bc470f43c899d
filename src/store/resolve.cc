#include "store/resolve.h"

#include "store/profile_type.h"

namespace anneal {
namespace {

// Copies entities out of a table as stacks need them, each once.
class Resolver {
 public:
  Resolver(const SymbolTable& table, Profile& out) : table_(table), out_(out) {
    const SymbolCounts counts = table.counts();
    strings_.assign(counts.strings, kUnset);
    mappings_.assign(counts.mappings, kUnset);
    functions_.assign(counts.functions, kUnset);
    locations_.assign(counts.locations, kUnset);
  }

  void AddStack(StackId stack) {
    while (stack != StackId::kEmpty) {
      const StackNode& node = table_.stack(stack);
      uint32_t mapped = locations_[Index(node.location)];
      if (mapped == kUnset) mapped = AddLocation(node.location);
      out_.sample_locations.push_back(static_cast<LocationId>(mapped));
      stack = node.parent;
    }
    out_.stack_ends.push_back(static_cast<uint32_t>(out_.sample_locations.size()));
  }

  MappingId MapMapping(MappingId id) {
    if (id == MappingId::kNone) return id;
    uint32_t& mapped = mappings_[Index(id)];
    if (mapped == kUnset) {
      mapped = static_cast<uint32_t>(out_.mappings.size());
      Mapping mapping = table_.mapping(id);
      mapping.file = String(mapping.file);
      mapping.build_id = String(mapping.build_id);
      out_.mappings.push_back(mapping);
    }
    return static_cast<MappingId>(mapped);
  }

 private:
  static constexpr uint32_t kUnset = 0xffffffffu;

  StringId String(StringId id) {
    uint32_t& mapped = strings_[Index(id)];
    if (mapped == kUnset) {
      mapped =
          id == StringId::kEmpty ? 0 : static_cast<uint32_t>(out_.strings.Append(table_.Text(id)));
    }
    return static_cast<StringId>(mapped);
  }

  FunctionId MapFunction(FunctionId id) {
    uint32_t& mapped = functions_[Index(id)];
    if (mapped == kUnset) {
      mapped = static_cast<uint32_t>(out_.functions.size());
      Function function = table_.function(id);
      function.name = String(function.name);
      function.system_name = String(function.system_name);
      function.file = String(function.file);
      out_.functions.push_back(function);
    }
    return static_cast<FunctionId>(mapped);
  }

  uint32_t AddLocation(LocationId id) {
    Location location = table_.location(id);
    auto begin = static_cast<uint32_t>(out_.lines.size());
    for (Line line : table_.Lines(location)) {
      line.function = MapFunction(line.function);
      out_.lines.push_back(line);
    }
    location.lines_begin = begin;
    location.lines_end = static_cast<uint32_t>(out_.lines.size());
    location.mapping = MapMapping(location.mapping);
    auto mapped = static_cast<uint32_t>(out_.locations.size());
    out_.locations.push_back(location);
    locations_[Index(id)] = mapped;
    return mapped;
  }

  const SymbolTable& table_;
  Profile& out_;
  std::vector<uint32_t> strings_, mappings_, functions_, locations_;
};

}  // namespace

Profile EmptyProfile(std::string_view profile_type) {
  Profile profile;
  auto add = [&profile](std::string_view text) {
    return text.empty() ? StringId::kEmpty : profile.strings.Append(text);
  };
  const ProfileTypeParts parts = SplitProfileType(profile_type);
  profile.sample_types.push_back({add(parts.sample_type), add(parts.sample_unit)});
  profile.period_type = {add(parts.period_type), add(parts.period_unit)};
  return profile;
}

void ResolveStacks(const SymbolTable& table, std::span<const StackValue> values,
                   std::span<const MappingId> mains, Profile& profile) {
  Resolver resolver(table, profile);
  for (MappingId main : mains) resolver.MapMapping(main);
  profile.stack_ends.reserve(values.size());
  profile.sample_values.reserve(values.size());
  for (const StackValue& value : values) {
    resolver.AddStack(value.stack);
    profile.sample_values.push_back(value.value);
  }
}

BinaryKey KeyOfBinary(const SymbolTable& table, MappingId mapping) {
  constexpr uint64_t kPage = 4096;
  const Mapping& m = table.mapping(mapping);
  return {(m.limit - m.start + kPage - 1) / kPage, m.offset,
          m.build_id != StringId::kEmpty ? m.build_id : m.file};
}

}  // namespace anneal
