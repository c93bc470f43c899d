#include "store/symbol_table.h"

#include <algorithm>
#include <tuple>

namespace anneal {
namespace {

auto Fields(const Mapping& m) {
  return std::tuple(m.start, m.limit, m.offset, m.file, m.build_id, m.has_functions,
                    m.has_filenames, m.has_line_numbers, m.has_inline_frames);
}
auto Fields(const Function& f) { return std::tuple(f.name, f.system_name, f.file, f.start_line); }
auto Fields(const Line& l) { return std::tuple(l.function, l.line, l.column); }

uint64_t Hash(const Mapping& m) {
  uint64_t hash = HashIndex::Mix(m.start, m.limit);
  hash = HashIndex::Mix(hash, m.offset);
  return HashIndex::Mix(hash, Index(m.file) << 32 | Index(m.build_id));
}
uint64_t Hash(const Function& f) {
  uint64_t hash = HashIndex::Mix(Index(f.name) << 32 | Index(f.system_name), Index(f.file));
  return HashIndex::Mix(hash, static_cast<uint64_t>(f.start_line));
}
uint64_t Hash(const Location& l, std::span<const Line> lines) {
  uint64_t hash = HashIndex::Mix(Index(l.mapping) << 1 | (l.is_folded ? 1 : 0), l.address);
  for (const Line& line : lines) {
    hash = HashIndex::Mix(hash, Index(line.function) << 32 ^ static_cast<uint64_t>(line.line));
    if (line.column != 0) hash = HashIndex::Mix(hash, static_cast<uint64_t>(line.column));
  }
  return hash;
}
uint64_t Hash(const StackNode& n) {
  return HashIndex::Mix(static_cast<uint64_t>(n.parent), Index(n.location));
}

}  // namespace

SymbolCounts SymbolTable::counts() const {
  return {static_cast<uint32_t>(strings_.size()), static_cast<uint32_t>(mappings_.size()),
          static_cast<uint32_t>(functions_.size()), static_cast<uint32_t>(locations_.size()),
          static_cast<uint32_t>(stacks_.size())};
}

size_t SymbolTable::bytes() const {
  size_t bytes = strings_.bytes() + strings_.size() * sizeof(uint32_t);
  bytes += mappings_.capacity() * sizeof(Mapping) + functions_.capacity() * sizeof(Function);
  bytes += lines_.capacity() * sizeof(Line) + locations_.capacity() * sizeof(Location);
  bytes += stacks_.capacity() * sizeof(StackNode);
  for (const HashIndex* index : {&string_index_, &mapping_index_, &function_index_,
                                 &location_index_, &node_index_, &stack_index_}) {
    bytes += index->bytes();
  }
  return bytes;
}

Status SymbolTable::CheckRoom(uint64_t entities, uint64_t string_bytes) const {
  constexpr uint64_t kLimit = HashIndex::kNone;
  size_t most = std::max({strings_.size(), mappings_.size(), functions_.size(), lines_.size(),
                          locations_.size(), stacks_.size()});
  if (most + entities < kLimit && strings_.bytes() + string_bytes < kLimit) return {};
  return Error(Code::kResourceExhausted,
               "the service has too many symbols in this epoch ({} stacks, {} bytes of names); "
               "a new epoch begins with none",
               stacks_.size(), strings_.bytes());
}

StringId SymbolTable::InternString(std::string_view text) {
  BuildIndexes();
  if (text.empty()) return StringId::kEmpty;
  uint64_t hash = HashText(text);
  uint32_t id = string_index_.Find(
      hash, [&](uint32_t i) { return strings_.Get(static_cast<StringId>(i)) == text; });
  if (id != HashIndex::kNone) return static_cast<StringId>(id);
  StringId added = strings_.Append(text);
  string_index_.Insert(hash, static_cast<uint32_t>(added));
  return added;
}

MappingId SymbolTable::InternMapping(const Mapping& mapping) {
  BuildIndexes();
  uint64_t hash = Hash(mapping);
  uint32_t id = mapping_index_.Find(
      hash, [&](uint32_t i) { return Fields(mappings_[i]) == Fields(mapping); });
  if (id == HashIndex::kNone) {
    id = static_cast<uint32_t>(mappings_.size());
    mappings_.push_back(mapping);
    mapping_index_.Insert(hash, id);
  }
  return static_cast<MappingId>(id);
}

FunctionId SymbolTable::InternFunction(const Function& function) {
  BuildIndexes();
  uint64_t hash = Hash(function);
  uint32_t id = function_index_.Find(
      hash, [&](uint32_t i) { return Fields(functions_[i]) == Fields(function); });
  if (id == HashIndex::kNone) {
    id = static_cast<uint32_t>(functions_.size());
    functions_.push_back(function);
    function_index_.Insert(hash, id);
  }
  return static_cast<FunctionId>(id);
}

void SymbolTable::AppendLocation(const Location& location, std::span<const Line> lines) {
  Location added = location;
  added.lines_begin = static_cast<uint32_t>(lines_.size());
  lines_.insert(lines_.end(), lines.begin(), lines.end());
  added.lines_end = static_cast<uint32_t>(lines_.size());
  locations_.push_back(added);
}

LocationId SymbolTable::InternLocation(const Location& location, std::span<const Line> lines) {
  BuildIndexes();
  uint64_t hash = Hash(location, lines);
  uint32_t id =
      location_index_.Find(hash, [&](uint32_t i) { return SameLocation(i, location, lines); });
  if (id == HashIndex::kNone) {
    id = static_cast<uint32_t>(locations_.size());
    AppendLocation(location, lines);
    location_index_.Insert(hash, id);
  }
  return static_cast<LocationId>(id);
}

bool SymbolTable::SameLocation(uint32_t id, const Location& location,
                               std::span<const Line> lines) const {
  const Location& have = locations_[id];
  return have.mapping == location.mapping && have.address == location.address &&
         have.is_folded == location.is_folded &&
         std::ranges::equal(Lines(have), lines,
                            [](const Line& a, const Line& b) { return Fields(a) == Fields(b); });
}

void SymbolTable::FindStrings(const StringTable& strings, std::span<uint32_t> found) {
  BuildIndexes();
  auto text = [&](size_t i) { return strings.Get(static_cast<StringId>(i)); };
  string_index_.FindAll(
      found, [&](size_t i) { return HashText(text(i)); },
      [&](uint32_t id) { __builtin_prefetch(strings_.Get(static_cast<StringId>(id)).data()); },
      [&](size_t i, uint32_t id) { return strings_.Get(static_cast<StringId>(id)) == text(i); });
}

void SymbolTable::FindMappings(std::span<const Mapping> mappings, std::span<uint32_t> found) {
  BuildIndexes();
  mapping_index_.FindAll(
      found, [&](size_t i) { return Hash(mappings[i]); }, [](uint32_t) {},
      [&](size_t i, uint32_t id) { return Fields(mappings_[id]) == Fields(mappings[i]); });
}

void SymbolTable::FindFunctions(std::span<const Function> functions, std::span<uint32_t> found) {
  BuildIndexes();
  function_index_.FindAll(
      found, [&](size_t i) { return Hash(functions[i]); },
      [&](uint32_t id) { __builtin_prefetch(&functions_[id]); },
      [&](size_t i, uint32_t id) { return Fields(functions_[id]) == Fields(functions[i]); });
}

void SymbolTable::FindLocations(std::span<const Location> locations, std::span<const Line> lines,
                                std::span<uint32_t> found) {
  BuildIndexes();
  auto lines_of = [&](const Location& l) {
    return lines.subspan(l.lines_begin, l.lines_end - l.lines_begin);
  };
  location_index_.FindAll(
      found, [&](size_t i) { return Hash(locations[i], lines_of(locations[i])); },
      [&](uint32_t id) { __builtin_prefetch(lines_.data() + locations_[id].lines_begin); },
      [&](size_t i, uint32_t id) {
        return SameLocation(id, locations[i], lines_of(locations[i]));
      });
}

bool SymbolTable::SameStack(StackId id, std::span<const LocationId> locations) const {
  for (LocationId location : locations) {
    const StackNode& node = stack(id);
    if (id == StackId::kEmpty || node.location != location) return false;
    id = node.parent;
  }
  return id == StackId::kEmpty;
}

StackId SymbolTable::InternNode(StackNode node) {
  uint64_t hash = Hash(node);
  uint32_t id = node_index_.Find(hash, [&](uint32_t i) {
    return stacks_[i].parent == node.parent && stacks_[i].location == node.location;
  });
  if (id == HashIndex::kNone) {
    id = static_cast<uint32_t>(stacks_.size());
    stacks_.push_back(node);
    node_index_.Insert(hash, id);
  }
  return static_cast<StackId>(id);
}

// Most stacks of a push were seen before: then one probe and one walk up confirm it, instead of
// a probe per frame.
StackId SymbolTable::InternStack(std::span<const LocationId> locations, uint64_t hash) {
  if (locations.empty()) return StackId::kEmpty;
  BuildIndexes();
  uint32_t known = stack_index_.Find(
      hash, [&](uint32_t i) { return SameStack(static_cast<StackId>(i), locations); });
  if (known != HashIndex::kNone) return static_cast<StackId>(known);
  StackId id = StackId::kEmpty;
  for (size_t i = locations.size(); i-- > 0;) id = InternNode({id, locations[i]});
  stack_index_.Insert(hash, static_cast<uint32_t>(id));
  return id;
}

void SymbolTable::BuildIndexes() {
  if (indexed_) return;
  indexed_ = true;
  for (uint32_t i = 1; i < strings_.size(); ++i) {
    string_index_.Insert(HashText(strings_.Get(static_cast<StringId>(i))), i);
  }
  for (uint32_t i = 0; i < mappings_.size(); ++i) mapping_index_.Insert(Hash(mappings_[i]), i);
  for (uint32_t i = 0; i < functions_.size(); ++i) function_index_.Insert(Hash(functions_[i]), i);
  for (uint32_t i = 0; i < locations_.size(); ++i) {
    location_index_.Insert(Hash(locations_[i], Lines(locations_[i])), i);
  }
  for (uint32_t i = 1; i < stacks_.size(); ++i) node_index_.Insert(Hash(stacks_[i]), i);
}

}  // namespace anneal
