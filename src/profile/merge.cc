// Merging by remap tables. What the samples of an input need is marked, from samples down to
// strings; then, from strings up to samples, each marked entity is hashed once and its place in the
// union noted in a flat table. A sample is then a row of loads and one hash of the resulting stack,
// and its values are added in place.
//
// Column by column rather than sample by sample: the union is larger than the nearest caches, and
// a loop over a column knows what it will look up next, so that it can ask for it in time.
// google/pprof hashes strings built from each stack and each location.
#include "profile/merge.h"

#include <algorithm>
#include <utility>

#include "profile/merged_columns.h"

namespace anneal {
namespace {

// In a remap table: not needed by any sample so far; needed, but without a place yet.
constexpr uint32_t kUnmapped = 0xffffffffu, kWanted = 0xfffffffeu;

constexpr size_t kMaxSpareBytes = size_t{8} << 20;

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

void MergedColumns::Clear() {
  auto clear = [](auto&... columns) { (columns.clear(), ...); };
  clear(sample_types, comments, mappings, functions, lines, locations, stack_ends, sample_locations,
        sample_values, label_ends, labels);
  const StringTable none;
  strings = none;  // a copy: moving would give its memory away
  has_header = false;
  period_type = {};
  time_ns = duration_ns = period = 0;
  drop_frames = keep_frames = default_sample_type = doc_url = StringId::kEmpty;
}

struct Merger::Rep {
  MergedColumns merged;
  InternTable string_table, mapping_table, function_table, location_table, sample_table;

  // The input being added, and where its entities went.
  const Profile* input = nullptr;
  std::vector<uint32_t> string_map, mapping_map, function_map, location_map;
  struct Pending {
    uint64_t hash;
    uint32_t position;  // in the input
  };
  std::vector<Pending> pending, samples;  // `samples`: those that are not zero
  std::vector<LocationId> stacks;         // the input's, by location in the union
  std::vector<Label> label_scratch;
  uint64_t seed = HashSeed();

  // The memory of the thread's last merge, for its next. Growing columns and tables anew, most of
  // it in the kernel, was a quarter of a merge.
  static std::unique_ptr<Rep>& Spare() {
    thread_local std::unique_ptr<Rep> spare;
    return spare;
  }
  static std::unique_ptr<Rep> Take() {
    std::unique_ptr<Rep> rep = std::move(Spare());
    return rep != nullptr ? std::move(rep) : std::make_unique<Rep>();
  }
  static void GiveBack(std::unique_ptr<Rep> rep);  // keeps what is not large
  template <typename BytesOf>
  size_t Sum(BytesOf bytes_of) const;  // over all columns and tables
  void Clear();
  size_t bytes() const;

  Status CheckTypes(const Profile& profile) const;
  Status CheckRoom(const Profile& profile) const;
  void AddHeader(const Profile& profile);
  void MarkWanted();
  void AddSamples();
  template <typename Hash, typename Place>
  void PlaceWanted(std::vector<uint32_t>& map, InternTable& table, Hash hash, Place place);
  template <typename Hash, typename Place>
  void PlacePending(std::span<Pending> all, InternTable& table, Hash hash, Place place);

  bool IsZero(size_t sample) const;
  uint64_t HashFunction(const Function& f) const;
  uint64_t HashLocation(const Location& l) const;
  uint64_t HashSample(size_t sample);
  StringId PlaceString(std::string_view text, uint64_t hash);
  StringId MapString(StringId id);
  void PlaceMapping(size_t position);
  void CombineMapping(Mapping& into, const Mapping& from);
  uint32_t PlaceFunction(size_t position, uint64_t hash);
  uint32_t PlaceLocation(size_t position, uint64_t hash);
  bool SameLocation(const Location& mine, const Location& theirs) const;
  void AddSample(size_t sample, uint64_t hash);
  void MapLabels(size_t sample);

