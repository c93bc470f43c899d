#include "api/json_reader.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>
#include <opentelemetry/proto/collector/profiles/v1development/profiles_service.pb.h>
#include <push/v1/push.pb.h>
#include <querier/v1/querier.pb.h>

#include "api/fake_memory.h"

namespace anneal {
namespace {

using opentelemetry::proto::collector::profiles::v1development::ExportProfilesServiceRequest;
using querier::v1::SelectHeatmapRequest;
using testing::HasSubstr;

Result<std::string> ReadPush(std::string_view json, RequestMemory* memory = nullptr) {
  return ReadJson(*push::v1::PushRequest::descriptor(), json, memory);
}

// "name=value … | profile#id …" of each series.
std::string Read(std::string_view json) {
  Result<std::string> bytes = ReadPush(json);
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

TEST(JsonReaderTest, ReadsWhatProto3Allows) {
  struct Row {
    std::string_view json, request;
  };
  const Row rows[] = {
      {"{}", ""},
      {R"( {"series" : [ ] } )", ""},
      {R"({"series":null})", ""},
      {R"({"series":[{}]})", "|\n"},
      {R"({"series":[{},{"labels":[{},{"name":"a"}]}],"series":[{"labels":[{"name":"b"}]}]})",
       "|\n= a= |\nb= |\n"},
      {R"({"series":[{"labels":[{"name":"a","value":"b"},{"value":"d","name":"c"}]}]})",
       "a=b c=d |\n"},
      {R"({"series":[{"labels":[{"name":"\u00fc\n","value":null}],"samples":null}]})",
       "\xc3\xbc\n= |\n"},
      {R"({"series":[{"samples":[{"rawProfile":"YWJj","ID":"x"}]}]})", "| abc#x\n"},
      {R"({"series":[{"samples":[{"ID":"x","raw_profile":"YWJj"},{}]}]})", "| abc#x #\n"},
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

TEST(JsonReaderTest, SaysWhatIsWrong) {
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
      {R"({"series":[{"samples":[{"rawProfile":"*"}]}]})", "field `rawProfile` is no base64"},
      {R"({"series":[{"samples":[{"rawProfile":"YWJjZ"}]}]})", "no base64"},
      {R"({"series":[{"samples":[{"rawProfile":"YQ="}]}]})", "no base64"},
      {R"({"series":[{"samples":[{"rawProfile":"Y==="}]}]})", "no base64"},
      {R"({"series":[{"samples":[{"rawProfile":"YW=j"}]}]})", "no base64"},
      {R"({"series":[{"samples":[{"rawProfile":"YW Jj"}]}]})", "no base64"},
      {"{\"series\":[{\"labels\":[{\"name\":\"\xff\"}]}]}", "malformed"},
      {R"({"x":1e999})", "malformed"},
  };
  for (const Row& row : rows) {
    Result<std::string> bytes = ReadPush(row.json);
    ASSERT_FALSE(bytes.ok()) << row.json;
    EXPECT_EQ(bytes.status().code(), Code::kInvalidArgument) << row.json;
    EXPECT_THAT(bytes.status().message(), HasSubstr(row.message)) << row.json;
  }
}

TEST(JsonReaderTest, EveryPrefixIsRefused) {
  const std::string json =
      R"({"a":[{}],"series":[{"labels":[{"name":"a","value":"b"}],"samples":[{"rawProfile":"YWJj"}]}]})";
  EXPECT_EQ(Read(json), "a=b | abc#\n");
  for (size_t size = 0; size < json.size(); ++size) {
    EXPECT_FALSE(ReadPush(json.substr(0, size)).ok()) << size;
  }
}

TEST(JsonReaderTest, LargeTextsAndDeepNesting) {
  std::string known = R"({"resourceProfiles":[{"resource":{"attributes":[{"value":)";
  for (int i = 0; i < 200; ++i) known += R"({"arrayValue":{"values":[)";
  EXPECT_THAT(
      ReadJson(*ExportProfilesServiceRequest::descriptor(), known, nullptr).status().message(),
      HasSubstr("nested too deeply"));
  const std::string deep = R"({"x":)" + std::string(100'000, '[') + std::string(100'000, ']') + "}";
  EXPECT_EQ(Read(deep), "");
  const std::string text(3'000'000, 'A');
  EXPECT_EQ(Read(R"({"series":[{"samples":[{"rawProfile":")" + text + R"("}]}]})"),
            "| " + std::string(2'250'000, '\0') + "#\n");
  // The answer does not quote what it cannot read.
  EXPECT_LT(Read(R"({"series":[{"samples":[{"rawProfile":")" + text).size(), 200u);
  EXPECT_LT(Read(R"({"series":[{")" + text + R"(":)").size(), 200u);
}

// Whatever libprotobuf, which takes many times the memory, reads.
TEST(JsonReaderTest, ReadsWhatLibprotobufReads) {
  struct Row {
    const google::protobuf::Message& message;
    std::string_view json;
  };
  const ExportProfilesServiceRequest otlp;
  const SelectHeatmapRequest heatmap;
  const google::v1::Profile pprof;
  const Row rows[] = {
      {heatmap,
       R"({"start":1,"end":-9223372036854775808,"step":1.5,"groupBy":["a","b"],"limit":0})"},
      {heatmap,
       R"({"start":"9223372036854775807","end":"-1","step":"NaN","group_by":[],"limit":"7"})"},
      {heatmap, R"({"start":1.0,"end":2e3,"step":3,"queryType":"HEATMAP_QUERY_TYPE_SPAN"})"},
      {heatmap, R"({"queryType":2,"exemplarType":"UNHEARD_OF","step":"-Infinity","start":null})"},
      {heatmap, R"({"queryType":-77,"step":"1e-3","groupBy":["","\ud83d\ude00"]})"},
      {pprof, R"({"sample":[{"locationId":["1",2,3.0],"value":[-1,0,"5"]},{"value":[]},{}]})"},
      {pprof,
       R"({"mapping":[{"id":18446744073709551615,"hasFunctions":true,"hasFilenames":false}]})"},
      {pprof, R"({"stringTable":["","x"],"comment":["1",2],"period":"-3","dropFrames":"0"})"},
      {otlp,
       R"({"resourceProfiles":[{"scopeProfiles":[{"profiles":[{"samples":[{"stackIndex":2147483647,
            "values":[1,"2"],"timestampsUnixNano":["18446744073709551615",7]}],"timeUnixNano":"5",
            "profileId":"AAECAwQFBgcICQoLDA0ODw=="}]}]}]})"},
      {otlp,
       R"({"resourceProfiles":[{"resource":{"attributes":[{"key":"a","value":{"arrayValue":{"values":[
            {"stringValue":"s"},{"doubleValue":-0.0},{"boolValue":false},{"bytesValue":"fn5-"}]}}},
            {"key":"b","value":{"kvlistValue":{"values":[{"key":"c","value":{"intValue":"-5"}}]}}}]}}]})"},
      {otlp,
       R"({"dictionary":{"stackTable":[{},{"locationIndices":[1,2]}],"locationTable":[{"address":"4096",
            "lines":[{"functionIndex":1,"line":"-3"}]}],"unknown":{"lines":[{}]}}})"},
  };
  google::protobuf::util::JsonParseOptions lenient;
  lenient.ignore_unknown_fields = true;
  for (const Row& row : rows) {
    const std::unique_ptr<google::protobuf::Message> want(row.message.New()),
        got(row.message.New());
    ASSERT_TRUE(
        google::protobuf::util::JsonStringToMessage(std::string(row.json), want.get(), lenient)
            .ok())
        << row.json;
    const Result<std::string> bytes = ReadJson(*row.message.GetDescriptor(), row.json, nullptr);
    ASSERT_TRUE(bytes.ok()) << row.json << ": " << bytes.status().message();
    ASSERT_TRUE(got->ParseFromString(*bytes)) << row.json;
    EXPECT_EQ(got->SerializeAsString(), want->SerializeAsString())
        << row.json << "\n"
        << got->ShortDebugString() << "\n"
        << want->ShortDebugString();
  }
}

