#include "api/publish.h"

#include <absl/strings/escaping.h>

#include "api/api_fixture.h"
#include "api/fake_memory.h"
#include "base/fs.h"
#include "base/sha256.h"
#include "profile/compress.h"

namespace anneal {
namespace {

using Json = nlohmann::ordered_json;
using ::testing::HasSubstr;

// The record of docs/format/publish.md.
std::string Example() {
  std::string text = Fs::System().ReadFile(ANNEAL_SOURCE_DIR "/docs/format/publish.md").value();
  constexpr std::string_view kBegin = "```json publish\n";
  size_t begin = text.find(kBegin) + kBegin.size();
  return text.substr(begin, text.find("```", begin) - begin);
}

class PublishTest : public ApiFixture {
 protected:
  // Publishes and gives the id.
  std::string Publish(const Json& record) {
    HttpResponse response = Post("/anneal/v1/publish", "application/json", record.dump());
    EXPECT_EQ(response.status, 200) << response.body;
    return Json::parse(response.body).value("id", "");
  }
  HttpResponse Get(std::string_view path) {
    return Send({.method = "GET", .target = fmt::format("/anneal/v1/services{}", path)});
  }
  Json GetJson(std::string_view path) {
    HttpResponse response = Get(path);
    EXPECT_EQ(response.status, 200) << path << " " << response.body;
    return Json::parse(response.body);
  }
  Json example_ = Json::parse(Example());
};

TEST_F(PublishTest, TheDocumentsExampleComesBack) {
  std::string id = Publish(example_);
  EXPECT_EQ(id.substr(0, 17), "20261123T140000Z-");
  Json record = GetJson("/shop/records/" + id);
  Json expected = example_;
  expected["artefact"].erase("data");
  EXPECT_EQ(record["artefact"]["sha256"], Sha256Hex("default.pgo"));
  EXPECT_EQ(record["artefact"]["bytes"], 11);
  EXPECT_EQ(record["id"], id);
  for (std::string_view added : {"sha256", "bytes"}) record["artefact"].erase(added);
  record.erase("id");
  EXPECT_EQ(record, expected);

  HttpResponse artefact = Get("/shop/records/" + id + "/default.pgo");
  EXPECT_EQ(artefact.body, "default.pgo");
  EXPECT_EQ(artefact.headers.Get("Content-Disposition"), "attachment; filename=\"default.pgo\"");

  Json edges = GetJson("/shop/edges");
  EXPECT_EQ(edges["record"], id);
  EXPECT_EQ(edges["edges"], example_["edges"]);
}

TEST_F(PublishTest, ListsShowSummariesNewestFirst) {
  std::string first = Publish(example_);
  example_["time_unix_ns"] = 1'795'442'500'000'000'000;
  std::string second = Publish(example_);
  example_["service"] = "a/b \"c\"";
  std::string other = Publish(example_);

  Json services = GetJson("")["services"];
  ASSERT_EQ(services.size(), 2u);
  EXPECT_EQ(services[0]["service"], "a/b \"c\"");
  EXPECT_EQ(services[1]["records"], 2);
  EXPECT_EQ(services[1]["newest"]["id"], second);

  Json records = GetJson("/shop/records")["records"];
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0]["id"], second);
  EXPECT_EQ(records[1]["id"], first);
  EXPECT_EQ(records[1]["verdict"]["outcome"], "gain");
  EXPECT_EQ(records[1]["decisions"], 2);
  EXPECT_EQ(records[1]["edges"], 1);
  EXPECT_EQ(records[1]["artefact"]["samples"], 12000);
  EXPECT_FALSE(records[1]["artefact"].contains("data"));

  EXPECT_EQ(GetJson("/a%2Fb%20%22c%22/records")["records"][0]["id"], other);
  EXPECT_EQ(GetJson("/nobody/records")["records"].size(), 0u);
}