  Function Mapped(const Function& f) const {
    auto map = [&](StringId id) { return static_cast<StringId>(string_map[Index(id)]); };
    return {map(f.name), map(f.system_name), map(f.file), f.start_line};
  }
  Line Mapped(const Line& line) const {
    return {static_cast<FunctionId>(function_map[Index(line.function)]), line.line, line.column};
  }
  // Addresses in a mapping are kept relative to its start.
  uint64_t RelativeAddress(const Location& l) const {
    return l.mapping == MappingId::kNone ? l.address
                                         : l.address - input->mappings[Index(l.mapping)].start;
  }
  MappingId MappedMapping(const Location& l) const {
    return l.mapping == MappingId::kNone ? l.mapping
                                         : static_cast<MappingId>(mapping_map[Index(l.mapping)]);
  }
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

bool Merger::Rep::IsZero(size_t sample) const {
  std::span<const int64_t> values = input->Values(sample);
  return std::all_of(values.begin(), values.end(), [](int64_t v) { return v == 0; });
}

// Marks what non-zero samples refer to, directly or not; puts those samples into `samples`.
void Merger::Rep::MarkWanted() {
  auto want = [](std::vector<uint32_t>& map, auto id) { map[Index(id)] = kWanted; };
  samples.clear();
  for (size_t s = 0; s < input->SampleCount(); ++s) {
    if (IsZero(s)) continue;
    samples.push_back({0, static_cast<uint32_t>(s)});
    for (LocationId id : input->Stack(s)) want(location_map, id);
  }
  for (size_t i = 0; i < location_map.size(); ++i) {
    if (location_map[i] != kWanted) continue;
    const Location& l = input->locations[i];
    if (l.mapping != MappingId::kNone) want(mapping_map, l.mapping);
    for (uint32_t k = l.lines_begin; k < l.lines_end; ++k) {
      want(function_map, input->lines[k].function);
    }
  }
  string_map[0] = 0;
  auto want_text = [&](StringId id) {  // without a branch, which would be a guess
    string_map[Index(id)] = std::min(string_map[Index(id)], kWanted);
  };
  for (size_t i = 0; i < function_map.size(); ++i) {
    if (function_map[i] != kWanted) continue;
    want_text(input->functions[i].name);
    want_text(input->functions[i].system_name);
    want_text(input->functions[i].file);
  }
}

// Gives every entity of `all` its hash, then its place, asking for memory ahead.
template <typename Hash, typename Place>
void Merger::Rep::PlacePending(std::span<Pending> all, InternTable& table, Hash hash, Place place) {
  constexpr size_t kAhead = 8;
  for (Pending& p : all) p.hash = hash(p.position);
  table.Reserve(all.size());
  for (size_t i = 0; i < all.size(); ++i) {
    if (i + kAhead < all.size()) table.Prefetch(all[i + kAhead].hash);
    place(all[i].position, all[i].hash);
  }
}

template <typename Hash, typename Place>
void Merger::Rep::PlaceWanted(std::vector<uint32_t>& map, InternTable& table, Hash hash,
                              Place place) {
  pending.resize(map.size());
  size_t count = 0;
  for (size_t i = 0; i < map.size(); ++i) {  // without a branch, which would be a guess
    pending[count].position = static_cast<uint32_t>(i);
    count += map[i] == kWanted ? 1 : 0;
  }
  pending.resize(count);
  PlacePending(pending, table, hash,
               [&](uint32_t i, uint64_t h) { map[i] = static_cast<uint32_t>(place(i, h)); });
}

StringId Merger::Rep::PlaceString(std::string_view text, uint64_t hash) {
  if (text.empty()) return StringId::kEmpty;
  uint32_t next = static_cast<uint32_t>(merged.strings.size());
  uint32_t id = string_table.FindOrInsert(hash, next, [&](uint32_t position) {
    return merged.strings.Get(static_cast<StringId>(position)) == text;
  });
  if (id == next) merged.strings.Append(text);
  return static_cast<StringId>(id);
}

// For the few strings that are not needed by functions.
StringId Merger::Rep::MapString(StringId id) {
  uint32_t& mapped = string_map[Index(id)];
  if (mapped >= kWanted) {
    std::string_view text = input->Text(id);
    mapped = static_cast<uint32_t>(PlaceString(text, HashText(text, seed)));
  }
  return static_cast<StringId>(mapped);
}

void Merger::Rep::PlaceMapping(size_t position) {
  Mapping m = input->mappings[position];
  m.file = MapString(m.file);
  m.build_id = MapString(m.build_id);
  constexpr uint64_t kPage = 4096;
  uint64_t size = m.limit - m.start;
  MappingKey key{(size + kPage - 1) / kPage, m.offset,
                 m.build_id != StringId::kEmpty ? m.build_id : m.file};
  uint64_t hash = MixHash(MixHash(MixHash(seed, key.pages), key.offset), Index(key.binary));
  uint32_t next = static_cast<uint32_t>(merged.mappings.size());
  uint32_t found = mapping_table.FindOrInsert(
      hash, next, [&](uint32_t place) { return merged.mappings[place].key == key; });
  if (found == next) {
    merged.mappings.push_back({key, m, false});
  } else {
    CombineMapping(merged.mappings[found].content, m);
  }
  mapping_map[position] = found;
}

void Merger::Rep::CombineMapping(Mapping& into, const Mapping& from) {
  uint64_t largest = std::max(into.limit - into.start, from.limit - from.start);
  into.start = std::min(into.start, from.start);
  into.limit = into.start + largest;
  into.file = SmallerText(merged.strings, into.file, from.file);
  into.build_id = SmallerText(merged.strings, into.build_id, from.build_id);
  // The union claims a kind of symbols only if every input had them.
  into.has_functions &= from.has_functions;
  into.has_filenames &= from.has_filenames;
  into.has_line_numbers &= from.has_line_numbers;
  into.has_inline_frames &= from.has_inline_frames;
}

// Of an input's function whose strings have their places.
uint64_t Merger::Rep::HashFunction(const Function& f) const {
  Function m = Mapped(f);
  uint64_t hash = MixHash(seed, uint64_t{Index(m.name)} << 32 | Index(m.system_name));
  return MixHash(hash, uint64_t{Index(m.file)} << 32 ^ Bits(m.start_line));
}

uint32_t Merger::Rep::PlaceFunction(size_t position, uint64_t hash) {
  Function f = Mapped(input->functions[position]);
  uint32_t next = static_cast<uint32_t>(merged.functions.size());
  uint32_t found = function_table.FindOrInsert(
      hash, next, [&](uint32_t place) { return merged.functions[place] == f; });
  if (found == next) merged.functions.push_back(f);
  return found;
}

uint64_t Merger::Rep::HashLocation(const Location& l) const {
  uint64_t hash =
      MixHash(seed ^ Index(MappedMapping(l)) << 1 ^ (l.is_folded ? 1 : 0), RelativeAddress(l));
  for (uint32_t k = l.lines_begin; k < l.lines_end; ++k) {
    Line line = Mapped(input->lines[k]);
    hash = MixHash(
        hash, uint64_t{Index(line.function)} << 32 ^ Bits(line.line) ^ Bits(line.column) << 20);
  }
  return hash;
}

bool Merger::Rep::SameLocation(const Location& mine, const Location& theirs) const {
  if (mine.address != RelativeAddress(theirs) || mine.mapping != MappedMapping(theirs) ||
      mine.is_folded != theirs.is_folded ||
      mine.lines_end - mine.lines_begin != theirs.lines_end - theirs.lines_begin) {
    return false;
  }
  for (uint32_t k = 0; k < mine.lines_end - mine.lines_begin; ++k) {
    if (merged.lines[mine.lines_begin + k] != Mapped(input->lines[theirs.lines_begin + k])) {
      return false;
    }
  }
  return true;
}

uint32_t Merger::Rep::PlaceLocation(size_t position, uint64_t hash) {
  const Location& theirs = input->locations[position];
  uint32_t next = static_cast<uint32_t>(merged.locations.size());
  uint32_t found = location_table.FindOrInsert(
      hash, next, [&](uint32_t place) { return SameLocation(merged.locations[place], theirs); });
  if (found != next) return found;
  Location l = theirs;
  l.address = RelativeAddress(theirs);
  l.mapping = MappedMapping(theirs);
  l.lines_begin = static_cast<uint32_t>(merged.lines.size());
  for (uint32_t k = theirs.lines_begin; k < theirs.lines_end; ++k) {
    merged.lines.push_back(Mapped(input->lines[k]));
  }
  l.lines_end = static_cast<uint32_t>(merged.lines.size());
  merged.locations.push_back(l);
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

// Of the sample's stack in `stacks` and of its labels.
uint64_t Merger::Rep::HashSample(size_t sample) {
  uint32_t begin = sample == 0 ? 0 : input->stack_ends[sample - 1];
  uint32_t end = input->stack_ends[sample];
  uint64_t hash = MixHash(seed, end - begin);
  uint32_t i = begin;
  for (; i + 1 < end; i += 2) {
    hash = MixHash(hash, uint64_t{Index(stacks[i])} << 32 | Index(stacks[i + 1]));
  }
  if (i < end) hash = MixHash(hash, Index(stacks[i]));
  if (input->labels.empty()) return hash;
  MapLabels(sample);
  for (const Label& l : label_scratch) {
    hash = MixHash(MixHash(hash, uint64_t{Index(l.key)} << 32 | Index(l.str)),
                   Bits(l.num) ^ uint64_t{Index(l.num_unit)} << 32);
  }
  return hash;
}

void Merger::Rep::AddSample(size_t sample, uint64_t hash) {
  MergedColumns& m = merged;
  uint32_t begin = sample == 0 ? 0 : input->stack_ends[sample - 1];
  auto stack =
      std::span<const LocationId>(stacks).subspan(begin, input->stack_ends[sample] - begin);
  MapLabels(sample);
  uint32_t next = static_cast<uint32_t>(m.SampleCount());
  uint32_t found = sample_table.FindOrInsert(hash, next, [&](uint32_t s) {
    uint32_t mine = m.StackBegin(s), label = m.LabelBegin(s);
    return m.stack_ends[s] - mine == stack.size() &&
           m.label_ends[s] - label == label_scratch.size() &&
           std::equal(stack.begin(), stack.end(), m.sample_locations.begin() + mine) &&
           std::equal(label_scratch.begin(), label_scratch.end(), m.labels.begin() + label);
  });
  if (found == next) {
    m.sample_locations.insert(m.sample_locations.end(), stack.begin(), stack.end());
    m.labels.insert(m.labels.end(), label_scratch.begin(), label_scratch.end());
    m.stack_ends.push_back(static_cast<uint32_t>(m.sample_locations.size()));
    m.label_ends.push_back(static_cast<uint32_t>(m.labels.size()));
    m.sample_values.resize(m.sample_values.size() + m.sample_types.size());
  }
  std::span<const int64_t> values = input->Values(sample);
  uint64_t* sums = m.sample_values.data() + size_t{found} * values.size();
  for (size_t i = 0; i < values.size(); ++i) sums[i] += Bits(values[i]);
}

void Merger::Rep::AddSamples() {
  const Profile& in = *input;
  mapping_map.assign(in.mappings.size(), kUnmapped);
  function_map.assign(in.functions.size(), kUnmapped);
  location_map.assign(in.locations.size(), kUnmapped);
  MarkWanted();

  PlaceWanted(
      string_map, string_table,
      [&](uint32_t i) { return HashText(in.Text(static_cast<StringId>(i)), seed); },
      [&](uint32_t i, uint64_t hash) {
        return PlaceString(in.Text(static_cast<StringId>(i)), hash);
      });
  PlaceWanted(
      function_map, function_table, [&](uint32_t i) { return HashFunction(in.functions[i]); },
      [&](uint32_t i, uint64_t hash) { return PlaceFunction(i, hash); });
  bool first = true;  // the input's first mapping that a sample uses is its main binary
  for (size_t i = 0; i < mapping_map.size(); ++i) {
    if (mapping_map[i] != kWanted) continue;
    PlaceMapping(i);
    merged.mappings[mapping_map[i]].first |= std::exchange(first, false);
  }
  PlaceWanted(
      location_map, location_table, [&](uint32_t i) { return HashLocation(in.locations[i]); },
      [&](uint32_t i, uint64_t hash) { return PlaceLocation(i, hash); });

  stacks.resize(in.sample_locations.size());
  for (size_t i = 0; i < stacks.size(); ++i) {
    stacks[i] = static_cast<LocationId>(location_map[Index(in.sample_locations[i])]);
  }
  PlacePending(
      samples, sample_table, [&](uint32_t s) { return HashSample(s); },
      [&](uint32_t s, uint64_t hash) { AddSample(s, hash); });
}

Merger::Merger() = default;
Merger::~Merger() { Rep::GiveBack(std::move(rep_)); }
Merger::Merger(Merger&&) noexcept = default;
Merger& Merger::operator=(Merger&&) noexcept = default;

Status Merger::Add(const Profile& profile) {
  if (rep_ == nullptr) rep_ = Rep::Take();
  TRY(rep_->CheckTypes(profile));
  TRY(rep_->CheckRoom(profile));
  rep_->input = &profile;
  rep_->string_map.assign(profile.strings.size(), kUnmapped);
  rep_->AddHeader(profile);
  rep_->AddSamples();
  rep_->input = nullptr;
  return {};
}

template <typename BytesOf>
size_t Merger::Rep::Sum(BytesOf bytes_of) const {
  const MergedColumns& m = merged;
  const OrderScratch& o = m.order_scratch;
  auto sum = [&](const auto&... columns) { return (bytes_of(columns) + ...); };
  size_t bytes = m.strings.bytes() + m.strings.size() * sizeof(uint32_t);
  bytes += sum(m.mappings, m.functions, m.lines, m.locations, m.stack_ends, m.sample_locations,
               m.sample_values, m.label_ends, m.labels, o.samples, o.string_rank, o.mapping_rank,
               o.function_rank, o.location_rank, o.order, o.spare);
  bytes += sum(string_map, mapping_map, function_map, location_map, pending, samples, stacks,
               label_scratch);
  for (const InternTable* table :
       {&string_table, &mapping_table, &function_table, &location_table, &sample_table}) {
    bytes += table->bytes();
  }
  return bytes;
}

size_t Merger::Rep::bytes() const {
  // No column grows beyond twice its content; what it has more is of an earlier merge.
  return Sum([](const auto& column) {
    return std::min(column.capacity(), 2 * column.size()) * sizeof(column[0]);
  });
}

void Merger::Rep::GiveBack(std::unique_ptr<Rep> rep) {
  if (rep == nullptr) return;
  size_t held = rep->Sum([](const auto& c) { return c.capacity() * sizeof(c[0]); });
  if (held > kMaxSpareBytes) return;
  rep->Clear();
  Spare() = std::move(rep);
}

void Merger::Rep::Clear() {
  merged.Clear();
  for (InternTable* table :
       {&string_table, &mapping_table, &function_table, &location_table, &sample_table}) {
    table->Clear();
  }
}

size_t Merger::bytes() const { return rep_ == nullptr ? 0 : rep_->bytes(); }

Profile Merger::Finish() {
  if (rep_ == nullptr) return {};
  Profile out = CanonicalOrder(rep_->merged);
  Rep::GiveBack(std::move(rep_));
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
