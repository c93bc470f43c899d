// SymbolTable: what the stacks of one partition are made of, each thing once.
//
// Strings, mappings, functions, locations and stacks have dense ids in order of arrival. Stacks
// are a trie: a node is (parent, location), the root is the empty stack, and a parent has a
// smaller id than its children, so that one pass over ids in order visits parents first.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "profile/profile.h"
#include "store/hash_index.h"

namespace anneal {

enum class StackId : uint32_t { kEmpty = 0 };

struct StackNode {
  StackId parent = StackId::kEmpty;  // one frame nearer to the root
  LocationId location{};
};

// How many of each kind there are; as a position, what was added since.
struct SymbolCounts {
  uint32_t strings = 1;  // the empty string is always there
  uint32_t mappings = 0;
  uint32_t functions = 0;
  uint32_t locations = 0;
  uint32_t stacks = 1;  // the empty stack is always there
  bool operator==(const SymbolCounts&) const = default;
};

class SymbolTable {
 public:
  SymbolTable() : stacks_(1) {}

  std::string_view Text(StringId id) const { return strings_.Get(id); }
  const Mapping& mapping(MappingId id) const { return mappings_[Index(id)]; }
  const Function& function(FunctionId id) const { return functions_[Index(id)]; }
  const Location& location(LocationId id) const { return locations_[Index(id)]; }
  std::span<const Line> Lines(const Location& l) const {
    return std::span(lines_).subspan(l.lines_begin, l.lines_end - l.lines_begin);
  }
  const StackNode& stack(StackId id) const { return stacks_[static_cast<size_t>(id)]; }
  std::span<const StackNode> stacks() const { return stacks_; }
  SymbolCounts counts() const;
  size_t bytes() const;  // of memory

  // kResourceExhausted when so many entities more, with strings of so many bytes, could overflow
  // an id.
  Status CheckRoom(uint64_t entities, uint64_t string_bytes) const;

  // Each gives the id of what equals the argument, adding it when it is new. Ids inside the
  // argument are this table's.
  StringId InternString(std::string_view text);
  MappingId InternMapping(const Mapping& mapping);
  FunctionId InternFunction(const Function& function);
  // `location`'s line range is ignored; `lines` are its lines.
  LocationId InternLocation(const Location& location, std::span<const Line> lines);
  // `locations` leaf first; `hash` is HashStack of them.
  StackId InternStack(std::span<const LocationId> locations, uint64_t hash);

  // What is known of many, faster than one by one: found[i] becomes the id of what equals the i-th,
  // or HashIndex::kNone; nothing is added. Ids inside the arguments are this table's, or ones that
  // it does not have.
  void FindStrings(const StringTable& strings, std::span<uint32_t> found);
  void FindMappings(std::span<const Mapping> mappings, std::span<uint32_t> found);
  void FindFunctions(std::span<const Function> functions, std::span<uint32_t> found);
  // The locations' line ranges are within `lines`.
  void FindLocations(std::span<const Location> locations, std::span<const Line> lines,
                     std::span<uint32_t> found);

  // Appends without looking for an equal: for decoding, in the order of first arrival.
  void AppendString(std::string_view text) { strings_.Append(text); }
  void AppendMapping(const Mapping& mapping) { mappings_.push_back(mapping); }
  void AppendFunction(const Function& function) { functions_.push_back(function); }
  void AppendLocation(const Location& location, std::span<const Line> lines);
  void AppendStack(StackNode node) { stacks_.push_back(node); }

 private:
  // The indexes are made when first interned into: tables that are only read need none.
  void BuildIndexes();
  bool SameLocation(uint32_t id, const Location& location, std::span<const Line> lines) const;
  bool SameStack(StackId id, std::span<const LocationId> locations) const;
  StackId InternNode(StackNode node);

  StringTable strings_;
  std::vector<Mapping> mappings_;
  std::vector<Function> functions_;
  std::vector<Line> lines_;
  std::vector<Location> locations_;
  std::vector<StackNode> stacks_;

  bool indexed_ = false;
  HashIndex string_index_, mapping_index_, function_index_, location_index_;
  HashIndex node_index_;   // (parent, location) → stack
  HashIndex stack_index_;  // whole stacks that samples had; a shortcut, filled as they come
};

inline uint64_t HashStack(uint64_t hash, LocationId location) {
  return HashIndex::Mix(hash, static_cast<uint64_t>(location));
}

}  // namespace anneal
