// Merging by remap tables. Each entity of an input is hashed once: the first sample that needs it
// finds its place in the union and notes it in a flat table; from then on it costs one load. A
// sample is a chain of such loads and one hash of the resulting stack. Values are then added in
// place. google/pprof hashes strings built from each stack; this is most of the difference.
#include "profile/merge.h"

#include <algorithm>
#include <cstring>

#include "profile/merged_columns.h"

namespace anneal {
namespace {

constexpr uint32_t kUnmapped = 0xffffffffu;

// The merger of strings: of two, the smaller that is not empty.
StringId SmallerText(const StringTable& strings, StringId a, StringId b) {
  if (a == StringId::kEmpty) return b;
  if (b == StringId::kEmpty) return a;
  return strings.Get(b) < strings.Get(a) ? b : a;
}

uint64_t Bits(int64_t value) { return static_cast<uint64_t>(value); }

std::string DescribeTypes(const StringTable& strings, std::span<const ValueType> types) {
  std::string out;
  for (const ValueType& t : types) {
    if (!out.empty()) out += ", ";
    out += fmt::format("{}/{}", strings.Get(t.type), strings.Get(t.unit));
  }
  return out.empty() ? "none" : out;
}

}  // namespace

struct Merger::Rep {
  MergedColumns merged;
  InternTable string_table, mapping_table, function_table, location_table, sample_table;

  // The input being added, and where its entities went.
  const Profile* input = nullptr;
  std::vector<uint32_t> string_map, mapping_map, function_map, location_map;
  std::vector<Line> line_scratch;
  std::vector<LocationId> stack_scratch;
  std::vector<Label> label_scratch;
  uint64_t seed = HashSeed();

