// The records: what is written reads back; what is damaged is refused, at every byte.
#include <limits>
#include <random>

#include "store/bytes.h"
#include "store/checksum.h"
#include "store/intern.h"
#include "store/keys.h"
#include "store/profile_record.h"
#include "store/profiles_for_test.h"
#include "store/resolve.h"
#include "store/series_record.h"
#include "store/symbol_segment.h"

namespace anneal {
namespace {

constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
constexpr int64_t kMax = std::numeric_limits<int64_t>::max();

TEST(Bytes, VarintsReadBackAtEveryPowerOfTwo) {
  for (int bit = 0; bit < 64; ++bit) {
    for (int64_t delta : {-1, 0, 1}) {
      uint64_t v = (uint64_t{1} << bit) + static_cast<uint64_t>(delta);
      std::string out;
      PutVarint(out, v);
      ByteReader in(out);
      EXPECT_EQ(in.Varint(), v);
      EXPECT_TRUE(in.ok() && in.AtEnd());
      for (size_t size = 0; size < out.size(); ++size) {
        ByteReader cut(std::string_view(out).substr(0, size));
        (void)cut.Varint();
        EXPECT_FALSE(cut.ok());
      }
      EXPECT_EQ(UnZigZag(ZigZag(static_cast<int64_t>(v))), static_cast<int64_t>(v));
    }
  }
}

TEST(Bytes, VarintsBeyond64BitsAreRefused) {
  for (std::string_view text :
       {std::string_view("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"),
        std::string_view("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"),
        std::string_view("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff")}) {
    ByteReader in(text);
    (void)in.Varint();
    EXPECT_FALSE(in.ok());
  }
  std::string large;
  PutVarint(large, uint64_t{1} << 32);
  ByteReader in(large);
  EXPECT_EQ(in.Varint32(), 0u);
  EXPECT_FALSE(in.ok());
}

TEST(Bytes, SkippingVarintsLandsWhereReadingDoes) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 50; ++round) {
    std::string out;
    const uint64_t count = random() % 60;
    for (uint64_t i = 0; i < count; ++i) PutVarint(out, random() >> (random() % 64));
    out += "tail";
    ByteReader in(out);
    in.SkipVarints(count);
    EXPECT_TRUE(in.ok());
    EXPECT_EQ(in.Remaining(), 4u);
    ByteReader cut(std::string_view(out).substr(0, out.size() - 4));
    cut.SkipVarints(count + 1);
    EXPECT_FALSE(cut.ok());
  }
}

TEST(Keys, OrderIsEpochServiceSeriesTime) {
  auto key = [](uint32_t epoch, uint32_t service, uint32_t series, int64_t time) {
    return EncodeKey(
        {{Epoch{epoch}, ServiceId{service}}, SeriesId{series}, time, TestUuid(0xffff)});
  };
  const std::string rising[] = {key(0, 9, 9, kMax), key(1, 0, 0, 0),    key(1, 0, 0, 255),
                                key(1, 0, 0, 256),  key(1, 0, 0, kMax), key(1, 0, 256, 0),
                                key(1, 256, 0, 0),  key(256, 0, 0, 0)};
  EXPECT_TRUE(std::ranges::is_sorted(rising));
  ProfileKey decoded = *DecodeProfileKey(key(1, 2, 3, 4));
  EXPECT_EQ(decoded.partition, (PartitionKey{Epoch{1}, ServiceId{2}}));
  EXPECT_EQ(decoded.series, SeriesId{3});
  EXPECT_EQ(decoded.time_ns, 4);
  EXPECT_EQ(decoded.id, TestUuid(0xffff));
  EXPECT_FALSE(DecodeProfileKey(key(1, 2, 3, 4).substr(1)).has_value());
  EXPECT_FALSE(DecodeProfileKey(key(1, 2, 3, -1)).has_value());
}

TEST(Keys, PrefixEndIsTheNextPrefix) {
  EXPECT_EQ(PrefixEnd("ab"), "ac");
  EXPECT_EQ(PrefixEnd("a\xff"), "b");
  EXPECT_EQ(PrefixEnd("\xff\xff"), "");
}

