#include "profile/pprof.h"

#include "profile/compress.h"
#include "profile/corpus_for_test.h"
#include "profile/shapes_for_test.h"

namespace anneal {
namespace {

void ExpectRoundTrip(const Profile& profile) {
  Status valid = ValidateProfile(profile);
  ASSERT_TRUE(valid.ok()) << valid.ToString();
  std::string encoded = EncodePprof(profile);
  Result<Profile> again = DecodePprof(encoded);
  ASSERT_TRUE(again.ok()) << again.status().ToString();
  ASSERT_TRUE(*again == profile);
  ASSERT_EQ(EncodePprof(*again), encoded);
  Result<Profile> through_gzip = DecodePprof(Gzip(encoded, 1));
  ASSERT_TRUE(through_gzip.ok() && *through_gzip == profile);
}

TEST(PprofTest, CorpusRoundTrips) {
  ASSERT_EQ(Corpus().size(), 110u);
  for (const CorpusFile& file : Corpus()) {
    Result<Profile> profile = DecodePprof(file.bytes);
    ASSERT_TRUE(profile.ok()) << file.name << ": " << profile.status().ToString();
    EXPECT_GT(profile->SampleCount(), 0u);
    EXPECT_EQ(profile->FindSampleType("cpu", "nanoseconds"), 1);
    EXPECT_EQ(profile->FindSampleType("cpu", "count"), -1);
    ExpectRoundTrip(*profile);
  }
}

TEST(PprofTest, DecodedSizeIsCounted) {
  size_t counted = 0, actual = 0;
  for (const CorpusFile& file : Corpus()) {
    const Result<Profile> p = DecodePprof(file.bytes);
    ASSERT_TRUE(p.ok());
    const std::string message = EncodePprof(*p);
    const size_t size = DecodedSize(message);
    const size_t filled =
        sizeof(Profile) + p->mappings.size() * sizeof(Mapping) +
        p->functions.size() * sizeof(Function) + p->lines.size() * sizeof(Line) +
        p->locations.size() * sizeof(Location) + p->strings.bytes() +
        p->strings.size() * sizeof(uint32_t) + p->stack_ends.size() * sizeof(uint32_t) +
        p->sample_locations.size() * sizeof(LocationId) +
        p->sample_values.size() * sizeof(int64_t) + p->label_ends.size() * sizeof(uint32_t) +
        p->labels.size() * sizeof(Label);
    EXPECT_GE(size, filled) << file.name;
    counted += size;
    actual += filled;
    for (size_t cut = 0; cut < message.size(); cut += 97) {
      EXPECT_LE(DecodedSize(std::string_view(message).substr(0, cut)), size);
    }
  }
  EXPECT_LT(counted, 2 * actual) << "and not by far too much";
  EXPECT_LT(DecodedSize("nonsense"), 1000u);
}

TEST(PprofTest, ShapesAndRandomProfilesRoundTrip) {
  for (Shape shape : kShapes) ExpectRoundTrip(MakeProfile(shape, 1));
  for (uint32_t seed = 0; seed < 300; ++seed) {
    ExpectRoundTrip(MakeRandomProfile(seed, Sums::kMayCancel));
    if (HasFatalFailure()) FAIL() << seed;
  }
  ExpectRoundTrip(Profile());
}

TEST(PprofTest, EveryFieldRoundTrips) {
  Profile p;
  auto text = [&](const char* t) { return p.strings.Append(t); };
  p.sample_types = {{text("a"), text("b")}};
  p.mappings = {{1, UINT64_MAX, 3, text("file"), text("build"), true, false, true, false},
                {0, 0, 0, StringId::kEmpty, StringId::kEmpty, false, true, false, true}};
  p.functions = {{text("name"), text("system"), text("f.c"), INT64_MIN}};
  p.lines = {{FunctionId{0}, -1, INT64_MAX}, {FunctionId{0}, 0, 0}};
  p.locations = {{MappingId{1}, UINT64_MAX, 0, 2, true}, {MappingId::kNone, 0, 2, 2, false}};
  p.sample_locations = {LocationId{1}, LocationId{0}, LocationId{1}};
  p.stack_ends = {3, 3};
  p.sample_values = {INT64_MIN, -1};
  p.labels = {{text("k"), text("v"), 0, StringId::kEmpty},
              {text("n"), StringId::kEmpty, -7, text("u")}};
  p.label_ends = {0, 2};
  p.drop_frames = text("drop");
  p.keep_frames = text("keep");
  p.time_ns = INT64_MAX;
  p.duration_ns = -1;
  p.period_type = {text("pt"), text("pu")};
  p.period = 1;
  p.comments = {text("c1"), text("größe")};
  p.default_sample_type = text("d");
  p.doc_url = text("u");
  ExpectRoundTrip(p);
}

TEST(PprofTest, EveryPrefixIsAcceptedOrExplained) {
  std::vector<std::string> messages = {Gunzip(Corpus()[1].bytes, 1 << 24).value()};
  for (Shape shape : kShapes) messages.push_back(EncodePprof(MakeProfile(shape, 2)));
  for (const std::string& message : messages) {
    // A copy of its own for each length, so that a sanitizer sees any read past the end.
    for (size_t size = 0; size < message.size(); size += 1 + message.size() / 2500) {
      std::vector<char> prefix(message.begin(), message.begin() + static_cast<ptrdiff_t>(size));
      Result<Profile> profile = DecodePprof({prefix.data(), prefix.size()});
      if (profile.ok()) {
        ASSERT_TRUE(ValidateProfile(*profile).ok()) << size;
      } else {
        ASSERT_TRUE(profile.status().message().starts_with("pprof: ")) << size;
      }
    }
  }
}

TEST(PprofTest, EveryFlippedByteIsAcceptedOrExplained) {
  for (Shape shape : kShapes) {
    std::string message = EncodePprof(MakeProfile(shape, 7));
    for (size_t i = 0; i < message.size(); i += 1 + i / 500) {
      for (char flip : {'\x01', '\x08', '\x7f', '\x80'}) {
        std::string bad = message;
        bad[i] = static_cast<char>(bad[i] ^ flip);
        Result<Profile> profile = DecodePprof(bad);
        if (profile.ok()) {
          ASSERT_TRUE(ValidateProfile(*profile).ok()) << i;
        }
      }
    }
  }
}

// A protobuf writer for input that EncodePprof would not write.
std::string Number(uint64_t value) {
  std::string out;
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
  return out;
}
std::string V(int field, uint64_t value) {
  return Number(static_cast<uint64_t>(field) << 3) + Number(value);
}
std::string B(int field, const std::string& bytes) {
  return Number(static_cast<uint64_t>(field) << 3 | 2) + Number(bytes.size()) + bytes;
}
// A small whole: strings "", "a", one sample type, mapping 1, function 1, location 1.
const std::string kTypes = B(1, V(1, 1) + V(2, 1));
const std::string kStrings = B(6, "") + B(6, "a");
const std::string kMapping = B(3, V(1, 1));
const std::string kFunction = B(5, V(1, 1) + V(2, 1));
const std::string kLocation = B(4, V(1, 1) + V(2, 1) + B(4, V(1, 1)));
const std::string kTables = kTypes + kMapping + kLocation + kFunction + kStrings;

TEST(PprofTest, BadInputIsExplained) {
  struct Row {
    std::string bytes;
    std::string want;
  };
  const uint64_t minus_one = ~uint64_t{0};
  const Row rows[] = {
      {"", "pprof: no data (0 bytes)"},
      {"\x12", "pprof: sample: the input ends inside this field (is it cut off?) (byte 1)"},
      {std::string("\x12\x05\x01", 3),
       "pprof: sample: the input ends inside this field (is it cut off?) (byte 1)"},
      {"<html>", "pprof: not a field tag of proto3 (is this a pprof message?) (byte 0)"},
      {std::string(11, '\xff'), "pprof: a varint is longer than ten bytes (byte 0)"},
      {V(2, 7), "pprof: sample: wire type 0 does not fit the field (byte 0)"},
      {B(9, "x"), "pprof: time_nanos: wire type 2 does not fit the field (byte 0)"},
      {kTables + B(2, V(1, 1)), "pprof: sample 0: 0 values for 1 sample types (byte 33)"},
      {kTables + B(2, V(1, 1) + V(2, 1) + V(2, 2)),
       "pprof: sample 0: 2 values for 1 sample types (byte 33)"},
      {kStrings + kLocation + kFunction + kMapping + B(2, V(1, 1)),
       "pprof: sample 0: a sample, but no sample_type (byte 27)"},
      {kTables + B(2, V(1, 0) + V(2, 1)),
       "pprof: sample 0: location_id: the id referred to is 0 or missing (byte 33)"},
      {kTables + B(2, B(1, Number(1) + Number(9)) + V(2, 1)),
       "pprof: sample 0: location_id: nothing has the id 9 (byte 36)"},
      {kTables + B(2, V(2, 1) + B(3, V(1, 2))),
       "pprof: sample 0: label: key: string 2 of a table of 2 (byte 37)"},
      {kTables + B(2, V(2, 1) + B(3, V(2, minus_one))),
       "pprof: sample 0: label: str: string -1 of a table of 2 (byte 37)"},
      {kTables + B(4, V(1, 2) + V(2, 3)),
       "pprof: location 1: mapping_id: nothing has the id 3 (byte 35)"},
      {kTables + B(4, V(1, 2) + B(4, V(1, 3))),
       "pprof: location 1: line: function_id: nothing has the id 3 (byte 37)"},
      {kTables + B(4, V(1, 2) + B(4, V(2, 3))),
       "pprof: location 1: line: the id referred to is 0 or missing (byte 37)"},
      {kTables + B(4, ""), "pprof: location 1: the id is 0 or missing (byte 33)"},
      {kTables + B(4, V(1, 1)), "pprof: location 1: the id 1 is used twice (byte 33)"},
      {kTables + B(3, V(1, 1)), "pprof: mapping 1: the id 1 is used twice (byte 33)"},
      {kTables + B(5, V(1, 0)), "pprof: function 1: the id is 0 or missing (byte 33)"},
      {kTables + B(5, V(1, 2) + V(4, 5)),
       "pprof: function 1: filename: string 5 of a table of 2 (byte 35)"},
      {kTables + B(3, V(1, 2) + B(5, "x")),
       "pprof: mapping 1: filename: wire type 2 does not fit the field (byte 35)"},
      {B(6, "x"), "pprof: string_table 0: string 0 is not empty (byte 2)"},
      {kTables + B(6, "ok\xc3"), "pprof: string_table 2: not UTF-8 (byte 35)"},
      {kTables + B(6, "\xc3") + B(6, "\xa9"), "pprof: string_table 2: not UTF-8 (byte 33)"},
      {kTables + B(6, "a") + B(6, "\xa9"), "pprof: string_table 3: not UTF-8 (byte 36)"},
      {kTables + B(6, "\xed\xa0\x80"), "pprof: string_table 2: not UTF-8 (byte 33)"},
      {V(14, 1), "pprof: default_sample_type: string 1 of a table of 1 (byte 0)"},
      {B(13, Number(0) + Number(4)), "pprof: comment: string 4 of a table of 1 (byte 3)"},
      {B(1, V(1, 1)), "pprof: sample_type 0: type: string 1 of a table of 1 (byte 2)"},
      {B(11, V(2, 1)), "pprof: period_type: unit: string 1 of a table of 1 (byte 2)"},
      {std::string("\x1f\x8b\x08", 3), "pprof: gzip: truncated header at byte 0"},
  };
  ASSERT_EQ(kTables.size(), 31u);
  for (const Row& row : rows) {
    Result<Profile> profile = DecodePprof(row.bytes);
    ASSERT_FALSE(profile.ok()) << row.want;
    EXPECT_EQ(profile.status().code(), Code::kInvalidArgument);
    EXPECT_EQ(profile.status().message(), row.want);
  }
}

TEST(PprofTest, LimitsAreNamed) {
  std::string message = kTables + B(2, B(1, Number(1) + Number(1)) + V(2, 1)) + B(2, V(2, 1));
  ASSERT_TRUE(DecodePprof(message).ok());
  auto error = [&](const DecodeLimits& limits, const std::string& bytes) {
    Result<Profile> profile = DecodePprof(bytes, limits);
    EXPECT_EQ(profile.status().code(), Code::kResourceExhausted);
    return profile.status().message();
  };
  EXPECT_EQ(error({.max_samples = 1}, message), "pprof: 2 samples are too many (limit 1)");
  EXPECT_EQ(error({.max_stack_depth = 1}, message),
            "pprof: sample 0: a stack of 2 locations is too deep (limit 1)");
  EXPECT_EQ(error({.max_bytes = 20}, message),
            fmt::format("pprof: {} bytes exceed the limit of 20", message.size()));
  EXPECT_EQ(error({.max_bytes = 20}, Gzip(message)),
            "pprof: gzip: the content exceeds the limit of 20 bytes once inflated");
}

TEST(PprofTest, FormsThatOtherProducersUse) {
  // Unpacked numbers, packed parts, a scalar twice (the last counts), a message twice (merged),
  // unknown fields, and tables in another order.
  std::string message = B(2, V(1, 5) + B(1, Number(5)) + V(2, 3) + V(99, 1)) + B(50, "skip") +
                        V(9, 1) + V(9, 2) + B(11, V(1, 1)) + B(11, V(2, 1)) + V(13, 1) +
                        B(13, Number(1)) + kStrings + B(5, V(1, 70) + V(2, 1)) +
                        B(4, B(4, V(1, 70)) + V(1, 5) + V(2, 0)) + kTypes;
  Result<Profile> p = DecodePprof(message);
  ASSERT_TRUE(p.ok()) << p.status().ToString();
  EXPECT_TRUE(ValidateProfile(*p).ok());
  EXPECT_EQ(p->Stack(0).size(), 2u);
  EXPECT_EQ(p->time_ns, 2);
  EXPECT_EQ(p->Text(p->period_type.type), "a");
  EXPECT_EQ(p->Text(p->period_type.unit), "a");
  EXPECT_EQ(p->comments.size(), 2u);
  EXPECT_EQ(p->locations[0].mapping, MappingId::kNone);
  EXPECT_EQ(p->FunctionName(p->lines[0]), "a");
}

// Ids as large and as scattered as they come, references before definitions.
TEST(PprofTest, SparseIdsBecomePositions) {
  std::string message = kTypes + kStrings;
  constexpr uint64_t kStep = uint64_t{1} << 57;
  for (uint64_t i = 1; i <= 50; ++i) {
    message += B(2, V(1, i * kStep) + V(2, i));
    message += B(4, V(1, i * kStep) + V(2, 9) + V(3, i) + B(4, V(1, ~i)));
    message += B(5, V(1, ~i) + V(2, 1) + V(5, i));
  }
  message += B(3, V(1, 9));
  Result<Profile> p = DecodePprof(message);
  ASSERT_TRUE(p.ok()) << p.status().ToString();
  for (size_t s = 0; s < 50; ++s) {
    const Location& l = p->locations[Index(p->Stack(s)[0])];
    EXPECT_EQ(l.address, s + 1);
    EXPECT_EQ(p->functions[Index(p->lines[l.lines_begin].function)].start_line,
              static_cast<int64_t>(s + 1));
  }
}

TEST(ValidateTest, NamesTheViolation) {
  struct Row {
    void (*spoil)(Profile&);
    std::string want;
  };
  const Row rows[] = {
      {[](Profile& p) { p.comments = {StringId{9999}}; }, "profile: comment 0: string 9999 of"},
      {[](Profile& p) { p.lines[1].function = FunctionId{9999}; },
       "profile: line 1: function 9999"},
      {[](Profile& p) { p.locations[2].mapping = MappingId{7}; }, "profile: location 2: mapping 7"},
      {[](Profile& p) { p.locations[2].lines_end = 9999; }, "profile: location 2: lines ["},
      {[](Profile& p) { p.sample_values.pop_back(); }, "profile: "},
      {[](Profile& p) { p.stack_ends.back()++; }, "profile: stack bounds end at"},
      {[](Profile& p) { p.stack_ends[0] = 9999; }, "profile: stack bounds fall at sample 1"},
      {[](Profile& p) { p.sample_locations[0] = LocationId{9999}; },
       "profile: sample_locations[0]"},
      {[](Profile& p) { p.labels.push_back({}); }, "profile: labels without bounds"},
      {[](Profile& p) { p.label_ends = {0}; }, "profile: 1 label bounds for"},
      {[](Profile& p) { p.sample_types.clear(); }, "profile: samples without sample type"},
  };
  for (const Row& row : rows) {
    Profile p = MakeProfile(Shape::kGo, 1);
    ASSERT_TRUE(ValidateProfile(p).ok());
    row.spoil(p);
    EXPECT_TRUE(ValidateProfile(p).message().starts_with(row.want))
        << ValidateProfile(p).ToString();
  }
}

}  // namespace
}  // namespace anneal
