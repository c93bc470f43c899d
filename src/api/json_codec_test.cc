#include "api/json_codec.h"

#include <gtest/gtest.h>

namespace anneal {
namespace {

constexpr std::string_view kMessage = "querier.v1.SelectMergeStacktracesRequest";

// Through bytes and back: what was understood.
std::string Understood(std::string_view json) {
  Result<std::string> bytes = JsonToProto(kMessage, json);
  if (!bytes.ok()) return "error: " + bytes.status().message();
  Result<std::string> back = ProtoToJson(kMessage, *bytes);
  return back.ok() ? *back : "error: " + back.status().message();
}

TEST(JsonCodecTest, ReadsBothNameStylesAndNumbersAsStrings) {
  const std::string kExpected =
      R"({"profileTypeID":"x","labelSelector":"{}","start":"1","end":"2"})";
  EXPECT_EQ(Understood(R"({"profileTypeID":"x","labelSelector":"{}","start":1,"end":2})"),
            kExpected);
  EXPECT_EQ(Understood(R"({"profile_typeID":"x","label_selector":"{}","start":"1","end":"2"})"),
            kExpected);
  EXPECT_EQ(Understood(
                R"( {"profileTypeID":"x","labelSelector":"{}","start":1.0,"end":2e0,"zzz":[{}]} )"),
            kExpected);
  EXPECT_EQ(Understood("{}"), "{}");
  EXPECT_EQ(*ProtoToJson("google.v1.Profile", ""), "{}") << "zero fields are left out";
  EXPECT_EQ(Understood(R"({"format":"PROFILE_FORMAT_PPROF"})"),
            R"({"format":"PROFILE_FORMAT_PPROF"})");
  EXPECT_EQ(Understood(R"({"format":"PROFILE_FORMAT_FUNCTIONS"})"), "{}");
  EXPECT_EQ(Understood(R"({"format":4})"), R"({"format":"PROFILE_FORMAT_PPROF"})");
  EXPECT_EQ(Understood(R"({"maxNodes":"9223372036854775807"})"),
            R"({"maxNodes":"9223372036854775807"})");
}

TEST(JsonCodecTest, RefusesHostileJson) {
  const std::string kRows[] = {"",
                               " ",
                               "null",
                               "[]",
                               "1",
                               "\"x\"",
                               "{",
                               "}",
                               "{}x",
                               R"({"start":"now-1h"})",
                               R"({"start":1.5})",
                               R"({"start":true})",
                               R"({"start":99999999999999999999})",
                               R"({"start":{}})",
                               R"({"labelSelector":5})",
                               R"({"labelSelector":["{}"]})",
                               "{\"labelSelector\":\"\xff\"}",
                               "{'start':}"};
  for (const std::string& json : kRows) {
    Result<std::string> bytes = JsonToProto(kMessage, json);
    EXPECT_FALSE(bytes.ok()) << json.substr(0, 80);
    EXPECT_EQ(bytes.status().code(), Code::kInvalidArgument) << json.substr(0, 80);
  }
}

TEST(JsonCodecTest, DeepNestingDoesNotOverflowTheStack) {
  std::string deep = R"({"zzz":)" + std::string(100'000, '[') + std::string(100'000, ']') + "}";
  EXPECT_EQ(Understood(deep), "{}");
  EXPECT_THAT(Understood(deep.substr(0, 100'000)), testing::StartsWith("error: "));
}

TEST(JsonCodecTest, EveryPrefixIsRefused) {
  const std::string kWhole =
      R"({"profileTypeID":"x","start":"1","stackTraceSelector":{"goPgo":{"keepLocations":5}}})";
  for (size_t size = 0; size < kWhole.size(); ++size) {
    EXPECT_FALSE(JsonToProto(kMessage, kWhole.substr(0, size)).ok()) << size;
  }
  EXPECT_EQ(Understood(kWhole), kWhole);
}

}  // namespace
}  // namespace anneal