TEST(Checksum, FindsEveryFlippedBitInKeyAndValue) {
  std::string key = "key", value = "some value";
  AppendChecksum(key, value);
  std::string_view good = value;
  EXPECT_TRUE(CheckAndStripChecksum(key, good));
  EXPECT_EQ(good, "some value");
  for (size_t bit = 0; bit < (key.size() + value.size()) * 8; ++bit) {
    std::string k = key, v = value;
    std::string& text = bit / 8 < k.size() ? k : v;
    size_t at = bit / 8 < k.size() ? bit / 8 : bit / 8 - k.size();
    text[at] = static_cast<char>(text[at] ^ (1 << (bit % 8)));
    std::string_view bad = v;
    EXPECT_FALSE(CheckAndStripChecksum(k, bad));
  }
  std::string_view tiny = "abc";
  EXPECT_FALSE(CheckAndStripChecksum(key, tiny));
}

std::vector<std::pair<uint32_t, int64_t>> ReadBack(std::string_view record, size_t room) {
  StackSums sums;
  sums.Resize(room);
  Result<ProfileRecordReader> reader = ProfileRecordReader::Open(record);
  EXPECT_TRUE(reader.ok());
  Status added = reader->AddTo(sums);
  EXPECT_TRUE(added.ok()) << added.ToString();
  std::vector<std::pair<uint32_t, int64_t>> out;
  for (const StackValue& v : sums.Take()) out.emplace_back(static_cast<uint32_t>(v.stack), v.value);
  return out;
}

TEST(ProfileRecord, ValuesReadBackSummedByStack) {
  using Pairs = std::vector<std::pair<uint32_t, int64_t>>;
  struct Row {
    Pairs values, expected;
  };
  const Row rows[] = {
      {{}, {}},
      {{{0, 5}}, {{0, 5}}},
      {{{7, 20'000'000}, {3, 10'000'000}}, {{3, 10'000'000}, {7, 20'000'000}}},
      {{{7, 1}, {7, 2}, {1, 9}}, {{1, 9}, {7, 3}}},
      {{{7, 1}, {7, -1}, {1, -9}}, {{1, -9}}},
      {{{1, kMin}, {2, kMax}}, {{1, kMin}, {2, kMax}}},
      {{{1, kMin}}, {{1, kMin}}},
      {{{1, kMax}, {1, 1}}, {{1, kMin}}},
      {{{99, -6}, {98, 4}}, {{98, 4}, {99, -6}}},
  };
  for (const Row& row : rows) {
    std::vector<StackValue> values;
    for (auto [stack, value] : row.values) values.push_back({StackId{stack}, value});
    std::string record = EncodeProfileRecord({1, 2, 0, MappingId{4}, 0}, values);
    EXPECT_EQ(ReadBack(record, 100), row.expected);
    ProfileHeader header = ProfileRecordReader::Open(record)->header();
    uint64_t total = 0;
    for (auto [stack, value] : row.expected) total += static_cast<uint64_t>(value);
    EXPECT_EQ(header.total, static_cast<int64_t>(total));
    EXPECT_EQ(header.duration_ns, 1);
    EXPECT_EQ(header.period, 2);
    EXPECT_EQ(header.main_mapping, MappingId{4});
    EXPECT_EQ(header.count, row.expected.size());
  }
}

TEST(ProfileRecord, EveryPrefixAndAForeignStackAreRefused) {
  std::vector<StackValue> values = {{StackId{3}, 300}, {StackId{900}, 500}, {StackId{4}, -1}};
  std::string record = EncodeProfileRecord({10, 20, 0, MappingId::kNone, 0}, values);
  for (size_t size = 0; size <= record.size(); ++size) {
    StackSums sums;
    sums.Resize(901);
    Result<ProfileRecordReader> reader =
        ProfileRecordReader::Open(std::string_view(record).substr(0, size));
    bool ok = reader.ok() && reader->AddTo(sums).ok();
    EXPECT_EQ(ok, size == record.size()) << size;
  }
  StackSums small;
  small.Resize(900);
  EXPECT_EQ(ProfileRecordReader::Open(record)->AddTo(small).code(), Code::kDataLoss);
  StackSums sums;
  sums.Resize(901);
  std::string longer = record + '\0';
  EXPECT_FALSE(ProfileRecordReader::Open(longer)->AddTo(sums).ok());
  for (size_t at : {size_t{0}, size_t{1}}) {
    std::string other = record;
    other[at] = 0x40;
    EXPECT_FALSE(ProfileRecordReader::Open(other).ok()) << "version or flags";
  }
}

