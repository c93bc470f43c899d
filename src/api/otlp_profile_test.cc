#include "api/otlp_profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <protozero/pbf_writer.hpp>

#include "api/fake_memory.h"
#include "api/made_otlp.h"
#include "api/made_profile.h"

namespace anneal {
namespace {

using testing::HasSubstr;

// Labels, header and samples of each profile, or why it is refused.
std::string Read(std::string_view bytes, const Limits& limits = {}) {
  std::string out;
  Status status =
      ForEachOtlpProfile(bytes, std::nullopt, limits, nullptr, [&](Result<OtlpProfile> part) {
        if (!part.ok()) {
          out += "refused: " + part.status().message() + "\n";
          return;
        }
        const Profile& p = part->profile;
        EXPECT_TRUE(ValidateProfile(p).ok()) << ValidateProfile(p).message();
        for (const LabelPair& label : part->labels)
          out += fmt::format("{}={} ", label.name, label.value);
        out += fmt::format("{}/{} {}/{} {} {}\n", p.Text(p.sample_types[0].type),
                           p.Text(p.sample_types[0].unit), p.Text(p.period_type.type),
                           p.Text(p.period_type.unit), p.period, p.duration_ns / 1'000'000'000);
        out += anneal::Show(p);
        for (size_t i = 0; i < p.SampleCount(); ++i) {
          for (const Label& label : p.Labels(i)) {
            out +=
                fmt::format("  {} {}={}{}\n", i, p.Text(label.key), p.Text(label.str), label.num);
          }
        }
      });
  return status.ok() ? out : status.ToString();
}

TEST(OtlpProfileTest, CpuSamplesBecomeNanoseconds) {
  MadeOtlp made;
  auto& resource = made.Resource({{"service.name", "shop"}, {"host.name", "h1"}});
  auto& profile = made.Profile(resource, "samples", "count", "cpu", "nanoseconds", 10'000'000);
  made.Sample(profile, {"main", "work[go.shape.int]"}, {3});
  made.Sample(profile, {"main"}, {1, 1});
  auto& timed = made.Sample(profile, {"main"}, {});
  for (uint64_t i = 0; i < 4; ++i) timed.add_timestamps_unix_nano(i);
  EXPECT_EQ(Read(made.Bytes()),
            "service.name=shop host.name=h1 __name__=process_cpu __delta__=false __otel__=true "
            "service_name=shop cpu/nanoseconds cpu/nanoseconds 10000000 5\n"
            "main;work[go.shape.int] 30000000\nmain 20000000\nmain 40000000\n");
}

TEST(OtlpProfileTest, NamesOfOtherTypes) {
  struct Row {
    std::string type, unit, period_type, period_unit, want;
  };
  const Row kRows[] = {
      {"off_cpu", "nanoseconds", "", "", "__name__=off_cpu"},
      {"otlp_test", "count", "otlp_test", "samples", "__name__=otlp_test"},
      {"alloc_space", "bytes", "space", "bytes", "__name__=space"},
      {"samples", "count", "cpu", "cycles", "samples/count cpu/cycles"},
      {"events", "count", "", "", "__name__=events"},
  };
  for (const Row& row : kRows) {
    MadeOtlp made;
    made.Sample(
        made.Profile(made.Resource({}), row.type, row.unit, row.period_type, row.period_unit, 7),
        {"main"}, {2, 3});
    std::string text = Read(made.Bytes());
    EXPECT_THAT(text, HasSubstr(row.want));
    EXPECT_THAT(text, HasSubstr("main 5\n"));
    EXPECT_THAT(text, HasSubstr("service_name=unknown_service "));
  }
}

TEST(OtlpProfileTest, ServicesOfSamplesResourcesAndExecutables) {
  MadeOtlp made;
  auto& named = made.Resource({{"service.name", "a"}});
  auto& profile = made.Profile(named, "events", "count");
  made.Sample(profile, {"one"}, {1}).add_attribute_indices(made.Attribute("service.name", "b"));
  auto& sample = made.Sample(profile, {"two"}, {2});
  sample.add_attribute_indices(made.Attribute("thread.name", "worker"));
  sample.set_link_index(
      made.Link(std::string(15, '\0') + "\x0f", "\x01\x02\x03\x04\x05\x06\x07\xff"));
  auto& executable = made.Resource({{"process.executable.name", "prog"}});
  made.Sample(made.Profile(executable, "events", "count"), {"three"}, {3});
  EXPECT_EQ(Read(made.Bytes()),
            "service.name=a __name__=events __delta__=false __otel__=true service_name=a "
            "events/count / 0 5\ntwo 2\n  0 thread.name=worker0\n  0 span_id=01020304050607ff0\n"
            "  0 trace_id=0000000000000000000000000000000f0\n"
            "service.name=a __name__=events __delta__=false __otel__=true service_name=b "
            "events/count / 0 5\none 1\n"
            "process.executable.name=prog __name__=events __delta__=false __otel__=true "
            "service_name=unknown_service:prog events/count / 0 5\nthree 3\n");
}

TEST(OtlpProfileTest, AttributesThatBecomeLabels) {
  MadeOtlp made;
  auto& resource = made.Resource({{"x", "resource"}, {"service_name", "forged"}, {"empty", ""}});
  auto* number = resource.mutable_resource()->add_attributes();
  number->set_key("pid");
  number->mutable_value()->set_int_value(-5);
  auto* array = resource.mutable_resource()->add_attributes();
  array->set_key("one");
  array->mutable_value()->mutable_array_value()->add_values()->set_string_value("v");
  auto* two = resource.mutable_resource()->add_attributes();
  two->set_key("two");
  two->mutable_value()->mutable_array_value()->add_values()->set_int_value(1);
  two->mutable_value()->mutable_array_value()->add_values()->set_int_value(2);
  auto* flag = resource.mutable_resource()->add_attributes();
  flag->set_key("flag");
  flag->mutable_value()->set_bool_value(true);
  auto& profile = made.Profile(resource, "events", "count");
  made.Sample(profile, {"main"}, {1});
  for (const auto& [key, value] : {std::pair("x", "scope"), std::pair("y", "scope")}) {
    auto* attribute = resource.mutable_scope_profiles(0)->mutable_scope()->add_attributes();
    attribute->set_key(key);
    attribute->mutable_value()->set_string_value(value);
  }
  EXPECT_THAT(Read(made.Bytes()), HasSubstr("x=resource pid=-5 one=v y=scope __name__=events"));
}

enum class Lists { kPacked, kOneByOne };

// The same request with the fields of that layout. Takes the samples out of `made`.
std::string InLayout(OtlpLayout layout, Lists lists, MadeOtlp& made) {
  const bool is_old = layout == OtlpLayout::kOld;
  const uint32_t values = is_old ? 2 : 4, attributes = is_old ? 3 : 2, link = is_old ? 4 : 3;
  auto* resource = made.request.mutable_resource_profiles(0);
  auto* profile = resource->mutable_scope_profiles(0)->mutable_profiles(0);
  std::vector<otlp::Sample> samples(profile->samples().begin(), profile->samples().end());
  profile->clear_samples();
  std::string bytes = profile->SerializeAsString();
  for (const otlp::Sample& sample : samples) {
    std::string old;
    protozero::pbf_writer writer(old);
    writer.add_int32(1, sample.stack_index());
    if (lists == Lists::kPacked) {
      writer.add_packed_int64(values, sample.values().begin(), sample.values().end());
      writer.add_packed_int32(attributes, sample.attribute_indices().begin(),
                              sample.attribute_indices().end());
    } else {
      for (int64_t value : sample.values()) writer.add_int64(values, value);
      for (int32_t index : sample.attribute_indices()) writer.add_int32(attributes, index);
    }
    if (sample.link_index() != 0) writer.add_int32(link, sample.link_index());
    protozero::pbf_writer(bytes).add_message(2, old);
  }
  std::string scope, profiles, request = [&] {
    otlp::ExportProfilesServiceRequest dictionary;
    *dictionary.mutable_dictionary() = made.request.dictionary();
    return dictionary.SerializeAsString();
  }();
  protozero::pbf_writer(scope).add_message(2, bytes);
  profiles = "";
  if (resource->has_resource()) {
    protozero::pbf_writer(profiles).add_message(1, resource->resource().SerializeAsString());
  }
  protozero::pbf_writer(profiles).add_message(2, scope);
  protozero::pbf_writer(request).add_message(1, profiles);
  return request;
}

// Java's agent does not pack lists of one number.
TEST(OtlpProfileTest, KnowsTheFieldsOfTheVersionBefore) {
  for (int variant = 0; variant < 12; ++variant) {
    const int what = variant % 3;
    const int64_t value = variant < 6 ? 5 : 10'000'000;
    MadeOtlp made;
    auto& profile = made.Profile(made.Resource({{"service.name", "a"}}), "events", "count");
    auto& sample = made.Sample(profile, {"main", "work"}, {value});
    if (what > 0) sample.add_attribute_indices(made.Attribute("k", "v"));
    if (what > 1) sample.set_link_index(made.Link(std::string(16, 'a'), std::string(8, 'b')));
    const std::string want = Read(made.Bytes());
    ASSERT_THAT(want, HasSubstr(fmt::format("main;work {}\n", value)));
    const auto layout = variant % 6 < 3 ? OtlpLayout::kOld : OtlpLayout::kCurrent;
    MadeOtlp again = made;
    EXPECT_EQ(Read(InLayout(layout, Lists::kPacked, made)), want) << variant;
    // Small numbers could be indices as well.
    if (what == 0 || value > 5) {
      EXPECT_EQ(Read(InLayout(layout, Lists::kOneByOne, again)), want) << variant;
    }
  }
}

// Some producers leave the empty entries out.
TEST(OtlpProfileTest, IndexZeroIsAnEntryLikeOthers) {
  MadeOtlp made;
  auto* d = made.request.mutable_dictionary();
  d->Clear();
  d->add_string_table("");
  for (const char* text : {"events", "count", "main", "work"}) d->add_string_table(text);
  for (int i = 0; i < 2; ++i) {
    d->add_function_table()->set_name_strindex(3 + i);
    auto* line = d->add_location_table()->add_lines();
    line->set_function_index(i);
    line->set_line(7);
  }
  d->add_stack_table()->add_location_indices(1);
  d->mutable_stack_table(0)->add_location_indices(0);
  auto& profile = *made.Resource({}).add_scope_profiles()->add_profiles();
  profile.mutable_sample_type()->set_type_strindex(1);
  profile.mutable_sample_type()->set_unit_strindex(2);
  profile.add_samples()->add_values(4);
  EXPECT_THAT(Read(made.Bytes()), HasSubstr("events/count / 0 10\nmain;work 4\n"));
}

TEST(OtlpProfileTest, MappingsAndBareLocations) {
  MadeOtlp made;
  auto& profile = made.Profile(made.Resource({}), "events", "count");
  made.Sample(profile, {"main"}, {1});
  bool seen = false;
  ASSERT_TRUE(
      ForEachOtlpProfile(made.Bytes(), std::nullopt, {}, nullptr, [&](Result<OtlpProfile> part) {
        seen = true;
        const Profile& p = part->profile;
        ASSERT_EQ(p.mappings.size(), 1u);
        EXPECT_EQ(p.Text(p.mappings[0].build_id), "abc123");
        EXPECT_EQ(p.Text(p.mappings[0].file), "/bin/main");
        EXPECT_TRUE(p.mappings[0].has_functions);
      }).ok());
  EXPECT_TRUE(seen);
  auto* d = made.request.mutable_dictionary();
  auto* bare = d->add_location_table();
  bare->set_mapping_index(1);
  bare->set_address(0x1234);
  d->add_stack_table()->add_location_indices(d->location_table_size() - 1);
  auto* sample = profile.add_samples();
  sample->set_stack_index(d->stack_table_size() - 1);
  sample->add_values(2);
  ASSERT_TRUE(
      ForEachOtlpProfile(made.Bytes(), std::nullopt, {}, nullptr, [&](Result<OtlpProfile> part) {
        const Profile& p = part->profile;
        EXPECT_FALSE(p.mappings[0].has_functions);
        EXPECT_EQ(p.locations.back().address, 0x1234u);
      }).ok());
}

TEST(OtlpProfileTest, RefusesWhatCannotBe) {
  EXPECT_THAT(Read(""), HasSubstr("no resource_profiles"));
  MadeOtlp made;
  auto& resource = made.Resource({});
  otlp::ExportProfilesServiceRequest bare;
  *bare.add_resource_profiles() = resource;
  EXPECT_THAT(Read(bare.SerializeAsString()), HasSubstr("no dictionary"));
  EXPECT_THAT(Read("\xff\xff"), HasSubstr("invalid_argument"));
  auto& good = made.Profile(resource, "events", "count");
  made.Sample(good, {"main"}, {1});
  made.Sample(made.Profile(resource, "events", "count"), {"a"}, {1}).set_stack_index(77);
  made.Sample(made.Profile(resource, "events", "count"), {"a"}, {1}).add_attribute_indices(78);
  made.Sample(made.Profile(resource, "events", "count"), {"a"}, {1}).set_link_index(-1);
  made.Profile(resource, "events", "count").mutable_sample_type()->set_type_strindex(1000);
  made.Sample(*resource.mutable_scope_profiles(0)->mutable_profiles(4), {"a"}, {1});
  made.Sample(made.Profile(resource, "events", "count"), {"a"}, {});
  std::string text = Read(made.Bytes());
  EXPECT_THAT(text, HasSubstr("neither values nor timestamps_unix_nano"));
  EXPECT_THAT(text, HasSubstr("main 1\n"));
  EXPECT_THAT(text, HasSubstr("refused: otlp: index 77 of stack_table"));
  EXPECT_THAT(text, HasSubstr("refused: otlp: index 78 of attribute_table"));
  EXPECT_THAT(text, HasSubstr("of link_table"));
  EXPECT_THAT(text, HasSubstr("index 1000 of string_table"));
}

TEST(OtlpProfileTest, EveryPrefixIsAnswered) {
  MadeOtlp made;
  auto& resource = made.Resource({{"service.name", "shop"}});
  auto& profile = made.Profile(resource, "samples", "count", "cpu", "nanoseconds", 10);
  auto& sample = made.Sample(profile, {"main", "work"}, {3});
  sample.add_attribute_indices(made.Attribute("k", "v"));
  sample.set_link_index(made.Link(std::string(16, 'a'), std::string(8, 'b')));
  const std::string bytes = made.Bytes();
  for (size_t size = 0; size < bytes.size(); ++size) {
    std::string text = Read(std::string_view(bytes).substr(0, size));
    EXPECT_EQ(text.find("main;work 30"), std::string::npos) << size;
  }
}

TEST(OtlpProfileTest, ASharedStackMayNotBecomeVeryMany) {
  MadeOtlp made;
  auto& profile = made.Profile(made.Resource({}), "events", "count");
  made.Sample(profile, std::vector<std::string>(10'000, "f"), {1});
  const otlp::Sample one = profile.samples(0);
  for (int i = 0; i < 1000; ++i) *profile.add_samples() = one;
  Limits limits;
  limits.max_body_bytes = 1 << 20;
  EXPECT_THAT(Read(made.Bytes(), limits), HasSubstr("exceed limits.body"));
  limits.max_body_bytes = 0;
  limits.max_stack_depth = 2;
  EXPECT_THAT(Read(made.Bytes(), limits), HasSubstr("\nf;f 1\nf;f 1\n"));
  limits.max_samples = 1000;
  EXPECT_THAT(Read(made.Bytes(), limits), HasSubstr("limits.samples"));
}

// A short request may refer to a long stack very often.
TEST(OtlpProfileTest, ClaimsWhatProfilesTake) {
  constexpr size_t kDepth = 500, kSamples = 2000;
  MadeOtlp made;
  auto& profile = made.Profile(made.Resource({}), "samples", "count", "cpu", "nanoseconds", 1);
  auto& sample = made.Sample(profile, std::vector<std::string>(kDepth, "f"), {1});
  for (size_t i = 1; i < kSamples; ++i) *profile.add_samples() = sample;
  const std::string bytes = made.Bytes();
  constexpr size_t kStacks = kDepth * kSamples * sizeof(LocationId);
  ASSERT_LT(bytes.size(), kStacks / 10);
  size_t refused = 0;
  auto count = [&](const Result<OtlpProfile>& part) {
    if (part.ok()) return;
    EXPECT_EQ(part.status().code(), Code::kUnavailable);
    ++refused;
  };
  FakeMemory enough(4 * kStacks);
  ASSERT_TRUE(ForEachOtlpProfile(bytes, std::nullopt, {}, &enough, count).ok());
  EXPECT_EQ(refused, 0u);
  EXPECT_GT(enough.most, kStacks);
  FakeMemory little(kStacks);
  ASSERT_TRUE(ForEachOtlpProfile(bytes, std::nullopt, {}, &little, count).ok());
  EXPECT_EQ(refused, 1u);
  FakeMemory none(kSamples);
  EXPECT_EQ(ForEachOtlpProfile(bytes, std::nullopt, {}, &none, count).code(), Code::kUnavailable);
}

}  // namespace
}  // namespace anneal
