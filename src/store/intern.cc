#include "store/intern.h"

#include <algorithm>

namespace anneal {

ProfileInterner::ProfileInterner(const Profile& profile, SymbolTable& table)
    : profile_(profile),
      table_(table),
      strings_(profile.strings.size(), kUnset),
      mappings_(profile.mappings.size(), kUnset),
      functions_(profile.functions.size(), kUnset),
      locations_(profile.locations.size(), kUnset),
      stacks_(profile.SampleCount(), kUnset) {
  FindKnown();
}

void ProfileInterner::FindKnown() {
  table_.FindStrings(profile_.strings, strings_);
  auto string = [this](StringId id) { return static_cast<StringId>(strings_[Index(id)]); };
  strings_[Index(StringId::kEmpty)] = static_cast<uint32_t>(StringId::kEmpty);

  std::vector<Mapping> mappings = profile_.mappings;
  for (Mapping& mapping : mappings) {
    mapping.file = string(mapping.file);
    mapping.build_id = string(mapping.build_id);
  }
  table_.FindMappings(mappings, mappings_);
  std::vector<Function> functions = profile_.functions;
  for (Function& function : functions) {
    function.name = string(function.name);
    function.system_name = string(function.system_name);
    function.file = string(function.file);
  }
  table_.FindFunctions(functions, functions_);
  std::vector<Line> lines = profile_.lines;
  for (Line& line : lines) {
    line.function = static_cast<FunctionId>(functions_[Index(line.function)]);
  }
  // None is a mapping like any other, so one that is not known needs an id of its own.
  const auto unknown = static_cast<MappingId>(table_.counts().mappings);
  std::vector<Location> locations = profile_.locations;
  for (Location& location : locations) {
    if (location.mapping == MappingId::kNone) continue;
    const uint32_t known = mappings_[Index(location.mapping)];
    location.mapping = known == kUnset ? unknown : static_cast<MappingId>(known);
  }
  table_.FindLocations(locations, lines, locations_);
}

StringId ProfileInterner::String(StringId id) {
  uint32_t& mapped = strings_[Index(id)];
  if (mapped == kUnset) {
    mapped = static_cast<uint32_t>(table_.InternString(profile_.Text(id)));
  }
  return static_cast<StringId>(mapped);
}

MappingId ProfileInterner::MapMapping(MappingId id) {
  if (id == MappingId::kNone) return id;
  uint32_t& mapped = mappings_[Index(id)];
  if (mapped == kUnset) {
    Mapping mapping = profile_.mappings[Index(id)];
    mapping.file = String(mapping.file);
    mapping.build_id = String(mapping.build_id);
    mapped = static_cast<uint32_t>(table_.InternMapping(mapping));
  }
  return static_cast<MappingId>(mapped);
}

FunctionId ProfileInterner::MapFunction(FunctionId id) {
  uint32_t& mapped = functions_[Index(id)];
  if (mapped == kUnset) {
    Function function = profile_.functions[Index(id)];
    function.name = String(function.name);
    function.system_name = String(function.system_name);
    function.file = String(function.file);
    mapped = static_cast<uint32_t>(table_.InternFunction(function));
  }
  return static_cast<FunctionId>(mapped);
}

LocationId ProfileInterner::AddLocation(size_t index) {
  Location location = profile_.locations[index];
  lines_.clear();
  for (Line line : profile_.Lines(static_cast<LocationId>(index))) {
    line.function = MapFunction(line.function);
    lines_.push_back(line);
  }
  location.mapping = MapMapping(location.mapping);
  LocationId id = table_.InternLocation(location, lines_);
  locations_[index] = static_cast<uint32_t>(id);
  return id;
}

StackId ProfileInterner::Stack(size_t sample) {
  uint32_t& mapped = stacks_[sample];
  if (mapped == kUnset) {
    stack_.clear();
    uint64_t hash = 0;
    for (LocationId id : profile_.Stack(sample)) {
      uint32_t known = locations_[Index(id)];
      LocationId location =
          known != kUnset ? static_cast<LocationId>(known) : AddLocation(Index(id));
      hash = HashStack(hash, location);
      stack_.push_back(location);
    }
    mapped = static_cast<uint32_t>(table_.InternStack(stack_, hash));
  }
  return static_cast<StackId>(mapped);
}

MappingId ProfileInterner::FirstMapping(size_t sample) const {
  MappingId first = MappingId::kNone;  // above every other
  for (LocationId id : profile_.Stack(sample)) {
    first = std::min(first, profile_.locations[Index(id)].mapping);
    if (first == MappingId{0}) break;
  }
  return first;
}

}  // namespace anneal