TEST(ProfileRecord, LinksReadBackAndAreRefusedCutOffOrForeign) {
  const TraceId trace = TestUuid(5);
  std::vector<StackValue> values = {{StackId{3}, 300}, {StackId{900}, 500}, {StackId{4}, -100}};
  const std::vector<LinkedValue> links = {{StackId{900}, {8, trace}, 300},
                                          {StackId{3}, {7, {}}, 100},
                                          {StackId{900}, {0, trace}, 100},
                                          {StackId{3}, {7, {}}, 50},
                                          {StackId{4}, {9, trace}, 0}};
  std::string plain = EncodeProfileRecord({10, 20, 0, MappingId::kNone, 0}, values);
  EXPECT_TRUE(ProfileRecordReader::Open(plain)->Links(901)->empty());
  std::string record = EncodeProfileRecord({10, 20, 0, MappingId::kNone, 0}, values, links);
  EXPECT_EQ(ReadBack(record, 901), ReadBack(plain, 901));
  EXPECT_EQ(ProfileRecordReader::Open(plain)->LinksBytes(), 0u);
  EXPECT_EQ(ProfileRecordReader::Open(record)->LinksBytes(), record.size() - plain.size());
  std::vector<LinkedValue> read = ProfileRecordReader::Open(record)->Links(901).value();
  ASSERT_EQ(read.size(), 3u);
  const LinkedValue expected[] = {
      {StackId{3}, {7, {}}, 150}, {StackId{900}, {0, trace}, 100}, {StackId{900}, {8, trace}, 300}};
  for (size_t i = 0; i < read.size(); ++i) {
    EXPECT_EQ(read[i].stack, expected[i].stack);
    EXPECT_EQ(read[i].link, expected[i].link);
    EXPECT_EQ(read[i].value, expected[i].value);
  }
  for (size_t size = 0; size < record.size(); ++size) {
    Result<ProfileRecordReader> reader =
        ProfileRecordReader::Open(std::string_view(record).substr(0, size));
    EXPECT_FALSE(reader.ok() && reader->Links(901).ok()) << size;
  }
  EXPECT_FALSE(ProfileRecordReader::Open(record + '\0')->Links(901).ok());
  EXPECT_FALSE(ProfileRecordReader::Open(record)->Links(900).ok());
}

TEST(SampleLink, IdsAreExactlyTheirDigits) {
  EXPECT_EQ(ParseSpanId("00f067aa0ba902B7"), 0x00f067aa0ba902b7u);
  EXPECT_EQ(FormatSpanId(0x00f067aa0ba902b7u), "00f067aa0ba902b7");
  const std::string trace = "4bf92f3577b34da6a3ce929d0e0e4736";
  EXPECT_EQ(FormatTraceId(ParseTraceId(trace).value()), trace);
  EXPECT_EQ(ParseTraceId(trace)->front(), 0x4b);
  for (std::string_view bad :
       {"", "00f067aa0ba902b", "00f067aa0ba902b70", "00f067aa0ba902bg", "+0f067aa0ba902b7"}) {
    EXPECT_FALSE(ParseSpanId(bad).has_value()) << bad;
    EXPECT_FALSE(ParseTraceId(std::string(bad) + std::string(bad)).has_value()) << bad;
  }
}

TEST(ProfileRecord, SumsThatPassZeroAreCountedOnce) {
  StackSums sums;
  sums.Resize(3);
  for (int64_t value : {5, -5, 5, -5, 7}) sums.Add(1, value);
  sums.Add(2, 0);
  std::vector<StackValue> taken = sums.Take();
  ASSERT_EQ(taken.size(), 1u);
  EXPECT_EQ(taken[0].value, 7);
  EXPECT_TRUE(sums.Take().empty());
}

// A table after `count` profiles, and its segments.
std::vector<std::string> Segments(uint32_t count, SymbolTable& table) {
  std::vector<std::string> segments;
  SymbolCounts persisted;
  for (uint32_t seed = 0; seed < count; ++seed) {
    Profile profile = RandomProfile(seed);
    ProfileInterner interner(profile, table);
    for (size_t sample = 0; sample < profile.SampleCount(); ++sample) {
      (void)interner.Stack(sample);
    }
    if (table.counts() == persisted) continue;
    segments.push_back(EncodeSegment(table, persisted));
    persisted = table.counts();
  }
  return segments;
}

