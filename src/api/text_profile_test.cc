#include "api/text_profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "profile/folded.h"

namespace anneal {
namespace {

// "service metric type/unit period: stacks" of each.
std::string Show(const Result<std::vector<TextProfile>>& profiles) {
  if (!profiles.ok()) return profiles.status().ToString();
  std::string out;
  for (const TextProfile& text : *profiles) {
    const Profile& p = text.profile;
    out += fmt::format("{} {} {}/{} {}/{} {}: {}", text.service, text.metric,
                       p.Text(p.sample_types[0].type), p.Text(p.sample_types[0].unit),
                       p.Text(p.period_type.type), p.Text(p.period_type.unit), p.period,
                       EncodeFolded(p, 0));
  }
  return out;
}

TEST(TextProfileTest, TheSuffixNamesTheType) {
  const std::pair<std::string_view, std::string_view> kRows[] = {
      {"shop", "shop process_cpu cpu/nanoseconds cpu/nanoseconds 20000000: a 60000000\n"},
      {"shop.cpu", "shop process_cpu cpu/nanoseconds cpu/nanoseconds 20000000: a 60000000\n"},
      {"a.b.wall", "a.b wall wall/nanoseconds wall/nanoseconds 20000000: a 60000000\n"},
      {"a.inuse_space", "a memory inuse_space/bytes space/bytes 1: a 3\n"},
      {"a.alloc_objects", "a memory alloc_objects/count space/bytes 1: a 3\n"},
      {"a.mutex_duration", "a mutex delay/nanoseconds contentions/count 1: a 3\n"},
      {"a.goroutines", "a goroutines goroutine/count goroutine/count 1: a 3\n"},
      {"my.service",
       "my.service process_cpu cpu/nanoseconds cpu/nanoseconds 20000000: a 60000000\n"},
      {".cpu", ".cpu process_cpu cpu/nanoseconds cpu/nanoseconds 20000000: a 60000000\n"},
      {"mycpu", "mycpu process_cpu cpu/nanoseconds cpu/nanoseconds 20000000: a 60000000\n"},
  };
  for (const auto& [service, want] : kRows) {
    EXPECT_EQ(
        Show(DecodeTextProfiles({.body = "a 3", .service = service, .sample_rate_hz = 50}, {})),
        want);
  }
}

TEST(TextProfileTest, SpeedscopesUnitsAreItsOwn) {
  auto file = [](std::string_view unit) {
    return fmt::format(
        R"({{"$schema":"https://www.speedscope.app/file-format-schema.json","shared":{{"frames":)"
        R"([{{"name":"a"}}]}},"profiles":[{{"type":"sampled","name":"n","unit":"{}","samples":[[0]],)"
        R"("weights":[3]}}]}})",
        unit);
  };
  struct Row {
    std::string_view service, unit, want;
  };
  const Row kRows[] = {
      {"s", "none", "s process_cpu cpu/nanoseconds cpu/nanoseconds 20000000: a 60000000\n"},
      {"s", "milliseconds", "s process_cpu cpu/nanoseconds cpu/nanoseconds 20000000: a 3000000\n"},
      {"s.wall", "seconds", "s wall wall/nanoseconds wall/nanoseconds 20000000: a 3000000000\n"},
      {"s", "bytes", "s memory inuse_space/bytes space/bytes 1: a 3\n"},
      {"s.alloc_space", "bytes", "s memory alloc_space/bytes space/bytes 1: a 3\n"},
      {"s.alloc_objects", "none", "s memory alloc_objects/count space/bytes 1: a 3\n"},
  };
  for (const Row& row : kRows) {
    const std::string json = file(row.unit);
    EXPECT_EQ(Show(DecodeTextProfiles({.format = IngestFormat::kSpeedscope,
                                       .body = json,
                                       .service = row.service,
                                       .sample_rate_hz = 50},
                                      {})),
              row.want);
  }
}

TEST(TextProfileTest, LimitsNameTheirSetting) {
  Limits limits;
  limits.max_samples = 1;
  Result<std::vector<TextProfile>> refused =
      DecodeTextProfiles({.body = "a 1\nb 1", .service = "s"}, limits);
  EXPECT_EQ(refused.status().code(), Code::kInvalidArgument);
  EXPECT_THAT(refused.status().message(), testing::HasSubstr("limits.samples"));
}

}  // namespace
}  // namespace anneal