TEST_F(PublishTest, DecisionsAreComparedWithTheRecordBefore) {
  std::string first = Publish(example_);
  example_["time_unix_ns"] = 1'795'442'500'000'000'000;
  example_["decisions"][0]["position"] = "./main.go:13:9";
  std::string second = Publish(example_);
  for (std::string query : {std::string(), "?from=" + first, "?to=" + second}) {
    Json diff = GetJson("/shop/decisions" + query);
    EXPECT_EQ(diff["from"], first);
    EXPECT_EQ(diff["to"], second);
    EXPECT_EQ(diff["kept"], 1);
    ASSERT_EQ(diff["gained"].size(), 1u);
    EXPECT_EQ(diff["gained"][0], example_["decisions"][0]);
    ASSERT_EQ(diff["lost"].size(), 1u);
    EXPECT_EQ(diff["lost"][0]["position"], "./main.go:12:9");
  }
  EXPECT_EQ(Get("/shop/decisions?to=" + first).status, 404) << "there is none before it";
}

TEST_F(PublishTest, TheNewestOfAServiceAreKept) {
  ApiOptions options;
  options.limits.max_published_records = 2;
  Use(std::move(options));
  Json other = example_;
  other["service"] = "other";
  Publish(other);
  std::vector<std::string> ids;
  for (int64_t i = 0; i < 4; ++i) {
    example_["time_unix_ns"] = (1'795'442'400 + i) * kSecondNs;
    ids.push_back(Publish(example_));
  }
  Json records = GetJson("/shop/records")["records"];
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[1]["id"], ids[2]);
  EXPECT_EQ(Get("/shop/records/" + ids[1]).status, 404);
  EXPECT_EQ(Get("/shop/records/" + ids[1] + "/default.pgo").status, 404);
  EXPECT_EQ(GetJson("/other/records")["records"].size(), 1u);
}

TEST_F(PublishTest, ARecordThatWouldNotBeKeptIsRefused) {
  ApiOptions options;
  options.limits.max_published_records = 1;
  Use(std::move(options));
  example_["time_unix_ns"] = 1'795'442'500'000'000'000;
  const std::string newer = Publish(example_);
  example_["time_unix_ns"] = 1'795'442'400'000'000'000;
  HttpResponse older = Post("/anneal/v1/publish", "application/json", example_.dump());
  EXPECT_EQ(older.status, 400);
  EXPECT_THAT(older.body, HasSubstr("limits.published_records"));
  Json records = GetJson("/shop/records")["records"];
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0]["id"], newer);
  example_["service"] = "other";
  EXPECT_EQ(Get("/other/records/" + Publish(example_)).status, 200) << "each service has its own";
}

TEST_F(PublishTest, ARecordIsOfOneTenant) {
  ApiOptions options;
  options.tenancy = Tenancy::kHeader;
  Use(std::move(options));
  for (auto [tenant, status] :
       {std::pair("a|b", 400), std::pair("a|a", 200), std::pair("a", 200)}) {
    HttpRequest request{.method = "POST", .target = "/anneal/v1/publish", .body = example_.dump()};
    request.headers.Add("X-Scope-OrgID", tenant);
    HttpResponse response = Send(std::move(request));
    EXPECT_EQ(response.status, status) << tenant << " " << response.body;
  }
}

TEST_F(PublishTest, TargetsMayBeAbsoluteAndEncoded) {
  const std::string id = Publish(example_);
  for (std::string_view target :
       {"http://host:4040/anneal/v1/services/shop/records/{}",
        "/anneal/v1/services/sh%6fp/records/{}", "/anneal/v1/%73ervices/shop/records/{}?x=1",
        "/anneal/v1/services/shop/records/{}#x"}) {
    HttpResponse response =
        Send({.method = "GET", .target = fmt::format(fmt::runtime(target), id)});
    EXPECT_EQ(response.status, 200) << target << " " << response.body;
  }
  EXPECT_EQ(Send({.method = "GET", .target = "http://h/anneal/v1/services"}).status, 200);
  EXPECT_EQ(Post("http://h/anneal/v1/%70ublish", "", example_.dump()).status, 200);
  EXPECT_EQ(Send({.method = "GET", .target = "/anneal%2Fv1/services/shop/records"}).status, 404);
}