TEST(JsonReaderTest, RefusesNumbersThatDoNotFit) {
  const std::string_view rows[] = {
      R"({"start":9223372036854775808})",
      R"({"start":"1.5"})",
      R"({"start":1.5})",
      R"({"start":""})",
      R"({"start":" 1"})",
      R"({"start":"0x10"})",
      R"({"start":true})",
      R"({"start":[1]})",
      R"({"step":"1,5"})",
      R"({"step":"nan"})",
      R"({"step":{}})",
      R"({"queryType":2147483648})",
      R"({"queryType":1.5})",
      R"({"queryType":[]})",
      R"({"limit":-9223372036854775809})",
  };
  for (std::string_view json : rows) {
    EXPECT_FALSE(ReadJson(*SelectHeatmapRequest::descriptor(), json, nullptr).ok()) << json;
  }
  for (std::string_view id : {"-1", "18446744073709551616"}) {
    const std::string json = fmt::format(R"({{"mapping":[{{"id":{0}}}]}})", id);
    EXPECT_FALSE(ReadJson(*google::v1::Profile::descriptor(), json, nullptr).ok()) << json;
  }
}

TEST(JsonReaderTest, ClaimsWhatItTakes) {
  std::string json = R"({"dictionary":{"locationTable":[)";
  for (int i = 0; i < 20'000; ++i) {
    json += fmt::format(R"({}{{"address":"{}","lines":[{{"functionIndex":{},"line":"{}"}}]}})",
                        i == 0 ? "" : ",", i * 16, i, i % 100);
  }
  json += "]}}";
  const auto& message = *ExportProfilesServiceRequest::descriptor();
  FakeMemory enough(json.size());
  const Result<std::string> bytes = ReadJson(message, json, &enough);
  ASSERT_TRUE(bytes.ok()) << bytes.status().message();
  EXPECT_EQ(enough.held, bytes->capacity());
  EXPECT_LT(enough.most, json.size()) << "the message is less than its text";
  FakeMemory little(bytes->size() - 1);
  const Result<std::string> refused = ReadJson(message, json, &little);
  EXPECT_EQ(refused.status().code(), Code::kUnavailable);
  EXPECT_EQ(little.held, 0u);
  FakeMemory damaged(json.size());
  EXPECT_FALSE(ReadJson(message, json.substr(0, json.size() - 1), &damaged).ok());
  EXPECT_EQ(damaged.held, 0u);
}

}  // namespace
}  // namespace anneal
