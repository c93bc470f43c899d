#include "store/resolve.h"

#include "absl/container/flat_hash_map.h"
#include "store/profile_type.h"

namespace anneal {
namespace {

constexpr uint32_t kUnset = 0xffffffffu;

// Where a table's ids went, kUnset for most: an array, or a hash map for a profile that is so small
// beside the table that to fill an array would be most of the work.
class DenseIds {
 public:
  explicit DenseIds(size_t count) : ids_(count, kUnset) {}
  uint32_t& operator[](size_t id) { return ids_[id]; }

 private:
  std::vector<uint32_t> ids_;
};
class SparseIds {
 public:
  explicit SparseIds(size_t) {}
  // Until the next one is asked for.
  uint32_t& operator[](size_t id) {
    return ids_.try_emplace(static_cast<uint32_t>(id), kUnset).first->second;
  }

 private:
  absl::flat_hash_map<uint32_t, uint32_t> ids_;
};

// Entities of a table for which one stack of a profile makes up: a stack costs about as much in a
// hash map as so many to be set in an array.
constexpr size_t kEntitiesPerStack = 500;

size_t EntitiesOf(const SymbolTable& table) {
  const SymbolCounts counts = table.counts();
  return size_t{counts.strings} + counts.mappings + counts.functions + counts.locations;
}

// Copies entities out of a table as stacks need them, each once.
template <typename Ids>
class Resolver {
 public:
  Resolver(const SymbolTable& table, Profile& out)
      : table_(table),
        out_(out),
        strings_(table.counts().strings),
        mappings_(table.counts().mappings),
        functions_(table.counts().functions),
        locations_(table.counts().locations) {}

  void AddStacks(std::span<const StackValue> values, std::span<const MappingId> mains) {
    for (MappingId main : mains) MapMapping(main);
    out_.stack_ends.reserve(values.size());
    out_.sample_values.reserve(values.size());
    for (const StackValue& value : values) {
      AddStack(value.stack);
      out_.sample_values.push_back(value.value);
    }
  }

 private:
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
  Ids strings_, mappings_, functions_, locations_;
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
  if (values.size() < EntitiesOf(table) / kEntitiesPerStack) {
    Resolver<SparseIds>(table, profile).AddStacks(values, mains);
  } else {
    Resolver<DenseIds>(table, profile).AddStacks(values, mains);
  }
}

BinaryKey KeyOfBinary(const SymbolTable& table, MappingId mapping) {
  constexpr uint64_t kPage = 4096;
  const Mapping& m = table.mapping(mapping);
  return {(m.limit - m.start + kPage - 1) / kPage, m.offset,
          m.build_id != StringId::kEmpty ? m.build_id : m.file};
}

}  // namespace anneal