TEST(SymbolSegment, SegmentsInOrderRebuildTheTable) {
  SymbolTable table;
  std::vector<std::string> segments = Segments(30, table);
  ASSERT_GT(segments.size(), 3u);
  SymbolTable rebuilt;
  for (const std::string& segment : segments) {
    Status decoded = DecodeSegment(segment, rebuilt);
    ASSERT_TRUE(decoded.ok()) << decoded.ToString();
  }
  EXPECT_EQ(rebuilt.counts(), table.counts());
  EXPECT_EQ(EncodeSegment(rebuilt, {}), EncodeSegment(table, {}));
  // Interning goes on as if the table had never left memory.
  for (uint32_t seed = 0; seed < 40; ++seed) {
    Profile profile = RandomProfile(seed);
    ProfileInterner a(profile, table), b(profile, rebuilt);
    for (size_t sample = 0; sample < profile.SampleCount(); ++sample) {
      EXPECT_EQ(a.Stack(sample), b.Stack(sample));
    }
  }
  EXPECT_EQ(rebuilt.counts(), table.counts());
}

// One location without lines, in a mapping of this file or in none.
Profile OneLocation(std::string_view mapping_file) {
  Profile profile;
  Location location;
  location.address = 0x40;
  if (!mapping_file.empty()) {
    Mapping mapping;
    mapping.file = profile.strings.Append(mapping_file);
    profile.mappings = {mapping};
    location.mapping = MappingId{0};
  }
  profile.locations = {location};
  profile.sample_locations = {LocationId{0}};
  profile.stack_ends = {1};
  return profile;
}

TEST(ProfileInterner, WhatIsNotKnownIsNeverTakenForWhatIs) {
  SymbolTable table;
  auto intern = [&](std::string_view file) {
    const Profile profile = OneLocation(file);
    return ProfileInterner(profile, table).Stack(0);
  };
  const StackId none = intern(""), first = intern("a"), second = intern("b");
  EXPECT_NE(none, first);
  EXPECT_NE(none, second);
  EXPECT_NE(first, second);
  const SymbolCounts counts = table.counts();
  EXPECT_EQ(intern("b"), second);
  EXPECT_EQ(intern("a"), first);
  EXPECT_EQ(intern(""), none);
  EXPECT_EQ(table.counts(), counts);
  EXPECT_EQ(table.location(table.stack(none).location).mapping, MappingId::kNone);
}

TEST(ProfileInterner, KnownAndNewMixedAddOnlyWhatIsNew) {
  SymbolTable table;
  for (uint32_t seed = 0; seed < 40; ++seed) {
    const Profile profile = RandomProfile(seed % 25);
    const SymbolCounts before = table.counts();
    ProfileInterner interner(profile, table);
    for (size_t sample = 0; sample < profile.SampleCount(); ++sample) {
      StackId id = interner.Stack(sample);
      for (LocationId location : profile.Stack(sample)) {
        ASSERT_NE(id, StackId::kEmpty);
        const Location& have = table.location(table.stack(id).location);
        EXPECT_EQ(have.address, profile.locations[Index(location)].address);
        const std::span<const Line> lines = table.Lines(have), want = profile.Lines(location);
        ASSERT_EQ(lines.size(), want.size());
        for (size_t i = 0; i < lines.size(); ++i) {
          EXPECT_EQ(table.Text(table.function(lines[i].function).name),
                    profile.FunctionName(want[i]));
          EXPECT_EQ(lines[i].line, want[i].line);
        }
        id = table.stack(id).parent;
      }
      EXPECT_EQ(id, StackId::kEmpty);
    }
    if (seed < 25) continue;
    EXPECT_EQ(table.counts(), before) << seed;
  }
}

TEST(SymbolSegment, EveryPrefixAGapAndARepetitionAreRefused) {
  SymbolTable table;
  std::vector<std::string> segments = Segments(3, table);
  for (size_t size = 0; size < segments[0].size(); ++size) {
    SymbolTable cut;
    EXPECT_EQ(DecodeSegment(segments[0].substr(0, size), cut).code(), Code::kDataLoss) << size;
  }
  SymbolTable gap;
  EXPECT_EQ(DecodeSegment(segments[1], gap).code(), Code::kDataLoss);
  SymbolTable twice;
  EXPECT_TRUE(DecodeSegment(segments[0], twice).ok());
  EXPECT_EQ(DecodeSegment(segments[0], twice).code(), Code::kDataLoss);
}

