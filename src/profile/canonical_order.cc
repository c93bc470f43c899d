// The canonical order; docs/format/profile.md states it and shows an example. Strings are ranked
// by text, then each column is sorted by the ranks of what it refers to, so that every comparison
// is one of integers, and the bytes of a profile depend on nothing but its content.
#include <algorithm>

#include "profile/merged_columns.h"
#include "profile/string_order.h"

namespace anneal {
namespace {

constexpr uint32_t kUnused = 0xffffffffu;

bool SameKey(const SortEntry& a, const SortEntry& b) { return a.key == b.key; }

class CanonicalBuilder {
 public:
  explicit CanonicalBuilder(MergedColumns& merged) : m_(merged) {}

  Profile Run() {
    KeepNonZeroSamples();
    MarkReferenced();
    OrderStrings();
    OrderMappings();
    OrderFunctions();
    OrderLocations();
    OrderSamples();
    WriteHeader();
    return std::move(out_);
  }

 private:
  void KeepNonZeroSamples();
  void MarkReferenced();
  void OrderStrings();
  void OrderMappings();
  void OrderFunctions();
  void OrderLocations();
  void OrderSamples();
  void OrderLabelsOfSamples();
  void WriteSample(uint32_t sample);
  void WriteHeader();

  StringId Rank(StringId id) const { return static_cast<StringId>(string_rank_[Index(id)]); }
  ValueType Rank(const ValueType& type) const { return {Rank(type.type), Rank(type.unit)}; }
  bool LocationLess(uint32_t a, uint32_t b) const;
  bool SampleLess(uint32_t a, uint32_t b) const;