  Status CheckTypes(const Profile& profile) const;
  Status CheckRoom(const Profile& profile) const;
  void AddHeader(const Profile& profile);
  void AddSamples(const Profile& profile);
  void AddSample(size_t sample);
  StringId AddText(std::string_view text);
  StringId MapString(StringId id);
  MappingId MapMapping(MappingId id);
  FunctionId MapFunction(FunctionId id);
  LocationId MapLocation(LocationId id);
  uint32_t InternLocation(Location location, uint64_t hash);
  void MapLabels(size_t sample);
  uint32_t InternSample(uint64_t hash);
};

Status Merger::Rep::CheckTypes(const Profile& profile) const {
  if (!merged.has_header) return {};
  auto same = [&](const ValueType& a, const ValueType& b) {
    return merged.strings.Get(a.type) == profile.Text(b.type) &&
           merged.strings.Get(a.unit) == profile.Text(b.unit);
  };
  if (!std::equal(merged.sample_types.begin(), merged.sample_types.end(),
                  profile.sample_types.begin(), profile.sample_types.end(), same)) {
    return InvalidArgument("merge: sample types differ: {} and {}",
                           DescribeTypes(merged.strings, merged.sample_types),
                           DescribeTypes(profile.strings, profile.sample_types));
  }
  if (!same(merged.period_type, profile.period_type)) {
    return InvalidArgument("merge: period types differ: {} and {}",
                           DescribeTypes(merged.strings, {&merged.period_type, 1}),
                           DescribeTypes(profile.strings, {&profile.period_type, 1}));
  }
  return {};
}

// Positions are 32-bit: a union that outgrew them would be corrupt.
Status Merger::Rep::CheckRoom(const Profile& profile) const {
  auto fits = [](size_t mine, size_t theirs) { return mine + theirs < kUnmapped; };
  if (fits(merged.strings.bytes(), profile.strings.bytes()) &&
      fits(merged.sample_locations.size(), profile.sample_locations.size()) &&
      fits(merged.SampleCount(), profile.SampleCount()) &&
      fits(merged.lines.size(), profile.lines.size()) &&
      fits(merged.labels.size(), profile.labels.size())) {
    return {};
  }
  return Error(Code::kResourceExhausted,
               "merge: the union has more than 2^32 locations, lines, labels or bytes of strings; "
               "merge a shorter window");
}

void Merger::Rep::AddHeader(const Profile& profile) {
  MergedColumns& m = merged;
  if (!m.has_header) {
    m.has_header = true;
    m.period = profile.period;
    for (const ValueType& t : profile.sample_types) {
      m.sample_types.push_back({MapString(t.type), MapString(t.unit)});
    }
    m.period_type = {MapString(profile.period_type.type), MapString(profile.period_type.unit)};
  }
  if (profile.time_ns != 0) {
    m.time_ns = m.time_ns == 0 ? profile.time_ns : std::min(m.time_ns, profile.time_ns);
  }
  m.duration_ns = static_cast<int64_t>(Bits(m.duration_ns) + Bits(profile.duration_ns));
  m.period = std::max(m.period, profile.period);
  auto smaller = [&](StringId& mine, StringId theirs) {
    mine = SmallerText(m.strings, mine, MapString(theirs));
  };
  smaller(m.drop_frames, profile.drop_frames);
  smaller(m.keep_frames, profile.keep_frames);
  smaller(m.default_sample_type, profile.default_sample_type);
  smaller(m.doc_url, profile.doc_url);
  for (StringId comment : profile.comments) m.comments.push_back(MapString(comment));
}

StringId Merger::Rep::AddText(std::string_view text) {
  uint32_t next = static_cast<uint32_t>(merged.strings.size());
  uint32_t id = string_table.FindOrInsert(HashText(text), next, [&](uint32_t position) {
    return merged.strings.Get(static_cast<StringId>(position)) == text;
  });
  if (id == next) merged.strings.Append(text);
  return static_cast<StringId>(id);
}

StringId Merger::Rep::MapString(StringId id) {
  uint32_t& mapped = string_map[Index(id)];
  if (mapped == kUnmapped) {
    std::string_view text = input->Text(id);
    mapped = text.empty() ? 0 : static_cast<uint32_t>(AddText(text));
  }
  return static_cast<StringId>(mapped);
}

MappingId Merger::Rep::MapMapping(MappingId id) {
  if (id == MappingId::kNone) return id;
  uint32_t& mapped = mapping_map[Index(id)];
  if (mapped != kUnmapped) return static_cast<MappingId>(mapped);

  Mapping m = input->mappings[Index(id)];
  m.file = MapString(m.file);
  m.build_id = MapString(m.build_id);
  constexpr uint64_t kPage = 4096;
  uint64_t size = m.limit - m.start;
  MappingKey key{(size + kPage - 1) / kPage, m.offset,
                 m.build_id != StringId::kEmpty ? m.build_id : m.file};
  uint64_t hash = MixHash(MixHash(MixHash(seed, key.pages), key.offset), Index(key.binary));
  uint32_t next = static_cast<uint32_t>(merged.mappings.size());
  mapped = mapping_table.FindOrInsert(
      hash, next, [&](uint32_t position) { return merged.mappings[position].key == key; });
  if (mapped == next) {
    merged.mappings.push_back({key, m, false});
    return static_cast<MappingId>(mapped);
  }
  Mapping& content = merged.mappings[mapped].content;
  uint64_t largest = std::max(content.limit - content.start, size);
  content.start = std::min(content.start, m.start);
  content.limit = content.start + largest;
  content.file = SmallerText(merged.strings, content.file, m.file);
  content.build_id = SmallerText(merged.strings, content.build_id, m.build_id);
  // The union claims a kind of symbols only if every input had them.
  content.has_functions &= m.has_functions;
  content.has_filenames &= m.has_filenames;
  content.has_line_numbers &= m.has_line_numbers;
  content.has_inline_frames &= m.has_inline_frames;
  return static_cast<MappingId>(mapped);
}

FunctionId Merger::Rep::MapFunction(FunctionId id) {
  uint32_t& mapped = function_map[Index(id)];
  if (mapped != kUnmapped) return static_cast<FunctionId>(mapped);
  Function f = input->functions[Index(id)];
  f.name = MapString(f.name);
  f.system_name = MapString(f.system_name);
  f.file = MapString(f.file);
  uint64_t hash = MixHash(seed, uint64_t{Index(f.name)} << 32 | Index(f.system_name));
  hash = MixHash(MixHash(hash, Index(f.file)), Bits(f.start_line));
  uint32_t next = static_cast<uint32_t>(merged.functions.size());
  mapped = function_table.FindOrInsert(
      hash, next, [&](uint32_t position) { return merged.functions[position] == f; });
  if (mapped == next) merged.functions.push_back(f);
  return static_cast<FunctionId>(mapped);
}

LocationId Merger::Rep::MapLocation(LocationId id) {
  uint32_t& mapped = location_map[Index(id)];
  if (mapped != kUnmapped) [[likely]] {
    return static_cast<LocationId>(mapped);
  }
  Location l = input->locations[Index(id)];
  if (l.mapping != MappingId::kNone) {
    l.address -= input->mappings[Index(l.mapping)].start;
    l.mapping = MapMapping(l.mapping);
  }
  uint64_t hash = MixHash(MixHash(seed, l.address), Index(l.mapping) << 1 | (l.is_folded ? 1 : 0));
  line_scratch.clear();
  for (const Line& line : input->Lines(id)) {
    Line mine{MapFunction(line.function), line.line, line.column};
    hash = MixHash(MixHash(hash, uint64_t{Index(mine.function)} << 32 ^ Bits(mine.line)),
                   Bits(mine.column));
    line_scratch.push_back(mine);
  }
  mapped = InternLocation(l, hash);
  return static_cast<LocationId>(mapped);
}

uint32_t Merger::Rep::InternLocation(Location location, uint64_t hash) {
  uint32_t next = static_cast<uint32_t>(merged.locations.size());
  uint32_t found = location_table.FindOrInsert(hash, next, [&](uint32_t position) {
    const Location& l = merged.locations[position];
    return l.address == location.address && l.mapping == location.mapping &&
           l.is_folded == location.is_folded &&
           l.lines_end - l.lines_begin == line_scratch.size() &&
           std::equal(line_scratch.begin(), line_scratch.end(),
                      merged.lines.begin() + l.lines_begin);
  });
  if (found == next) {
    location.lines_begin = static_cast<uint32_t>(merged.lines.size());
    merged.lines.insert(merged.lines.end(), line_scratch.begin(), line_scratch.end());
    location.lines_end = static_cast<uint32_t>(merged.lines.size());
    merged.locations.push_back(location);
  }
  return found;
}

// Fills label_scratch with the sample's labels, in an order that depends on content only: they are
// a multiset.
void Merger::Rep::MapLabels(size_t sample) {
  label_scratch.clear();
  for (const Label& l : input->Labels(sample)) {
    label_scratch.push_back({MapString(l.key), MapString(l.str), l.num, MapString(l.num_unit)});
  }
  std::sort(label_scratch.begin(), label_scratch.end());
}

uint32_t Merger::Rep::InternSample(uint64_t hash) {
  MergedColumns& m = merged;
  uint32_t next = static_cast<uint32_t>(m.SampleCount());
  uint32_t found = sample_table.FindOrInsert(hash, next, [&](uint32_t s) {
    uint32_t stack = m.StackBegin(s), label = m.LabelBegin(s);
    return m.stack_ends[s] - stack == stack_scratch.size() &&
           m.label_ends[s] - label == label_scratch.size() &&
           std::memcmp(m.sample_locations.data() + stack, stack_scratch.data(),
                       stack_scratch.size() * sizeof(LocationId)) == 0 &&
           std::equal(label_scratch.begin(), label_scratch.end(), m.labels.begin() + label);
  });
  if (found == next) {
    m.sample_locations.insert(m.sample_locations.end(), stack_scratch.begin(), stack_scratch.end());
    m.labels.insert(m.labels.end(), label_scratch.begin(), label_scratch.end());
    m.stack_ends.push_back(static_cast<uint32_t>(m.sample_locations.size()));
    m.label_ends.push_back(static_cast<uint32_t>(m.labels.size()));
    m.sample_values.resize(m.sample_values.size() + m.sample_types.size());
  }
  return found;
}

void Merger::Rep::AddSample(size_t sample) {
  std::span<const int64_t> values = input->Values(sample);
  if (std::all_of(values.begin(), values.end(), [](int64_t v) { return v == 0; })) return;
  std::span<const LocationId> stack = input->Stack(sample);
  stack_scratch.resize(stack.size());
  uint64_t hash = MixHash(seed, stack.size());
  for (size_t i = 0; i < stack.size(); ++i) {
    stack_scratch[i] = MapLocation(stack[i]);
    hash = MixHash(hash, Index(stack_scratch[i]));
  }
  MapLabels(sample);
  for (const Label& l : label_scratch) {
    hash = MixHash(MixHash(hash, uint64_t{Index(l.key)} << 32 | Index(l.str)),
                   Bits(l.num) ^ uint64_t{Index(l.num_unit)} << 32);
  }
  size_t place = size_t{InternSample(hash)} * values.size();
  uint64_t* sums = merged.sample_values.data() + place;
  for (size_t i = 0; i < values.size(); ++i) sums[i] += Bits(values[i]);
}

void Merger::Rep::AddSamples(const Profile& profile) {
  input = &profile;
  mapping_map.assign(profile.mappings.size(), kUnmapped);
  function_map.assign(profile.functions.size(), kUnmapped);
  location_map.assign(profile.locations.size(), kUnmapped);
  for (size_t i = 0; i < profile.SampleCount(); ++i) AddSample(i);
  // The input's first mapping that a sample uses is its main binary.
  auto first = std::find_if(mapping_map.begin(), mapping_map.end(),
                            [](uint32_t mapped) { return mapped != kUnmapped; });
  if (first != mapping_map.end()) merged.mappings[*first].first = true;
  input = nullptr;
}

Merger::Merger() : rep_(std::make_unique<Rep>()) {}
Merger::~Merger() = default;
Merger::Merger(Merger&&) noexcept = default;
Merger& Merger::operator=(Merger&&) noexcept = default;

Status Merger::Add(const Profile& profile) {
  TRY(rep_->CheckTypes(profile));
  TRY(rep_->CheckRoom(profile));
  rep_->input = &profile;
  rep_->string_map.assign(profile.strings.size(), kUnmapped);
  rep_->AddHeader(profile);
  rep_->AddSamples(profile);
  return {};
}

Profile Merger::Finish() {
  Profile out = CanonicalOrder(std::move(rep_->merged));
  rep_ = std::make_unique<Rep>();
  return out;
}

Result<Profile> MergeProfiles(std::span<const Profile> profiles) {
  Merger merger;
  for (const Profile& profile : profiles) TRY(merger.Add(profile));
  return merger.Finish();
}

Profile Canonical(const Profile& profile) {
  Merger merger;
  // The first profile always fits.
  (void)merger.Add(profile);
  return merger.Finish();
}

Result<Profile> DiffProfiles(const Profile& baseline, const Profile& candidate) {
  Profile negated = baseline;
  for (int64_t& value : negated.sample_values) {
    value = static_cast<int64_t>(uint64_t{0} - Bits(value));
  }
  Merger merger;
  TRY(merger.Add(negated));
  TRY(merger.Add(candidate));
  return merger.Finish();
}

}  // namespace anneal
