#include "api/push_json.h"

#include <gmock/gmock.h>
#include <push/v1/push.pb.h>

namespace anneal {
namespace {

using testing::HasSubstr;

// "name=value … | profile#id …" of each series.
std::string Read(std::string_view json) {
  Result<std::string> bytes = PushJsonToProto(json);
  if (!bytes.ok()) return bytes.status().message();
  push::v1::PushRequest request;
  if (!request.ParseFromString(*bytes)) return "no PushRequest";
  std::string out;
  for (const auto& series : request.series()) {
    for (const auto& label : series.labels()) out += label.name() + "=" + label.value() + " ";
    out += "|";
    for (const auto& sample : series.samples())
      out += " " + sample.raw_profile() + "#" + sample.id();
    out += "\n";
  }
  return out;
}

TEST(PushJsonTest, ReadsWhatProto3Allows) {
  struct Row {
    std::string_view json, request;
  };
  const Row rows[] = {
      {"{}", ""},
      {R"( {"series" : [ ] } )", ""},
      {R"({"series":null})", ""},
      {R"({"series":[{}]})", ""},
      {R"({"series":[{},{"labels":[{},{"name":"a"}]}],"series":[{"labels":[{"name":"b"}]}]})",
       "a= |\nb= |\n"},
      {R"({"series":[{"labels":[{"name":"a","value":"b"},{"value":"d","name":"c"}]}]})",
       "a=b c=d |\n"},
      {R"({"series":[{"labels":[{"name":"\u00fc\n","value":null}],"samples":null}]})",
       "\xc3\xbc\n= |\n"},
      {R"({"series":[{"samples":[{"rawProfile":"YWJj","ID":"x"}]}]})", "| abc#x\n"},
      {R"({"series":[{"samples":[{"ID":"x","raw_profile":"YWJj"},{}]}]})", "| abc#x\n"},
      {R"({"series":[{"samples":[{"rawProfile":""}],"labels":[{"name":"a"}]}]})", "a= | #\n"},
      // Base64: padded, not padded, both alphabets.
      {R"({"series":[{"samples":[{"rawProfile":"YWI="},{"rawProfile":"YQ=="}]}]})", "| ab# a#\n"},
      {R"({"series":[{"samples":[{"rawProfile":"YWI"},{"rawProfile":"YQ"}]}]})", "| ab# a#\n"},
      {R"({"series":[{"samples":[{"rawProfile":"Pz8/"},{"rawProfile":"Pz8_"}]}]})",
       "| ???# ???#\n"},
      {R"({"series":[{"samples":[{"rawProfile":"fn5+"},{"rawProfile":"fn5-"}]}]})",
       "| ~~~# ~~~#\n"},
      {R"({"series":[{"samples":[{"rawProfile":"YWJ\u006a"}]}]})", "| abc#\n"},
      // Unknown fields, whatever is in them.
      {R"({"x":1,"y":[{"series":[{}]}],"z":{"series":[[null]]},"w":null,"series":[{"labels":[{"name":"a"}]}]})",
       "a= |\n"},
      {R"({"series":[{"annotations":[{"key":"k","value":"v"}],"samples":[{"id":5,"n":{},"ID":"x"}]}]})",
       "| #x\n"},
  };
  for (const Row& row : rows) EXPECT_EQ(Read(row.json), row.request) << row.json;
}

TEST(PushJsonTest, SaysWhatIsWrong) {
  struct Row {
    std::string_view json, message;
  };
  const Row rows[] = {
      {"[]", "a list where an object belongs"},
      {"null", "null where an object belongs"},
      {"5", "a number where an object belongs"},
      {"{", "malformed at byte"},
      {R"({"series":[]} x)", "malformed at byte 15"},
      {R"({"series":[{}])", "malformed"},
      {R"({"series":5})", "field `series` is a number"},
      {R"({"series":{}})", "field `series` is an object"},
      {R"({"series":"x"})", "field `series` is a text"},
      {R"({"series":[5]})", "a number where an object belongs"},
      {R"({"series":[null]})", "null where an object belongs"},
      {R"({"series":[[]]})", "a list where an object belongs"},
      {R"({"series":[{"labels":[true]}]})", "a truth value where an object belongs"},
      {R"({"series":[{"labels":[{"name":5}]}]})", "field `name` is a number"},
      {R"({"series":[{"labels":[{"name":{}}]}]})", "field `name` is an object"},
      {R"({"series":[{"samples":[{"rawProfile":[1]}]}]})", "field `rawProfile` is a list"},
      {R"({"series":[{"samples":[{"rawProfile":1.5}]}]})", "field `rawProfile` is a number"},
      {R"({"series":[{"samples":[{"rawProfile":"*"}]}]})", "rawProfile: no base64"},
      {R"({"series":[{"samples":[{"rawProfile":"YWJjZ"}]}]})", "no base64"},
      {R"({"series":[{"samples":[{"rawProfile":"YQ="}]}]})", "no base64"},
      {R"({"series":[{"samples":[{"rawProfile":"Y==="}]}]})", "no base64"},
      {R"({"series":[{"samples":[{"rawProfile":"YW=j"}]}]})", "no base64"},
      {R"({"series":[{"samples":[{"rawProfile":"YW Jj"}]}]})", "no base64"},
      {"{\"series\":[{\"labels\":[{\"name\":\"\xff\"}]}]}", "malformed"},
      {R"({"x":1e999})", "malformed"},
  };
  for (const Row& row : rows) {
    Result<std::string> bytes = PushJsonToProto(row.json);
    ASSERT_FALSE(bytes.ok()) << row.json;
    EXPECT_EQ(bytes.status().code(), Code::kInvalidArgument) << row.json;
    EXPECT_THAT(bytes.status().message(), HasSubstr(row.message)) << row.json;
  }
}

TEST(PushJsonTest, EveryPrefixIsRefused) {
  const std::string json =
      R"({"a":[{}],"series":[{"labels":[{"name":"a","value":"b"}],"samples":[{"rawProfile":"YWJj"}]}]})";
  EXPECT_EQ(Read(json), "a=b | abc#\n");
  for (size_t size = 0; size < json.size(); ++size) {
    EXPECT_FALSE(PushJsonToProto(json.substr(0, size)).ok()) << size;
  }
}

TEST(PushJsonTest, LargeTextsAndDeepNesting) {
  const std::string deep = R"({"x":)" + std::string(100'000, '[') + std::string(100'000, ']') + "}";
  EXPECT_EQ(Read(deep), "");
  const std::string text(3'000'000, 'A');
  EXPECT_EQ(Read(R"({"series":[{"samples":[{"rawProfile":")" + text + R"("}]}]})"),
            "| " + std::string(2'250'000, '\0') + "#\n");
  // The answer does not quote what it cannot read.
  EXPECT_LT(Read(R"({"series":[{"samples":[{"rawProfile":")" + text).size(), 200u);
  EXPECT_LT(Read(R"({"series":[{")" + text + R"(":)").size(), 200u);
}

}  // namespace
}  // namespace anneal
