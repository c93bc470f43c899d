#include <gtest/gtest.h>

#include "api/api_fixture.h"
#include "profile/compress.h"

namespace anneal {
namespace {

using testing::HasSubstr;

class IngestTest : public ApiFixture {
 protected:
  static constexpr std::string_view kType = "multipart/form-data; boundary=XX";

  static std::string Form(const std::vector<std::pair<std::string, std::string>>& parts) {
    std::string body;
    for (const auto& [name, data] : parts) {
      body += "--XX\r\nContent-Disposition: form-data; name=\"" + name + "\"; filename=\"" + name +
              "\"\r\nContent-Type: application/octet-stream\r\n\r\n" + data + "\r\n";
    }
    return body + "--XX--\r\n";
  }

  static std::string Cpu(int64_t time_ns = kNowNs) {
    return EncodePprof(
        Make({.time_ns = time_ns, .samples = {{{"main", "work"}, {2, 20'000'000}}}}));
  }
};

// As pyroscope-go 1.4 sends a CPU profile.
TEST_F(IngestTest, StoresWhatTheGoSdkPushes) {
  HttpResponse response = Post(
      "/ingest?aggregationType=sum&from=1763999985000000000&name=shop%7B__session_id__%3D0123%2C"
      "otel.scope.name%3Dcom.grafana.pyroscope%2Fgo%2Cregion%3Deu%7D&sampleRate=100&spyName=gospy"
      "&units=samples&until=1764000000000000000",
      kType, Form({{"profile", Gzip(Cpu(), 1)}}));
  EXPECT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(response.body, "");
  EXPECT_EQ(store.appends, 1u);
  ASSERT_EQ(store.stored.size(), 2u) << "one per sample type";
  EXPECT_EQ(ToString(store.stored[1].labels),
            "{__name__=\"process_cpu\", __period_type__=\"cpu\", __period_unit__=\"nanoseconds\", "
            "__profile_type__=\"process_cpu:cpu:nanoseconds:cpu:nanoseconds\", "
            "__service_name__=\"shop\", __session_id__=\"0123\", __type__=\"cpu\", "
            "__unit__=\"nanoseconds\", otel.scope.name=\"com.grafana.pyroscope/go\", "
            "pyroscope_spy=\"gospy\", region=\"eu\", service_name=\"shop\"}");
  EXPECT_EQ(Show(store.stored[1].profile), "main;work 20000000\n");
  EXPECT_EQ(store.stored[1].time_ns, kNowNs);
  EXPECT_EQ(store.stored[1].duration_ns, 10 * kSecondNs);
}

TEST_F(IngestTest, SampleTypeConfigNamesTheMetric) {
  std::string pprof =
      EncodePprof(Make({.sample_types = {{"contentions", "count"}, {"delay", "nanoseconds"}},
                        .period_type = {"contentions", "count"},
                        .samples = {{{"main", "lock"}, {1, 5}}}}));
  const std::string kConfig =
      R"({"contentions":{"units":"lock_samples","display-name":"mutex_count","sampled":true},)"
      R"("delay":{"units":"lock_nanoseconds","display-name":"mutex_duration"}})";
  HttpResponse response = Post("/pyroscope/ingest?name=shop&spyName=gospy&from=1763999985", kType,
                               Form({{"profile", pprof}, {"sample_type_config", kConfig}}));
  EXPECT_EQ(response.status, 200) << response.body;
  ASSERT_EQ(store.stored.size(), 2u);
  EXPECT_EQ(FindLabel(store.stored[0].labels, "__profile_type__"),
            "mutex:contentions:count:contentions:count");
  EXPECT_EQ(FindLabel(store.stored[1].labels, "__profile_type__"),
            "mutex:delay:nanoseconds:contentions:count");
  EXPECT_EQ(store.stored[0].time_ns, 1'763'999'985 * kSecondNs) << "no time in it: `from`";
}

TEST_F(IngestTest, LabelRules) {
  Post("/ingest?name=app{service_name=own,__secret__=1,pyroscope_spy=forged}", kType,
       Form({{"profile", Cpu()}}));
  ASSERT_EQ(store.stored.size(), 2u);
  const LabelSet& labels = store.stored[0].labels;
  EXPECT_EQ(FindLabel(labels, "service_name"), "own");
  EXPECT_EQ(FindLabel(labels, "__secret__"), "");
  EXPECT_EQ(FindLabel(labels, "pyroscope_spy"), "unknown");
}

// A push whose answer was lost is sent again; it must not count twice.
TEST_F(IngestTest, ARepeatedPushCountsOnce) {
  std::string body = Form({{"profile", Cpu()}});
  EXPECT_EQ(Post("/ingest?name=shop", kType, body).status, 200);
  EXPECT_EQ(Post("/ingest?name=shop", kType, body).status, 200);
  EXPECT_EQ(store.stored.size(), 2u);
  EXPECT_EQ(Post("/ingest?name=shop", kType, Form({{"profile", Cpu(kNowNs + 1)}})).status, 200);
  EXPECT_EQ(store.stored.size(), 4u);
}

TEST_F(IngestTest, TakesRawPprofAndTextFormats) {
  EXPECT_EQ(Post("/ingest?name=a&format=pprof", "", Cpu()).status, 200);
  EXPECT_EQ(store.stored.size(), 2u);
  store.stored.clear();
  EXPECT_EQ(Post("/ingest?name=a&sampleRate=100", "text/plain", "main;work 3\nmain 1").status, 200);
  ASSERT_EQ(store.stored.size(), 1u);
  EXPECT_EQ(FindLabel(store.stored[0].labels, "__profile_type__"),
            "process_cpu:cpu:nanoseconds:cpu:nanoseconds");
  EXPECT_EQ(Show(store.stored[0].profile), "main:0 10000000\nmain:0;work:0 30000000\n");
  EXPECT_EQ(store.stored[0].time_ns, kNowNs);
  store.stored.clear();
  EXPECT_EQ(Post("/ingest?name=a.b.inuse_space&format=lines", "", "main\nmain\n").status, 200);
  ASSERT_EQ(store.stored.size(), 1u);
  EXPECT_EQ(FindLabel(store.stored[0].labels, "service_name"), "a.b");
  EXPECT_EQ(FindLabel(store.stored[0].labels, "__profile_type__"),
            "memory:inuse_space:bytes:space:bytes");
  EXPECT_EQ(Show(store.stored[0].profile), "main:0 2\n");
}

TEST_F(IngestTest, TheContentTypeOrTheNameChoosesTheFormat) {
  const std::string kTree("\0\0\1\1a\0\1\3b;c\2\0", 13);
  const std::string kSpeedscope =
      R"({"$schema":"https://www.speedscope.app/file-format-schema.json",)"
      R"("shared":{"frames":[{"name":"a"}]},"profiles":[)"
      R"({"type":"sampled","name":"one","unit":"none","samples":[[0]],"weights":[2]},)"
      R"({"type":"sampled","name":"two","unit":"bytes","samples":[[0]],"weights":[2]}]})";
  struct Row {
    std::string_view target, type;
    std::string body;
    std::string_view stacks;
  };
  const Row kRows[] = {
      {"/ingest?name=a", kType, Form({{"profile", Cpu()}}), "main;work 2\nmain;work 20000000\n"},
      {"/ingest?name=a&format=pprof", kType, Form({{"profile", Cpu()}}),
       "main;work 2\nmain;work 20000000\n"},
      {"/ingest?name=a&format=groups", kType, Form({{"profile", "a;b 3\n"}}), "a:0;b:0 30000000\n"},
      {"/ingest?name=a&format=folded", "application/octet-stream", "a;b 3", "a:0;b:0 30000000\n"},
      {"/ingest?name=a&format=unheard_of", "", "a;b 3", "a:0;b:0 30000000\n"},
      {"/ingest?name=a", "binary/octet-stream+tree", kTree, "a:0;b;c:0 20000000\n"},
      {"/ingest?name=a", "binary/octet-stream+trie", kTree, "ab:0;c:0 20000000\n"},
      {"/ingest?name=a&format=tree", "text/plain", kTree, "a:0;b;c:0 20000000\n"},
      {"/ingest?name=a&format=lines", "binary/octet-stream+trie", "a 3", "a 3:0 10000000\n"},
      {"/ingest?name=a&format=speedscope", "application/json", kSpeedscope,
       "a:0 20000000\na:0 2\n"},
  };
  for (const Row& row : kRows) {
    store.stored.clear();
    HttpResponse response = Post(row.target, row.type, row.body);
    EXPECT_EQ(response.status, 200) << row.target << " " << response.body;
    std::string stacks;
    for (const StoredProfile& stored : store.stored) stacks += Show(stored.profile);
    EXPECT_EQ(stacks, row.stacks) << row.target << " " << row.type;
  }
  ASSERT_EQ(store.stored.size(), 2u);
  EXPECT_EQ(FindLabel(store.stored[0].labels, "profile_name"), "one");
  EXPECT_EQ(FindLabel(store.stored[1].labels, "__profile_type__"),
            "memory:inuse_space:bytes:space:bytes");
}

TEST_F(IngestTest, TimesOfTextFormats) {
  EXPECT_EQ(Post("/ingest?name=a&from=1763999985&until=1763999995000", "", "a 1").status, 200);
  ASSERT_EQ(store.stored.size(), 1u);
  EXPECT_EQ(store.stored[0].time_ns, 1'763'999'985 * kSecondNs);
  EXPECT_EQ(store.stored[0].duration_ns, 10 * kSecondNs);
  // What cannot be understood, or lies in 1970, is now; a rate that cannot be is 100 Hz.
  for (std::string_view query : {"from=yesterday&until=&sampleRate=-5", "from=0&sampleRate=0",
                                 "from=12&until=5&sampleRate=many"}) {
    store.stored.clear();
    EXPECT_EQ(Post(fmt::format("/ingest?name=a&{}", query), "", "a 1").status, 200);
    ASSERT_EQ(store.stored.size(), 1u);
    EXPECT_EQ(store.stored[0].time_ns, kNowNs) << query;
    EXPECT_EQ(Show(store.stored[0].profile), "a:0 10000000\n") << query;
  }
}

TEST_F(IngestTest, SpiesOfScriptingLanguages) {
  std::string body = Form({{"profile", Cpu()}});
  EXPECT_EQ(Post("/ingest?name=a&spyName=rbspy", kType, body).status, 200);
  ASSERT_EQ(store.stored.size(), 2u);
  EXPECT_EQ(Show(store.stored[0].profile), "main.go main;main.go work 2\n");
  EXPECT_EQ(FindLabel(store.stored[0].labels, "pyroscope_spy"), "rbspy");
}

// Type parameters are what Go's compiler knows generic functions by.
TEST_F(IngestTest, GoNamesStayAsTheyAre) {
  const std::string kName = "example.com/x.(*List[go.shape.struct { A int; B []uint8 }]).Push[...]";
  std::string pprof = EncodePprof(
      Make({.sample_types = {{"cpu", "nanoseconds"}}, .samples = {{{"main", kName}, {1}}}}));
  EXPECT_EQ(Post("/ingest?name=a&spyName=gospy", kType, Form({{"profile", pprof}})).status, 200);
  ASSERT_EQ(store.stored.size(), 1u);
  EXPECT_EQ(Show(store.stored[0].profile), "main;" + kName + " 1\n");
}

TEST_F(IngestTest, DotnetsHyphensBecomeUnderscores) {
  std::string pprof = EncodePprof(Make({.sample_types = {{"alloc-size", "bytes"}},
                                        .period_type = {"", ""},
                                        .samples = {{{"main"}, {1}}}}));
  EXPECT_EQ(Post("/ingest?name=a&spyName=gospy", kType, Form({{"profile", pprof}})).status, 422);
  EXPECT_EQ(Post("/ingest?name=a&spyName=dotnetspy", kType, Form({{"profile", pprof}})).status,
            200);
  ASSERT_EQ(store.stored.size(), 1u);
  EXPECT_EQ(FindLabel(store.stored[0].labels, "__type__"), "alloc_size");
}

TEST_F(IngestTest, RefusesWithTheStatusClientsExpect) {
  struct Row {
    std::string_view target, type;
    std::string body;
    int status;
    std::string_view message;
  };
  const std::string kGood = Form({{"profile", Cpu()}});
  const std::string kZipped = Gzip(Cpu(), 1);
  const Row kRows[] = {
      {"/ingest", kType, kGood, 400, "name"},
      {"/ingest?name=", kType, kGood, 400, "name"},
      {"/ingest?name=a%7Bb", kType, kGood, 400, "name"},
      {"/ingest?name=a", "multipart/form-data", kGood, 422, "no boundary"},
      {"/ingest?name=a", kType, "nonsense", 422, "does not occur"},
      {"/ingest?name=a", kType, Form({}), 422, "no part named `profile`"},
      {"/ingest?name=a", kType, Form({{"other", "x"}}), 422, "no part named `profile`"},
      {"/ingest?name=a", kType, Form({{"profile", Cpu()}, {"sample_type_config", "[]"}}), 422,
       "no JSON object"},
      {"/ingest?name=a", kType, Form({{"profile", Cpu()}, {"sample_type_config", "{\"a\":1}"}}),
       422, "entry of `a`"},
      {"/ingest?name=a", kType, Form({{"profile", Cpu()}, {"prev_profile", Cpu()}}), 422,
       "prev_profile"},
      {"/ingest?name=a", kType, Form({{"profile", ""}}), 422, "empty"},
      {"/ingest?name=a", kType, Form({{"profile", "not a profile"}}), 422, ""},
      {"/ingest?name=a", kType, Form({{"profile", kZipped.substr(0, kZipped.size() / 2)}}), 422,
       ""},
      {"/ingest?name=a", kType,
       Form({{"profile", Cpu()}, {"sample_type_config", std::string(100'000, ' ')}}), 422,
       "sample_type_config has 100000 bytes"},
      {"/ingest?name=a&format=jfr", kType, kGood, 422, "-o collapsed"},
      {"/ingest?name=a&format=jfr", "", "FLR", 422, "format=groups"},
      {"/ingest?name=a&format=speedscope", "", "{}", 422, "$schema"},
      {"/ingest?name=a&format=tree", "", "x", 422, "stack tree"},
      {"/ingest?name=a", "binary/octet-stream+trie", "x", 422, "stack tree"},
      {"/ingest?name=a", "", "", 422, "empty"},
      {"/ingest?name=a&format=groups", "", "main", 422, "line 1"},
      {"/ingest?name=a{x=1,x=2}", kType, kGood, 422, "given twice"},
  };
  for (const Row& row : kRows) {
    HttpResponse response = Post(row.target, row.type, row.body);
    EXPECT_EQ(response.status, row.status) << row.target << " " << response.body;
    EXPECT_THAT(response.body, HasSubstr(std::string(row.message)));
    EXPECT_THAT(response.body, HasSubstr("{\"code\":\""));
    EXPECT_EQ(response.headers.Get("X-Content-Type-Options"), "nosniff");
  }
  EXPECT_TRUE(store.stored.empty());
  HttpResponse response = Send({.method = "GET", .target = "/ingest?name=a"});
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(response.headers.Get("Allow"), "POST");
  EXPECT_THAT(response.body, HasSubstr("method not allowed; use POST"));
  EXPECT_EQ(response.headers.Get("X-Content-Type-Options"), "nosniff");
}

TEST_F(IngestTest, LimitsAndStoreFailures) {
  Use({.limits = {.max_body_bytes = 100}});
  EXPECT_EQ(Post("/ingest?name=a", kType, Form({{"profile", Cpu()}})).status, 413);
  Use({.limits = {.max_profile_bytes = 50}});
  HttpResponse response = Post("/ingest?name=a", kType, Form({{"profile", Cpu()}}));
  EXPECT_EQ(response.status, 422) << "not 429: the client must not send it again";
  Use({.limits = {.ingest_rate_bytes = 1}});
  EXPECT_EQ(Post("/ingest?name=a", kType, Form({{"profile", Cpu()}})).status, 200);
  response = Post("/ingest?name=a", kType, Form({{"profile", Cpu(kNowNs + 1)}}));
  EXPECT_EQ(response.status, 429);
  EXPECT_THAT(response.body, HasSubstr("push rate limit"));
  Use({});
  response = Post("/ingest?name=a", kType, Form({{"profile", Cpu(kNowNs + 601 * kSecondNs)}}));
  EXPECT_EQ(response.status, 422) << "ten minutes are the default";
  EXPECT_THAT(response.body, HasSubstr("not_in_ingestion_window"));
  EXPECT_THAT(response.body, HasSubstr("limits.max_future allows 600 s"));
  Use({.limits = {.max_age_ns = kSecondNs, .max_future_ns = kSecondNs}});
  response = Post("/ingest?name=a", kType, Form({{"profile", Cpu(kNowNs - 5 * kSecondNs)}}));
  EXPECT_EQ(response.status, 422);
  EXPECT_THAT(response.body, HasSubstr("not_in_ingestion_window"));
  EXPECT_EQ(Post("/ingest?name=a", kType, Form({{"profile", Cpu(kNowNs + 5 * kSecondNs)}})).status,
            422);
  Use({});
  store.append_failure = Error(Code::kUnavailable, "disk full");
  EXPECT_EQ(Post("/ingest?name=a", kType, Form({{"profile", Cpu()}})).status, 503);
}

}  // namespace
}  // namespace anneal
