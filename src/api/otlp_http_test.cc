#include "api/otlp_http.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>

#include "api/api_fixture.h"
#include "api/fake_memory.h"
#include "api/made_otlp.h"
#include "api/otlp_message.h"
#include "profile/compress.h"

namespace anneal {
namespace {

using testing::HasSubstr;

class OtlpHttpTest : public ApiFixture {
 protected:
  static constexpr std::string_view kType = "application/x-protobuf";

  static MadeOtlp Request(int64_t value = 3) {
    MadeOtlp made;
    auto& profile = made.Profile(made.Resource({{"service.name", "shop"}, {"host.name", "h"}}),
                                 "samples", "count", "cpu", "nanoseconds", 10'000'000);
    made.Sample(profile, {"main", "work"}, {value})
        .set_link_index(made.Link(std::string(15, '\0') + "\x01", std::string(7, '\0') + "\x02"));
    return made;
  }
};

TEST_F(OtlpHttpTest, StoresWhatIsExported) {
  HttpResponse response = Post(kOtlpPath, kType, Request().Bytes());
  EXPECT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(response.headers.Get("Content-Type"), kType);
  EXPECT_EQ(response.body, "");
  ASSERT_EQ(store.stored.size(), 1u);
  EXPECT_EQ(ToString(store.stored[0].labels),
            "{__name__=\"process_cpu\", __otel__=\"true\", __period_type__=\"cpu\", "
            "__period_unit__=\"nanoseconds\", "
            "__profile_type__=\"process_cpu:cpu:nanoseconds:cpu:nanoseconds\", "
            "__service_name__=\"shop\", __type__=\"cpu\", __unit__=\"nanoseconds\", "
            "host.name=\"h\", service.name=\"shop\", service_name=\"shop\"}");
  EXPECT_EQ(Show(store.stored[0].profile), "main;work 30000000\n");
  EXPECT_EQ(store.stored[0].time_ns, kNowNs);
  EXPECT_EQ(store.stored[0].duration_ns, 5 * kSecondNs);
  // Again: one and the same. Another value: another profile.
  EXPECT_EQ(Post(kOtlpPath, kType, Request().Bytes()).status, 200);
  EXPECT_EQ(store.stored.size(), 1u);
  EXPECT_EQ(Post(kOtlpPath, "application/protobuf", Request(4).Bytes()).status, 200);
  EXPECT_EQ(store.stored.size(), 2u);
}

TEST_F(OtlpHttpTest, SaysHowManyTheStoreRefused) {
  MadeOtlp made;
  for (std::string_view service : {"a", "b", "c"}) {
    made.Sample(made.Profile(made.Resource({{"service.name", std::string(service)}}), "t", "u"),
                {"main"}, {1});
  }
  store.refuse = [](const ProfileWrite& write) {
    return FindLabel(write.labels, "service_name") == "b" ? InvalidArgument("too old") : Status();
  };
  HttpResponse response = Post(kOtlpPath, kType, made.Bytes());
  EXPECT_EQ(response.status, 200) << response.body;
  otlp::ExportProfilesServiceResponse answer;
  ASSERT_TRUE(answer.ParseFromString(response.body));
  EXPECT_EQ(answer.partial_success().rejected_profiles(), 1);
  EXPECT_EQ(answer.partial_success().error_message(), "too old");
  EXPECT_EQ(store.stored.size(), 2u);
  store.refuse = [](const ProfileWrite&) { return InvalidArgument("too old"); };
  EXPECT_EQ(Post(kOtlpPath, kType, made.Bytes()).status, 400) << "all of them";
}

// A stack that many samples name is written out for each.
TEST_F(OtlpHttpTest, WhatItMakesOfATableIsClaimed) {
  MadeOtlp made;
  auto& profile = made.Profile(made.Resource({{"service.name", "shop"}}), "t", "u");
  made.Sample(profile, std::vector<std::string>(1000, "main"), {1});
  for (int i = 1; i < 1000; ++i) *profile.add_samples() = profile.samples(0);
  auto push = [&](size_t limit) {
    HttpRequest request{.method = "POST", .target = std::string(kOtlpPath), .body = made.Bytes()};
    request.headers.Add("Content-Type", std::string(kType));
    auto memory = std::make_shared<FakeMemory>(limit);
    request.memory = memory;
    const int status = Send(std::move(request)).status;
    return std::pair(status, memory->most);
  };
  EXPECT_LT(8 * made.Bytes().size(), size_t{1} << 20) << "what its bytes alone would be taken for";
  EXPECT_EQ(push(size_t{1} << 20).first, 503) << "to be sent again: nothing is wrong with it";
  EXPECT_EQ(store.stored.size(), 0u);
  auto [status, most] = push(size_t{64} << 20);
  EXPECT_EQ(status, 200);
  EXPECT_GT(most, 1000 * 1000 * sizeof(LocationId));
  EXPECT_LT(most, size_t{32} << 20);
}

TEST_F(OtlpHttpTest, TakesJsonAndGzip) {
  std::string json;
  ASSERT_TRUE(google::protobuf::util::MessageToJsonString(Request().request, &json).ok());
  HttpRequest request{.method = "POST", .target = std::string(kOtlpPath)};
  request.headers.Add("Content-Type", "application/json");
  request.headers.Add("Content-Encoding", "gzip");
  request.body = Gzip(json);
  HttpResponse response = Send(request);
  EXPECT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(response.headers.Get("Content-Type"), kType) << "as in Pyroscope";
  ASSERT_EQ(store.stored.size(), 1u);
  EXPECT_EQ(Show(store.stored[0].profile), "main;work 30000000\n");
}

// JSON says by name which field is which, in any order: that one sample's values come before its
// link, or that it has values alone, does not make it one of protocol 1.9.
TEST_F(OtlpHttpTest, FieldsOfJsonAreTakenByName) {
  constexpr std::string_view kExport =
      "/opentelemetry.proto.collector.profiles.v1development.ProfilesService/Export";
  constexpr std::string_view kRequest =
      R"({{"resourceProfiles":[{{"scopeProfiles":[{{"profiles":[{{"samples":[{}],)"
      R"("sampleType":{{"typeStrindex":1,"unitStrindex":2}}}}]}}]}}],"dictionary":{{)"
      R"("mappingTable":[{{}}],"locationTable":[{{}},{{"lines":[{{"functionIndex":1}}]}}],)"
      R"("functionTable":[{{}},{{"nameStrindex":3}}],"linkTable":[{{}},{{}}],)"
      R"("stackTable":[{{}},{{"locationIndices":[1]}}],)"
      R"("attributeTable":[{{}},{{"keyStrindex":3,"value":{{"stringValue":"v"}}}}],)"
      R"("stringTable":["","events","count","main"]}}}})";
  for (std::string_view sample : {
           R"({"stackIndex":1,"values":["3"]})",
           R"({"values":[3],"linkIndex":1,"stackIndex":1})",
           R"({"stack_index":1,"link_index":1,"values":[3]})",
           R"({"stackIndex":1,"attributeIndices":[1],"values":["3"]})",
           R"({"stackIndex":1,"values":["1","2"],"attributeIndices":[1]})",
           R"({"stackIndex":1,"timestampsUnixNano":["7","8","9"]})",
       }) {
    for (std::string_view path : {kOtlpPath, kExport}) {
      store.stored.clear();
      HttpResponse response =
          Post(path, "application/json", fmt::format(fmt::runtime(kRequest), sample));
      EXPECT_EQ(response.status, 200) << sample << response.body;
      ASSERT_EQ(store.stored.size(), 1u) << sample;
      EXPECT_EQ(Show(store.stored[0].profile), "main:0 3\n") << sample;
    }
  }
}

// OTLP's JSON has ids as hex digits.
// Nothing but values: what tells the protocol's versions apart must not come from the conversion.
TEST_F(OtlpHttpTest, JsonWithValuesAlone) {
  MadeOtlp made;
  auto& profile = made.Profile(made.Resource({{"service.name", "shop"}}), "otlp_test", "count",
                               "otlp_test", "samples", 1);
  made.Sample(profile, {"main", "work"}, {10});
  made.Sample(profile, {"main"}, {20});
  std::string json;
  ASSERT_TRUE(google::protobuf::util::MessageToJsonString(made.request, &json).ok());
  const HttpResponse response = Post(kOtlpPath, "application/json", json);
  EXPECT_EQ(response.status, 200) << response.body;
  EXPECT_THAT(Stored(), HasSubstr("main 20\nmain;work 10\n"));
}

TEST_F(OtlpHttpTest, IdsOfJson) {
  for (const char* id : {"AAAAAAAAAAI=", "0000000000000002"}) {
    Result<std::string> bytes = JsonToProto("opentelemetry.proto.profiles.v1development.Link",
                                            fmt::format(R"({{"spanId":"{}"}})", id));
    ASSERT_TRUE(bytes.ok());
    Result<OtlpLink> link = ReadOtlpLink(*bytes);
    ASSERT_TRUE(link.ok());
    EXPECT_EQ(link->span_id, "0000000000000002") << id;
  }
}

TEST_F(OtlpHttpTest, TimesOf1970AreNow) {
  for (uint64_t time : {uint64_t{0}, uint64_t{86'400'000'000'000}}) {
    store.stored.clear();
    MadeOtlp made = Request();
    auto* profile = made.request.mutable_resource_profiles(0)->mutable_scope_profiles(0);
    profile->mutable_profiles(0)->set_time_unix_nano(time);
    profile->mutable_profiles(0)->set_duration_nano(0);
    EXPECT_EQ(Post(kOtlpPath, kType, made.Bytes()).status, 200);
    ASSERT_EQ(store.stored.size(), 1u);
    EXPECT_EQ(store.stored[0].time_ns, kNowNs);
    EXPECT_EQ(store.stored[0].duration_ns, 10 * kSecondNs);
  }
}

TEST_F(OtlpHttpTest, TellsOfProfilesRefusedBesideOthers) {
  MadeOtlp made = Request();
  auto& resource = *made.request.mutable_resource_profiles(0);
  made.Sample(made.Profile(resource, "events", "count"), {"a"}, {1}).set_stack_index(99);
  made.Sample(made.Profile(resource, "a-b", "count"), {"a"}, {1});
  HttpResponse response = Post(kOtlpPath, kType, made.Bytes());
  EXPECT_EQ(response.status, 200);
  otlp::ExportProfilesServiceResponse answer;
  ASSERT_TRUE(answer.ParseFromString(response.body));
  EXPECT_EQ(answer.partial_success().rejected_profiles(), 2);
  EXPECT_THAT(answer.partial_success().error_message(), HasSubstr("stack_table"));
  EXPECT_EQ(store.stored.size(), 1u);
  // All of them refused: the call fails.
  made.request.mutable_resource_profiles(0)
      ->mutable_scope_profiles(0)
      ->mutable_profiles()
      ->DeleteSubrange(0, 1);
  response = Post(kOtlpPath, kType, made.Bytes());
  EXPECT_EQ(response.status, 400);
  EXPECT_THAT(response.body, HasSubstr("stack_table"));
}

TEST_F(OtlpHttpTest, Statuses) {
  struct Row {
    std::string_view type;
    std::string body;
    int status;
  };
  const Row kRows[] = {
      {"", Request().Bytes(), 415},
      {"text/plain", Request().Bytes(), 415},
      {"application/json; charset=utf-8", "{}", 415},
      {kType, "", 400},
      {kType, "nonsense", 400},
      {"application/json", "", 400},
      {"application/json", "{", 400},
      {"application/json", "{}", 400},
      {"application/json", R"({"resourceProfiles":[{}]})", 400},
      {"application/json", R"({"resourceProfiles":[{}],"dictionary":{}})", 200},
  };
  for (const Row& row : kRows) {
    HttpResponse response = Post(kOtlpPath, row.type, row.body);
    EXPECT_EQ(response.status, row.status) << row.type << ": " << row.body << response.body;
    EXPECT_EQ(response.body.starts_with("{\"code\":\""), row.status != 200);
  }
  EXPECT_TRUE(store.stored.empty());
  EXPECT_EQ(Send({.method = "GET", .target = std::string(kOtlpPath)}).status, 405);
  HttpRequest request{.method = "POST", .target = std::string(kOtlpPath), .body = "x"};
  request.headers.Add("Content-Type", std::string(kType));
  request.headers.Add("Content-Encoding", "zstd");
  EXPECT_EQ(Send(request).status, 415);
  Use({.limits = {.max_body_bytes = 10}});
  EXPECT_EQ(Post(kOtlpPath, kType, Request().Bytes()).status, 413);
  Use({.tenancy = Tenancy::kHeader});
  EXPECT_EQ(Post(kOtlpPath, kType, Request().Bytes()).status, 401);
}

// The call that gRPC's clients make; Connect's codecs carry it too.
TEST_F(OtlpHttpTest, ExportIsACall) {
  constexpr std::string_view kExport =
      "/opentelemetry.proto.collector.profiles.v1development.ProfilesService/Export";
  EXPECT_EQ(Api::RouteOf(kExport), kExport);
  EXPECT_EQ(Api::RouteOf(kOtlpPath), kOtlpPath);
  HttpResponse response = Post(kExport, "application/proto", Request().Bytes());
  EXPECT_EQ(response.status, 200) << response.body;
  ASSERT_EQ(store.stored.size(), 1u);
  response = Post(kExport, "application/json", "{}");
  EXPECT_EQ(response.status, 400);
}

}  // namespace
}  // namespace anneal
