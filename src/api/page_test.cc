#include "api/page.h"

#include <nlohmann/json.hpp>

#include "api/api_fixture.h"
#include "api/page_json.h"
#include "profile/compress.h"
#include "profile/folded.h"

namespace anneal {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kCpu =
    "type=process_cpu%3Acpu%3Ananoseconds%3Acpu%3Ananoseconds&from=1763999000000&until="
    "1764001000000";

class PageTest : public ApiFixture {
 protected:
  HttpResponse Get(std::string_view call, std::string_view more = "",
                   std::string_view accept_encoding = "") {
    HttpRequest request{.method = "GET",
                        .target = fmt::format("/anneal/v1/{}?{}{}", call, kCpu, more)};
    if (!accept_encoding.empty()) {
      request.headers.Add("Accept-Encoding", std::string(accept_encoding));
    }
    return Send(std::move(request));
  }

  // "400 message" of an answer that is an error.
  static std::string ErrorOf(const HttpResponse& response) {
    return fmt::format("{} {}", response.status,
                       Json::parse(response.body).at("message").get<std::string>());
  }

  void PushStack(std::string_view service, std::vector<std::string> frames, int64_t cpu,
                 std::vector<LabelPair> more = {}) {
    std::vector<LabelPair> labels = {{"__name__", "process_cpu"},
                                     {"service_name", std::string(service)}};
    labels.insert(labels.end(), more.begin(), more.end());
    MadeProfile made;
    made.time_ns = kNowNs;
    made.samples = {{.frames = std::move(frames), .values = {1, cpu}}};
    ASSERT_TRUE(Push(labels, made).ok());
  }
};

TEST_F(PageTest, GivesATreeInColumns) {
  PushStack("a", {"main.main:3", "main.work:12"}, 30);
  PushStack("a", {"main.main:3"}, 10);
  HttpResponse response = Get("tree");
  ASSERT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(response.headers.Get("Content-Type"), "application/json");
  // docs/guide/page-api.md shows this answer.
  EXPECT_EQ(response.body,
            R"({"schema":1,"sampleType":"cpu","unit":"nanoseconds","period":10000000,)"
            R"("profiles":2,"total":40,"strings":["","main.main","main.go","/bin/main",)"
            R"("main.work"],"frames":{"name":[1,4],"file":[2,2],"line":[1,1],"kind":[1,1],)"
            R"("module":[3,3]},"nodes":{"parent":[-1,0,1],"frame":[-1,0,1],"self":[0,10,30],)"
            R"("total":[40,40,30],"inlined":[0,0,0],"line":[0,0,3]},"foldedNodes":0})");
}

TEST_F(PageTest, ComparesTwoSelectionsOnOneShape) {
  PushStack("a", {"main.main", "main.work"}, 30);
  PushStack("b", {"main.main", "main.old"}, 50);
  Json tree = Json::parse(
      Get("tree",
          "&selector=%7Bservice_name%3D%22a%22%7D&baseSelector=%7Bservice_name%3D%22b%22%7D")
          .body);
  EXPECT_EQ(tree["total"], 30);
  EXPECT_EQ(tree["baseTotal"], 50);
  EXPECT_EQ(tree["baseProfiles"], 1);
  EXPECT_EQ(tree["nodes"]["total"], Json({30, 30, 0, 30}));
  EXPECT_EQ(tree["nodes"]["baseTotal"], Json({50, 50, 50, 0}));
  EXPECT_EQ(tree["nodes"]["baseSelf"], Json({0, 0, 50, 0}));
}

TEST_F(PageTest, CutsToAPathAndFolds) {
  PushStack("a", {"main.main", "main.work", "main.leaf"}, 30);
  PushStack("a", {"main.main", "main.idle"}, 10);
  Json below = Json::parse(Get("tree", "&path=main.main&path=main.work").body);
  EXPECT_EQ(below["total"], 30);
  EXPECT_EQ(below["nodes"]["total"], Json({30, 30, 30, 30}));
  Json folded = Json::parse(Get("tree", "&maxNodes=2").body);
  EXPECT_EQ(folded["foldedNodes"], 3);
  EXPECT_EQ(folded["nodes"]["total"], Json({40, 40, 40}));
  EXPECT_EQ(folded["strings"].back(), "other");
}

TEST_F(PageTest, SkipsWhatAnAnswerHasShown) {
  PushStack("a", {"main.main"}, 5);
  PushStack("a", {"main.main", "main.work"}, 30);
  PushStack("a", {"main.main", "main.idle", "main.leaf"}, 10);
  PushStack("a", {"main.main", "main.log"}, 10);
  Json rest = Json::parse(Get("tree", "&path=main.main&skip=1").body);
  EXPECT_EQ(rest["nodes"]["total"], Json({20, 20, 10, 10, 10}));
  EXPECT_EQ(rest["nodes"]["self"], Json({0, 0, 0, 10, 10}));
  EXPECT_EQ(Json::parse(Get("tree", "&skip=1").body)["nodes"]["total"], Json::array({0}));
  EXPECT_EQ(ErrorOf(Get("tree", "&skip=-1")), "400 skip is -1; it must not be negative");
  EXPECT_EQ(ErrorOf(Get("tree", "&skip=x")), "400 skip is `x`; it must be a whole number");
}

TEST_F(PageTest, NothingSelectedIsAnEmptyTree) {
  Json tree = Json::parse(Get("tree").body);
  EXPECT_EQ(tree["total"], 0);
  EXPECT_EQ(tree["sampleType"], "cpu");
  EXPECT_EQ(tree["nodes"]["parent"], Json::array({-1}));
}

TEST_F(PageTest, NamesAreHostileText) {
  const std::string name = "</script><script>alert(\"1\")\\\x01\xe2\x80\xae";
  PushStack("a", {name}, 5);
  HttpResponse response = Get("tree");
  EXPECT_EQ(Json::parse(response.body)["strings"][1], name);
  EXPECT_EQ(response.headers.Get("X-Content-Type-Options"), "nosniff");
}

TEST_F(PageTest, GzipsWhenAccepted) {
  std::vector<std::string> deep;
  for (int i = 0; i < 200; ++i) deep.push_back(fmt::format("main.f{}", i));
  PushStack("a", deep, 5);
  HttpResponse plain = Get("tree"), small = Get("tree", "", "gzip");
  EXPECT_EQ(small.headers.Get("Content-Encoding"), "gzip");
  EXPECT_EQ(Gunzip(small.body, 1 << 20).value(), plain.body);
}

TEST_F(PageTest, GivesLines) {
  PushStack("a", {"main.main:3", "main.work:12"}, 30);
  PushStack("a", {"main.main:3", "main.work:15"}, 10);
  EXPECT_EQ(Get("lines", "&function=main.work").body,
            R"({"schema":1,"file":"main.go","startLine":1,"lines":[)"
            R"({"line":12,"self":30,"total":30},{"line":15,"self":10,"total":10}]})");
  EXPECT_EQ(Get("lines", "&function=main.none").body,
            R"({"schema":1,"file":"","startLine":0,"lines":[]})");
}

TEST_F(PageTest, Exports) {
  PushStack("a", {"main.main", "main.work"}, 30);
  PushStack("b/../\"x", {"main.main"}, 7);
  HttpResponse pprof = Get("export", "&format=pprof&selector=%7Bservice_name%3D%22a%22%7D");
  EXPECT_EQ(pprof.headers.Get("Content-Disposition"), "attachment; filename=\"a-cpu.pb.gz\"");
  EXPECT_EQ(EncodeFolded(DecodePprof(pprof.body).value(), 0), "main.main;main.work 30\n");
  HttpResponse folded =
      Get("export", "&format=folded&selector=%7Bservice_name%3D%22b%2F..%2F%5C%22x%22%7D");
  EXPECT_EQ(folded.body, "main.main 7\n");
  EXPECT_EQ(folded.headers.Get("Content-Disposition"),
            "attachment; filename=\"b_____x-cpu.folded\"");
  HttpResponse diff = Get("export",
                          "&format=folded&selector=%7Bservice_name%3D%22a%22%7D"
                          "&baseSelector=%7Bservice_name%21%3D%22a%22%7D");
  EXPECT_EQ(diff.body, "main.main -7\nmain.main;main.work 30\n");
  EXPECT_EQ(Get("export", "&format=json").body, Get("tree").body);
}

TEST_F(PageTest, ExportsWhatAViewShows) {
  PushStack("a", {"main.main", "main.work", "main.leaf"}, 30);
  PushStack("a", {"main.main", "main.work"}, 5);
  PushStack("a", {"main.main", "main.idle"}, 10);
  EXPECT_EQ(Get("export", "&format=folded&focus=main.work&ignore=main.leaf").body,
            "main.main;main.work 5\n");
  HttpResponse pprof = Get("export", "&format=pprof&ignore=main.work");
  EXPECT_EQ(EncodeFolded(DecodePprof(pprof.body).value(), 0), "main.main;main.idle 10\n");
  EXPECT_EQ(Json::parse(Get("tree", "&focus=main.leaf").body)["total"], 30);
}

TEST_F(PageTest, FindsBuilds) {
  PushStack("a", {"main.main"}, 30, {{"service_git_ref", "abc"}, {"pod", "1"}});
  PushStack("a", {"main.main"}, 12, {{"service_git_ref", "abc"}, {"pod", "2"}});
  PushStack("a", {"main.main"}, 20, {{"service_git_ref", "def"}, {"pgo", "default.pgo"}});
  Json builds = Json::parse(Get("builds").body)["builds"];
  ASSERT_EQ(builds.size(), 2u);
  EXPECT_EQ(builds[0]["labels"].dump(), R"({"pgo":"default.pgo","service_git_ref":"def"})");
  EXPECT_EQ(builds[1]["labels"].dump(), R"({"service_git_ref":"abc"})");
  EXPECT_EQ(builds[1]["total"], 42);
  EXPECT_EQ(builds[1]["profiles"], 2);
  EXPECT_EQ(builds[1]["first"], kNowNs / 1'000'000);
}

// Nothing but the build ids tells these builds apart.
TEST_F(PageTest, FindsBuildsByTheirIdsAlone) {
  auto push = [&](int64_t minute, std::string_view id, int64_t cpu) {
    MadeProfile made;
    made.time_ns = kNowNs + minute * 60 * kSecondNs;
    made.samples = {{.frames = {"main.main"}, .values = {1, cpu}}};
    Profile profile = Make(made);
    profile.mappings[0].build_id = id.empty() ? StringId::kEmpty : profile.strings.Append(id);
    Status pushed = Error(Code::kInternal, "not answered");
    api->Push("anonymous", {{"__name__", "process_cpu"}, {"service_name", "a"}},
              EncodePprof(profile), {}, [&](Status s) { pushed = s; });
    ASSERT_TRUE(pushed.ok()) << pushed.message();
  };
  for (int64_t minute = -10; minute < -5; ++minute) push(minute, "aa", 10);
  for (int64_t minute = -5; minute < -1; ++minute) push(minute, "bb", 7);
  push(-1, "aa", 10);  // rolled back
  push(0, "cc", 1);    // both at once
  push(0, "dd", 1);
  std::string seen;
  HttpResponse response = Get("builds");
  ASSERT_EQ(response.status, 200) << response.body;
  const Json answer = Json::parse(response.body);
  for (const Json& b : answer["builds"]) {
    seen +=
        fmt::format("{} {} {} {}\n", b["buildIds"].dump(), b["profiles"].dump(), b["total"].dump(),
                    (b["last"].get<int64_t>() - b["first"].get<int64_t>()) / 60'000);
  }
  EXPECT_EQ(seen, "[\"aa\"] 6 60 9\n[\"bb\"] 4 28 3\n[\"cc\",\"dd\"] 2 2 0\n");
}

TEST_F(PageTest, SaysWhatIsWrong) {
  auto get = [&](std::string_view target) {
    return ErrorOf(Send({.method = "GET", .target = std::string(target)}));
  };
  EXPECT_EQ(get("/anneal/v1/tree"),
            "400 type is missing; give a profile type, as "
            "process_cpu:cpu:nanoseconds:cpu:nanoseconds");
  EXPECT_EQ(get("/anneal/v1/tree?type=a:b:c:d:e"),
            "400 from and until must be given, in milliseconds since 1970");
  EXPECT_EQ(get("/anneal/v1/tree?type=a:b:c:d:e&from=x&until=2"),
            "400 from is `x`; it must be a whole number");
  EXPECT_EQ(ErrorOf(Get("tree", "&baseFrom=9&baseUntil=3")),
            "400 the base to compare with: start (9 ms) is after end (3 ms)");
  EXPECT_EQ(ErrorOf(Get("tree", "&maxNodes=-1")), "400 maxNodes is -1; it must not be negative");
  EXPECT_EQ(ErrorOf(Get("tree", "&maxNodes=99999999")),
            "400 maxNodes is 99999999; limits.flame_nodes allows 1048576");
  EXPECT_EQ(ErrorOf(Get("lines")), "400 function is missing: whose lines?");
  EXPECT_EQ(ErrorOf(Get("export", "&format=exe")),
            "400 format is `exe`; it must be pprof, folded or json");
  EXPECT_EQ(Send({.method = "POST", .target = "/anneal/v1/tree"}).status, 405);
}

TEST(PageJson, ReplacesWhatIsNoUtf8) {
  std::string out;
  AppendJsonString(out,
                   "a\xff"
                   "b\n\xe2\x82");
  EXPECT_EQ(out,
            "\"a\xef\xbf\xbd"
            "b\\u000a\xef\xbf\xbd\xef\xbf\xbd\"");
}

}  // namespace
}  // namespace anneal