  MergedColumns& m_;
  Profile out_;
  OrderScratch& scratch_ = m_.order_scratch;
  std::vector<uint32_t>& samples_ = scratch_.samples;  // survivors
  bool has_labels_ = false;                            // does any of them have one
  // From positions in the union to positions in the output; first only whether one is used (0).
  std::vector<uint32_t>&string_rank_ = scratch_.string_rank, &mapping_rank_ = scratch_.mapping_rank,
  &function_rank_ = scratch_.function_rank, &location_rank_ = scratch_.location_rank;
};

void CanonicalBuilder::KeepNonZeroSamples() {
  size_t width = m_.sample_types.size();
  samples_.clear();
  for (uint32_t s = 0; s < m_.SampleCount(); ++s) {
    const uint64_t* values = m_.sample_values.data() + s * width;
    if (std::any_of(values, values + width, [](uint64_t v) { return v != 0; })) {
      samples_.push_back(s);
    }
  }
}

void CanonicalBuilder::MarkReferenced() {
  string_rank_.assign(m_.strings.size(), kUnused);
  mapping_rank_.assign(m_.mappings.size(), kUnused);
  function_rank_.assign(m_.functions.size(), kUnused);
  location_rank_.assign(m_.locations.size(), kUnused);
  auto use = [&](std::initializer_list<StringId> ids) {
    for (StringId id : ids) string_rank_[Index(id)] = 0;
  };
  use({StringId::kEmpty, m_.drop_frames, m_.keep_frames, m_.default_sample_type, m_.doc_url});
  use({m_.period_type.type, m_.period_type.unit});
  for (const ValueType& type : m_.sample_types) use({type.type, type.unit});
  for (StringId comment : m_.comments) use({comment});
  for (uint32_t s : samples_) {
    for (uint32_t i = m_.StackBegin(s); i < m_.stack_ends[s]; ++i) {
      location_rank_[Index(m_.sample_locations[i])] = 0;
    }
    for (uint32_t i = m_.LabelBegin(s); i < m_.label_ends[s]; ++i) {
      use({m_.labels[i].key, m_.labels[i].str, m_.labels[i].num_unit});
    }
  }
  for (size_t i = 0; i < m_.locations.size(); ++i) {
    if (location_rank_[i] == kUnused) continue;
    const Location& l = m_.locations[i];
    if (l.mapping != MappingId::kNone) mapping_rank_[Index(l.mapping)] = 0;
    for (uint32_t k = l.lines_begin; k < l.lines_end; ++k) {
      function_rank_[Index(m_.lines[k].function)] = 0;
    }
  }
  for (size_t i = 0; i < m_.mappings.size(); ++i) {
    if (mapping_rank_[i] == kUnused) continue;
    use({m_.mappings[i].content.file, m_.mappings[i].content.build_id});
  }
  for (size_t i = 0; i < m_.functions.size(); ++i) {
    if (function_rank_[i] == kUnused) continue;
    use({m_.functions[i].name, m_.functions[i].system_name, m_.functions[i].file});
  }
}

void CanonicalBuilder::OrderStrings() {
  std::vector<StringId> used;
  size_t bytes = 0;
  for (size_t i = 1; i < string_rank_.size(); ++i) {
    if (string_rank_[i] == kUnused) continue;
    used.push_back(static_cast<StringId>(i));
    bytes += m_.strings.Get(used.back()).size();
  }
  SortByText(m_.strings, used);
  out_.strings.Reserve(used.size() + 1, bytes);
  for (StringId id : used) {
    string_rank_[Index(id)] = static_cast<uint32_t>(out_.strings.Append(m_.strings.Get(id)));
  }
}

// The first is the smallest of those that came first in an input; the rest follow in order.
void CanonicalBuilder::OrderMappings() {
  std::vector<uint32_t> order;
  for (uint32_t i = 0; i < m_.mappings.size(); ++i) {
    if (mapping_rank_[i] != kUnused) order.push_back(i);
  }
  // The key's binary is the build id or file of the content, hence among the ranked strings.
  auto less = [&](uint32_t a, uint32_t b) {
    const MappingKey &x = m_.mappings[a].key, &y = m_.mappings[b].key;
    return std::tuple(Rank(x.binary), x.offset, x.pages) <
           std::tuple(Rank(y.binary), y.offset, y.pages);
  };
  std::sort(order.begin(), order.end(), less);
  auto main =
      std::find_if(order.begin(), order.end(), [&](uint32_t i) { return m_.mappings[i].first; });
  if (main != order.end()) std::rotate(order.begin(), main, main + 1);
  for (uint32_t i : order) {
    mapping_rank_[i] = static_cast<uint32_t>(out_.mappings.size());
    Mapping content = m_.mappings[i].content;
    content.file = Rank(content.file);
    content.build_id = Rank(content.build_id);
    out_.mappings.push_back(content);
  }
}

void CanonicalBuilder::OrderFunctions() {
  std::vector<SortEntry>& order = scratch_.order;
  order.clear();
  for (uint32_t i = 0; i < m_.functions.size(); ++i) {
    if (function_rank_[i] == kUnused) continue;
    Function& f = m_.functions[i];
    f = {Rank(f.name), Rank(f.system_name), Rank(f.file), f.start_line};
    order.push_back({uint64_t{Index(f.name)} << 32 | Index(f.system_name), i});
  }
  SortByKey(order, scratch_.spare);
  SortTies(order, SameKey, [&](const SortEntry& a, const SortEntry& b) {
    const Function &x = m_.functions[a.position], &y = m_.functions[b.position];
    return std::tuple(x.file, x.start_line) < std::tuple(y.file, y.start_line);
  });
  out_.functions.reserve(order.size());
  for (const SortEntry& entry : order) {
    function_rank_[entry.position] = static_cast<uint32_t>(out_.functions.size());
    out_.functions.push_back(m_.functions[entry.position]);
  }
}

// Compares what is left once mapping and address agree.
bool CanonicalBuilder::LocationLess(uint32_t a, uint32_t b) const {
  const Location &x = m_.locations[a], &y = m_.locations[b];
  auto less = [](const Line& p, const Line& q) {
    return std::tuple(p.function, p.line, p.column) <=> std::tuple(q.function, q.line, q.column);
  };
  auto order = std::lexicographical_compare_three_way(
      m_.lines.begin() + x.lines_begin, m_.lines.begin() + x.lines_end,
      m_.lines.begin() + y.lines_begin, m_.lines.begin() + y.lines_end, less);
  if (order != 0) return order < 0;
  return x.is_folded < y.is_folded;
}

void CanonicalBuilder::OrderLocations() {
  for (Line& line : m_.lines) {
    line.function = static_cast<FunctionId>(function_rank_[Index(line.function)]);
  }
  std::vector<SortEntry>& order = scratch_.order;
  order.clear();
  size_t lines = 0;
  for (uint32_t i = 0; i < m_.locations.size(); ++i) {
    if (location_rank_[i] == kUnused) continue;
    Location& l = m_.locations[i];
    if (l.mapping != MappingId::kNone) {
      l.mapping = static_cast<MappingId>(mapping_rank_[Index(l.mapping)]);
      l.address += out_.mappings[Index(l.mapping)].start;
    }
    lines += l.lines_end - l.lines_begin;
    order.push_back({l.address, i});
  }
  SortByKey(order, scratch_.spare);
  for (SortEntry& entry : order) entry.key = Index(m_.locations[entry.position].mapping);
  SortByKey(order, scratch_.spare);
  auto same = [&](const SortEntry& a, const SortEntry& b) {
    return a.key == b.key && m_.locations[a.position].address == m_.locations[b.position].address;
  };
  SortTies(order, same, [&](const SortEntry& a, const SortEntry& b) {
    return LocationLess(a.position, b.position);
  });
  out_.locations.reserve(order.size());
  out_.lines.reserve(lines);
  for (const SortEntry& entry : order) {
    location_rank_[entry.position] = static_cast<uint32_t>(out_.locations.size());
    Location l = m_.locations[entry.position];
    uint32_t begin = static_cast<uint32_t>(out_.lines.size());
    out_.lines.insert(out_.lines.end(), m_.lines.begin() + l.lines_begin,
                      m_.lines.begin() + l.lines_end);
    l.lines_begin = begin;
    l.lines_end = static_cast<uint32_t>(out_.lines.size());
    out_.locations.push_back(l);
  }
}

// Compares stacks from the leaf on, then labels.
bool CanonicalBuilder::SampleLess(uint32_t a, uint32_t b) const {
  auto stack = [&](uint32_t s) { return m_.sample_locations.begin() + m_.StackBegin(s); };
  auto stack_end = [&](uint32_t s) { return m_.sample_locations.begin() + m_.stack_ends[s]; };
  auto order =
      std::lexicographical_compare_three_way(stack(a), stack_end(a), stack(b), stack_end(b));
  if (order != 0) return order < 0;
  auto label = [&](uint32_t s) { return m_.labels.begin() + m_.LabelBegin(s); };
  auto label_end = [&](uint32_t s) { return m_.labels.begin() + m_.label_ends[s]; };
  return std::lexicographical_compare(label(a), label_end(a), label(b), label_end(b));
}

void CanonicalBuilder::OrderLabelsOfSamples() {
  for (Label& l : m_.labels) l = {Rank(l.key), Rank(l.str), l.num, Rank(l.num_unit)};
  for (uint32_t s : samples_) {
    std::sort(m_.labels.begin() + m_.LabelBegin(s), m_.labels.begin() + m_.label_ends[s]);
  }
}

void CanonicalBuilder::OrderSamples() {
  for (LocationId& id : m_.sample_locations) {
    id = static_cast<LocationId>(location_rank_[Index(id)]);
  }
  OrderLabelsOfSamples();
  // The two leaf-most locations decide nearly every comparison; they are packed into one integer,
  // 0 for a stack that is shorter.
  std::vector<SortEntry>& order = scratch_.order;
  order.clear();
  size_t locations = 0, labels = 0;
  for (uint32_t s : samples_) {
    uint32_t begin = m_.StackBegin(s), depth = m_.stack_ends[s] - begin;
    uint64_t first = depth > 0 ? uint64_t{Index(m_.sample_locations[begin])} + 1 : 0;
    uint64_t second = depth > 1 ? uint64_t{Index(m_.sample_locations[begin + 1])} + 1 : 0;
    order.push_back({first << 32 | second, s});
    locations += depth;
    labels += m_.label_ends[s] - m_.LabelBegin(s);
  }
  SortByKey(order, scratch_.spare);
  SortTies(order, SameKey, [&](const SortEntry& a, const SortEntry& b) {
    return SampleLess(a.position, b.position);
  });
  out_.stack_ends.reserve(order.size());
  out_.sample_locations.reserve(locations);
  out_.sample_values.reserve(order.size() * m_.sample_types.size());
  out_.labels.reserve(labels);
  has_labels_ = labels > 0;
  for (const SortEntry& entry : order) WriteSample(entry.position);
}

void CanonicalBuilder::WriteSample(uint32_t sample) {
  out_.sample_locations.insert(out_.sample_locations.end(),
                               m_.sample_locations.begin() + m_.StackBegin(sample),
                               m_.sample_locations.begin() + m_.stack_ends[sample]);
  out_.stack_ends.push_back(static_cast<uint32_t>(out_.sample_locations.size()));
  size_t width = m_.sample_types.size();
  for (size_t i = 0; i < width; ++i) {
    out_.sample_values.push_back(static_cast<int64_t>(m_.sample_values[sample * width + i]));
  }
  if (!has_labels_) return;
  out_.labels.insert(out_.labels.end(), m_.labels.begin() + m_.LabelBegin(sample),
                     m_.labels.begin() + m_.label_ends[sample]);
  out_.label_ends.push_back(static_cast<uint32_t>(out_.labels.size()));
}

void CanonicalBuilder::WriteHeader() {
  for (const ValueType& type : m_.sample_types) out_.sample_types.push_back(Rank(type));
  out_.period_type = Rank(m_.period_type);
  out_.time_ns = m_.time_ns;
  out_.duration_ns = m_.duration_ns;
  out_.period = m_.period;
  out_.drop_frames = Rank(m_.drop_frames);
  out_.keep_frames = Rank(m_.keep_frames);
  out_.default_sample_type = Rank(m_.default_sample_type);
  out_.doc_url = Rank(m_.doc_url);
  for (StringId comment : m_.comments) out_.comments.push_back(Rank(comment));
  std::sort(out_.comments.begin(), out_.comments.end());
  out_.comments.erase(std::unique(out_.comments.begin(), out_.comments.end()), out_.comments.end());
}

}  // namespace

Profile CanonicalOrder(MergedColumns& merged) { return CanonicalBuilder(merged).Run(); }

}  // namespace anneal
