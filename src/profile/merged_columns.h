// MergedColumns: the union that a Merger builds up, entities in order of arrival.
// CanonicalOrder turns it into a Profile. Internal to the module.
#pragma once

#include <cstdint>
#include <vector>

#include "profile/intern_table.h"
#include "profile/profile.h"
#include "profile/radix_sort.h"

namespace anneal {

// What makes mappings one; see MergedMapping.
struct MappingKey {
  uint64_t pages = 0;  // size rounded up to 4 KiB
  uint64_t offset = 0;
  StringId binary{};  // build id, else file
  bool operator==(const MappingKey&) const = default;
};

// Addresses of its locations are kept relative to the start, which inputs need not agree on.
struct MergedMapping {
  MappingKey key;
  Mapping content;     // start: the lowest seen; limit: start + the largest size seen
  bool first = false;  // some input had it first
};

// What CanonicalOrder works with, kept from one merge to the next.
struct OrderScratch {
  std::vector<uint32_t> samples, string_rank, mapping_rank, function_rank, location_rank;
  std::vector<SortEntry> order, spare;
};

struct MergedColumns {
  bool has_header = false;
  std::vector<ValueType> sample_types;
  ValueType period_type;
  int64_t time_ns = 0, duration_ns = 0, period = 0;
  StringId drop_frames{}, keep_frames{}, default_sample_type{}, doc_url{};
  std::vector<StringId> comments;  // with duplicates

  StringTable strings;
  std::vector<MergedMapping> mappings;
  std::vector<Function> functions;
  std::vector<Line> lines;
  std::vector<Location> locations;  // address: relative to the mapping's start
  std::vector<uint32_t> stack_ends;
  std::vector<LocationId> sample_locations;
  std::vector<uint64_t> sample_values;  // unsigned: sums wrap
  std::vector<uint32_t> label_ends;     // always filled
  std::vector<Label> labels;

  OrderScratch order_scratch;

  // Empties all; the columns keep their memory.
  void Clear();
  size_t SampleCount() const { return stack_ends.size(); }
  uint32_t StackBegin(size_t sample) const { return sample == 0 ? 0 : stack_ends[sample - 1]; }
  uint32_t LabelBegin(size_t sample) const { return sample == 0 ? 0 : label_ends[sample - 1]; }
};

// The canonical profile of a union: samples that sum to zero and what only they refer to are
// dropped, then every column is put in the order that docs/format/profile.md lays down.
// The union is of no use afterwards but to be cleared.
Profile CanonicalOrder(MergedColumns& merged);

}  // namespace anneal