TEST_F(PublishTest, DeletesARecordWhole) {
  std::string first = Publish(example_);
  example_["time_unix_ns"] = 1'795'442'500'000'000'000;
  std::string second = Publish(example_);
  auto erase = [&](std::string_view path, std::string_view tenant = "") {
    HttpRequest request{.method = "DELETE",
                        .target = fmt::format("/anneal/v1/services/shop{}", path)};
    if (!tenant.empty()) request.headers.Add("X-Scope-OrgID", std::string(tenant));
    return Send(std::move(request));
  };
  EXPECT_EQ(erase("/records/" + first).status, 200);
  EXPECT_EQ(Get("/shop/records/" + first).status, 404);
  EXPECT_EQ(Get("/shop/records/" + first + "/default.pgo").status, 404);
  EXPECT_EQ(GetJson("/shop/records")["records"].size(), 1u);
  EXPECT_EQ(Get("/shop/records/" + second + "/default.pgo").body, "default.pgo");
  HttpResponse again = erase("/records/" + first);
  EXPECT_EQ(again.status, 404);
  EXPECT_THAT(again.body, HasSubstr("service shop has no record"));
  for (std::string_view path : {"/records", "/edges", "/decisions"}) {
    EXPECT_EQ(erase(path).status, 405) << path;
  }
  EXPECT_EQ(erase("/records/" + second + "/default.pgo").status, 405);
  EXPECT_EQ(Post("/anneal/v1/services/shop/records/" + second, "", "").status, 405);

  ApiOptions options;
  options.tenancy = Tenancy::kHeader;
  Use(std::move(options));
  EXPECT_EQ(erase("/records/" + second, "anonymous|b").status, 400);
  EXPECT_EQ(erase("/records/" + second, "b").status, 404) << "another tenant's";
  EXPECT_EQ(erase("/records/" + second, "anonymous").status, 200);
}

TEST_F(PublishTest, SendingAgainChangesNothing) {
  EXPECT_EQ(Publish(example_), Publish(example_));
  EXPECT_EQ(GetJson("/shop/records")["records"].size(), 1u);
}

TEST_F(PublishTest, ARecordMayHoldAVerdictAlone) {
  example_.erase("artefact");
  example_.erase("decisions");
  example_.erase("edges");
  std::string id = Publish(example_);
  HttpResponse artefact = Get("/shop/records/" + id + "/default.pgo");
  EXPECT_EQ(artefact.status, 404);
  EXPECT_THAT(artefact.body, HasSubstr("came without an artefact"));
  EXPECT_EQ(Get("/shop/edges").status, 404);
}

TEST_F(PublishTest, KeepsFieldsItDoesNotKnow) {
  example_["quality"] = {{"stability", 0.9}};
  EXPECT_EQ(GetJson("/shop/records/" + Publish(example_))["quality"]["stability"], 0.9);
}

TEST_F(PublishTest, TakesGzip) {
  HttpRequest request{.method = "POST", .target = "/anneal/v1/publish"};
  request.headers.Add("Content-Encoding", "gzip");
  request.body = Gzip(example_.dump());
  EXPECT_EQ(Send(std::move(request)).status, 200);
}

