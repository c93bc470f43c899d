#include "profile/speedscope.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "profile/folded.h"

namespace anneal {
namespace {

using testing::HasSubstr;

constexpr std::string_view kHead =
    R"({"$schema":"https://www.speedscope.app/file-format-schema.json","exporter":"x@1",)"
    R"("activeProfileIndex":0,"name":null,"other":[[{"shared":[1]}],true],)";
constexpr std::string_view kFrames =
    R"("shared":{"frames":[{"name":"main","file":"m.rb","line":3,"col":null},{"name":"work"},)"
    R"({"name":"main"}],"more":{}},)";

std::string File(std::string_view profiles, std::string_view frames = kFrames) {
  return fmt::format("{}{}\"profiles\":[{}]}}", kHead, frames, profiles);
}

// "name unit: stacks" of each profile, or the error.
std::string Show(const Result<std::vector<SpeedscopeProfile>>& file) {
  if (!file.ok()) return file.status().ToString();
  std::string out;
  for (const SpeedscopeProfile& entry : *file) {
    EXPECT_TRUE(ValidateProfile(entry.profile).ok());
    const ValueType& type = entry.profile.sample_types[0];
    out += fmt::format("{} {}/{}\n{}", entry.name, entry.profile.Text(type.type),
                       entry.profile.Text(type.unit), EncodeFolded(entry.profile, 0));
  }
  return out;
}

constexpr std::string_view kSampled =
    R"({"type":"sampled","name":"cpu","unit":"milliseconds","startValue":0,"endValue":9,)"
    R"("samples":[[0,1],[0],[0,1],[]],"weights":[1.5,2,1,0]})";
constexpr std::string_view kEvented =
    R"({"type":"evented","name":"t1","unit":"seconds","startValue":1,"endValue":10,"events":[)"
    R"({"type":"O","frame":2,"at":1},{"type":"O","frame":1,"at":2.5},{"type":"C","frame":1,"at":4},)"
    R"({"type":"O","frame":1,"at":8},{"at":8,"type":"C","frame":1}]})";

TEST(SpeedscopeTest, ReadsBothKindsOfProfiles) {
  const std::string file = File(std::string(kSampled) + "," + std::string(kEvented));
  Result<std::vector<SpeedscopeProfile>> decoded = DecodeSpeedscope(file);
  EXPECT_EQ(Show(decoded),
            "cpu time/nanoseconds\nmain 2000000\nmain;work 2500000\n"
            "t1 time/nanoseconds\nmain 7500000000\nmain;work 1500000000\n");
  const Profile& profile = decoded->at(0).profile;
  bool has_line = false;
  for (const Line& line : profile.lines) {
    const Function& function = profile.functions[Index(line.function)];
    has_line = has_line || (profile.Text(function.file) == "m.rb" && line.line == 3);
  }
  EXPECT_TRUE(has_line);
}

TEST(SpeedscopeTest, Units) {
  const std::pair<std::string_view, std::string_view> kUnits[] = {
      {"none", "samples/count\nmain 3\n"},
      {"bytes", "space/bytes\nmain 3\n"},
      {"nanoseconds", "time/nanoseconds\nmain 3\n"},
      {"microseconds", "time/nanoseconds\nmain 3000\n"},
      {"fortnights", "unit `fortnights`"},
      {"", "samples/count\nmain 3\n"},
  };
  for (const auto& [unit, want] : kUnits) {
    EXPECT_THAT(Show(DecodeSpeedscope(File(fmt::format(
                    R"({{"type":"sampled","unit":"{}","samples":[[0]],"weights":[3]}})", unit)))),
                HasSubstr(std::string(want)));
  }
}

TEST(SpeedscopeTest, RefusesWhatCannotBe) {
  struct Row {
    std::string json;
    std::string_view message;
  };
  const Row kRows[] = {
      {"", "no JSON"},
      {"[]", "object or array"},
      {"{}", "$schema"},
      {R"({"$schema":"https://example.com"})", "$schema is `https://example.com`"},
      {File(""), "no profiles"},
      {File("{}"), "without a type"},
      {File("3"), "number where"},
      {File(R"({"type":"other"})"), "neither sampled nor evented"},
      {File(R"({"type":"sampled","samples":[[0]],"weights":[]})"), "1 samples, but 0 weights"},
      {File(R"({"type":"sampled","samples":[[3]],"weights":[1]})"), "sample 0 names frame 3 of 3"},
      {File(R"({"type":"sampled","samples":[[-1]],"weights":[1]})"), "index of a frame"},
      {File(R"({"type":"sampled","samples":[[0.5]],"weights":[1]})"), "index of a frame"},
      {File(R"({"type":"sampled","samples":[["a"]],"weights":[1]})"), "text where"},
      {File(R"({"type":"sampled","samples":[[[0]]],"weights":[1]})"), "object or array"},
      {File(R"({"type":"sampled","samples":[[null]],"weights":[1]})"), "a null"},
      {File(R"({"type":"evented","events":[{"type":"O","frame":0}]})"),
       "without type, at or frame"},
      {File(R"({"type":"evented","events":[{"type":"X","frame":0,"at":1}]})"), "neither opens"},
      {File(R"({"type":"evented","events":[{"type":"C","frame":0,"at":1}]})"), "not the last one"},
      {File(R"({"type":"evented","events":[{"type":"O","frame":9,"at":1}]})"), "names frame 9"},
      {File(
           R"({"type":"evented","events":[{"type":"O","frame":0,"at":2},{"type":"C","frame":0,"at":1}]})"),
       "before the one before"},
      {File("", R"("shared":{"frames":[{}]},)"), "frame without a name"},
  };
  for (const Row& row : kRows) {
    Result<std::vector<SpeedscopeProfile>> file = DecodeSpeedscope(row.json);
    EXPECT_EQ(file.status().code(), Code::kInvalidArgument) << row.json;
    EXPECT_THAT(file.status().message(), HasSubstr(std::string(row.message))) << row.json;
  }
}

TEST(SpeedscopeTest, NoPrefixIsAFile) {
  const std::string file = File(std::string(kSampled) + "," + std::string(kEvented));
  for (size_t size = 0; size < file.size(); ++size) {
    EXPECT_FALSE(DecodeSpeedscope(std::string_view(file).substr(0, size)).ok()) << size;
  }
}

TEST(SpeedscopeTest, StaysWithinTheLimits) {
  std::string events;
  for (int i = 0; i < 20'000; ++i) {
    events += fmt::format(R"({}{{"type":"O","frame":0,"at":{}}})", i == 0 ? "" : ",", i);
  }
  const std::string deep =
      File(fmt::format(R"({{"type":"evented","endValue":20000,"events":[{}]}})", events));
  EXPECT_EQ(DecodeSpeedscope(deep, {.max_bytes = 4 << 20}).status().code(),
            Code::kResourceExhausted);
  EXPECT_EQ(DecodeSpeedscope(deep, {.max_samples = 100}).status().code(), Code::kResourceExhausted);
  EXPECT_EQ(Show(DecodeSpeedscope(deep, {.max_bytes = 4 << 20, .max_stack_depth = 2})),
            " samples/count\nmain 1\nmain;main 19999\n");
  EXPECT_FALSE(DecodeSpeedscope(std::string(200'000, '[')).ok());
  EXPECT_FALSE(DecodeSpeedscope(std::string(kHead) + "\"x\":" + std::string(200'000, '[')).ok());
}

}  // namespace
}  // namespace anneal