TEST(SymbolSegment, FlippedBitsNeverBreakTheReader) {
  SymbolTable table;
  const std::string segment = Segments(1, table)[0];
  for (size_t bit = 0; bit < segment.size() * 8; ++bit) {
    std::string bad = segment;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
    SymbolTable read;
    if (!DecodeSegment(bad, read).ok()) continue;
    // Whatever decodes must be safe to resolve.
    Profile profile = EmptyProfile(kTestCpuType);
    std::vector<StackValue> values;
    for (uint32_t i = 0; i < read.counts().stacks; ++i) values.push_back({StackId{i}, 1});
    ResolveStacks(read, values, {}, profile);
    EXPECT_EQ(profile.SampleCount(), values.size());
  }
}

// Stacks whose hashes are equal stay apart: the index compares them.
TEST(SymbolTable, EqualHashesDoNotMergeStacks) {
  SymbolTable table;
  for (int i = 0; i < 3; ++i)
    table.InternLocation({MappingId::kNone, static_cast<uint64_t>(i)}, {});
  const LocationId a[] = {LocationId{0}, LocationId{1}};
  const LocationId b[] = {LocationId{1}, LocationId{0}};
  const LocationId c[] = {LocationId{0}};
  constexpr uint64_t kSameHash = 42;
  StackId first = table.InternStack(a, kSameHash);
  StackId second = table.InternStack(b, kSameHash);
  StackId third = table.InternStack(c, kSameHash);
  EXPECT_NE(first, second);
  EXPECT_NE(first, third);
  EXPECT_EQ(table.InternStack(a, kSameHash), first);
  EXPECT_EQ(table.InternStack(b, kSameHash), second);
  EXPECT_EQ(table.InternStack(c, kSameHash), third);
  EXPECT_EQ(table.InternStack({}, kSameHash), StackId::kEmpty);
}

TEST(SymbolTable, AParentComesBeforeItsChildren) {
  SymbolTable table;
  (void)Segments(30, table);
  for (uint32_t i = 1; i < table.counts().stacks; ++i) {
    EXPECT_LT(static_cast<uint32_t>(table.stack(StackId{i}).parent), i);
  }
}

TEST(SymbolTable, RoomIsCheckedBeforeIdsOverflow) {
  SymbolTable table;
  EXPECT_TRUE(table.CheckRoom(1000, 1000).ok());
  EXPECT_EQ(table.CheckRoom(0xffffffffu, 0).code(), Code::kResourceExhausted);
  EXPECT_EQ(table.CheckRoom(0, 0xffffffffu).code(), Code::kResourceExhausted);
}

TEST(SeriesRecord, RecordsReadBackAndEveryPrefixIsRefused) {
  const std::string key = SeriesKey(SeriesId{7});
  SeriesRecordValue record{"tenant", ServiceId{3}, TestLabels("a", kTestCpuType, {{"pod", "x"}})};
  const std::string value = EncodeRecord(key, record);
  SeriesRecordValue read;
  ASSERT_TRUE(DecodeRecord(key, value, read).ok());
  EXPECT_EQ(read.tenant, "tenant");
  EXPECT_EQ(read.service, ServiceId{3});
  EXPECT_EQ(read.labels, record.labels);
  EXPECT_FALSE(DecodeRecord(SeriesKey(SeriesId{8}), value, read).ok()) << "in another's place";
  const std::string span_key = SpanKey(Epoch{1}, SeriesId{2});
  const std::string span = EncodeRecord(span_key, SpanRecordValue{5, kMax});
  SpanRecordValue read_span;
  ASSERT_TRUE(DecodeRecord(span_key, span, read_span).ok());
  EXPECT_EQ(read_span.min_ns, 5);
  EXPECT_EQ(read_span.max_ns, kMax);
  const std::string service_key = ServiceKey(ServiceId{9});
  const std::string service = EncodeRecord(service_key, ServiceRecordValue{"t", "s"});
  ServiceRecordValue read_service;
  ASSERT_TRUE(DecodeRecord(service_key, service, read_service).ok());
  EXPECT_EQ(read_service.name, "s");
  for (size_t size = 0; size < value.size(); ++size) {
    EXPECT_EQ(DecodeRecord(key, value.substr(0, size), read).code(), Code::kDataLoss);
  }
}

}  // namespace
}  // namespace anneal