TEST_F(PublishTest, SaysWhatIsWrong) {
  struct Row {
    std::string_view pointer, value;  // put there; an empty value removes
    std::string_view message;
  };
  const Row rows[] = {
      {"/format", "\"x\"", "format is not"},
      {"/version", "2", "version 2 is not known"},
      {"/version", "", "version is missing"},
      {"/service", "\"\"", "service is missing"},
      {"/service", "7", "service is missing"},
      {"/time_unix_ns", "-1", "time_unix_ns must be"},
      {"/time_unix_ns", "1.5", "time_unix_ns must be"},
      {"/artefact", "[]", "artefact is a array"},
      {"/artefact/data", "\"*\"", "no base64"},
      {"/artefact/sha256", "\"00\"", "artefact.sha256 says 00"},
      {"/decisions", "[1]", "decisions has an element that is no object"},
      {"/kept", "\"yes\"", "kept is a string"},
  };
  for (const Row& row : rows) {
    Json record = example_;
    Json::json_pointer pointer{std::string(row.pointer)};
    if (row.value.empty()) {
      record.erase(std::string(row.pointer.substr(1)));
    } else {
      record[pointer] = Json::parse(row.value);
    }
    HttpResponse response = Post("/anneal/v1/publish", "application/json", record.dump());
    EXPECT_GE(response.status, 400) << row.message;
    EXPECT_THAT(response.body, HasSubstr(row.message));
  }
  for (std::string_view text : {"", "x", "[]", "1", "{\"format\":", "\xff"}) {
    EXPECT_EQ(Post("/anneal/v1/publish", "application/json", std::string(text)).status, 400);
  }
  std::string deep = "{\"a\":" + std::string(100'000, '[');
  EXPECT_THAT(Post("/anneal/v1/publish", "application/json", deep).body, HasSubstr("nested"));
  EXPECT_EQ(Send({.method = "GET", .target = "/anneal/v1/publish"}).status, 405);
  EXPECT_EQ(Send({.method = "POST", .target = "/anneal/v1/services"}).status, 405);
  for (std::string_view path :
       {"/", "/shop", "/shop/none", "/shop/records/x/y", "/shop/records/"}) {
    EXPECT_EQ(Get(path).status, 404) << path;
  }
}

// A parser that looks at the whole parent after each element would still be at it.
TEST_F(PublishTest, AHalfMillionElementsAreReadInOnePass) {
  std::string text = R"({"decisions":[{})";
  for (int i = 1; i < 500'000; ++i) text += ",{}";
  HttpResponse response = Post("/anneal/v1/publish", "application/json", text + "]}");
  EXPECT_EQ(response.status, 400);
  EXPECT_THAT(response.body, HasSubstr("format is not"));

  text = R"({"format":0)";
  for (int i = 0; i < 500'000; ++i) text += fmt::format(R"(,"{}":0)", i);
  EXPECT_THAT(Post("/anneal/v1/publish", "application/json", text + "}").body,
              HasSubstr("more than 1000 fields"));
}

TEST_F(PublishTest, WhatARecordTakesIsClaimedBeforeItIsBuilt) {
  for (std::string_view element : {"{}", "0", "[]", R"({"":0})", R"("")"}) {
    std::string text = fmt::format(R"({{"decisions":[{})", element);
    for (int i = 1; i < 1000; ++i) text += fmt::format(",{}", element);
    text += "]}";
    FakeMemory none(0), enough(size_t{1} << 20);
    EXPECT_EQ(ParsePublished(text, &none).status().code(), Code::kUnavailable) << element;
    EXPECT_EQ(ParsePublished(text, &enough).status().code(), Code::kInvalidArgument) << element;
    // An element's value in a vector that has grown, at least.
    EXPECT_GT(enough.most, 1000 * 2 * sizeof(Json)) << element;
  }
  const std::string text = example_.dump();
  FakeMemory memory(size_t{1} << 20);
  EXPECT_TRUE(ParsePublished(text, &memory).ok());
  EXPECT_GT(memory.most, 2 * text.size());
  HttpRequest request{.method = "POST", .target = "/anneal/v1/publish", .body = text};
  request.memory = std::make_shared<FakeMemory>(memory.most - 1);
  EXPECT_EQ(Send(std::move(request)).status, 503);
}

TEST_F(PublishTest, ABodyBeyondTheLimitIsNotToBeSentAgain) {
  ApiOptions options;
  options.limits.max_body_bytes = 100;
  Use(std::move(options));
  EXPECT_EQ(Post("/anneal/v1/publish", "application/json", example_.dump()).status, 413);
}

TEST_F(PublishTest, EveryPrefixIsAnsweredWithAnError) {
  std::string text = example_.dump();
  for (size_t n = 0; n < text.size(); ++n) {
    EXPECT_FALSE(ParsePublished(text.substr(0, n)).ok()) << n;
  }
}

}  // namespace
}  // namespace anneal
