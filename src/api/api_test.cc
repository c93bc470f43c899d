// Whole calls: push through one end, query through the other.
#include "api/api.h"

#include <gtest/gtest.h>
#include <push/v1/push.pb.h>
#include <querier/v1/querier.pb.h>

#include "api/api_fixture.h"
#include "api/grpc_message.h"
#include "api/recent_pushes.h"
#include "profile/compress.h"

namespace anneal {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr std::string_view kPush = "/push.v1.PusherService/Push";

class ApiTest : public ApiFixture {
 protected:
  static std::string Cpu(int64_t time_ns = kNowNs, int64_t value = 20) {
    return EncodePprof(Make({.sample_types = {{"cpu", "nanoseconds"}},
                             .time_ns = time_ns,
                             .samples = {{{"main", "work[go.shape.int]"}, {value}}}}));
  }

  static std::string PushBody(std::string pprof, const std::string& service = "shop") {
    push::v1::PushRequest request;
    auto* series = request.add_series();
    for (const auto& [name, value] : std::vector<std::pair<std::string, std::string>>{
             {"__name__", "process_cpu"}, {"service_name", service}, {"a.b", "1"}}) {
      auto* label = series->add_labels();
      label->set_name(name);
      label->set_value(value);
    }
    series->add_samples()->set_raw_profile(std::move(pprof));
    return request.SerializeAsString();
  }
};

TEST_F(ApiTest, RoutesAreKnown) {
  EXPECT_EQ(Api::RouteOf(kPush), kPush);
  EXPECT_EQ(Api::RouteOf("/ingest"), "/ingest");
  EXPECT_EQ(Api::RouteOf("/querier.v1.QuerierService/Series"), "/querier.v1.QuerierService/Series");
  EXPECT_EQ(Api::RouteOf("/vcs.v1.VCSService/GetFile"), "/vcs.v1.VCSService/");
  EXPECT_EQ(Api::RouteOf("/metrics"), "");
  EXPECT_EQ(Api::RouteOf(""), "");
}

TEST_F(ApiTest, PushInProtoAndJson) {
  HttpResponse response = Post(kPush, "application/proto", PushBody(Cpu()));
  EXPECT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(response.headers.Get("Content-Type"), "application/proto");
  EXPECT_EQ(response.body, "");
  ASSERT_EQ(store.stored.size(), 1u);
  EXPECT_EQ(Show(store.stored[0].profile), "main;work[go.shape.int] 20\n")
      << "type parameters are kept";

  Result<std::string> json = ProtoToJson("push.v1.PushRequest", PushBody(Cpu(kNowNs + 1)));
  ASSERT_TRUE(json.ok());
  response = Post(kPush, "application/json; charset=utf-8", *json);
  EXPECT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(response.headers.Get("Content-Type"), "application/json");
  EXPECT_EQ(response.body, "{}");
  EXPECT_EQ(store.stored.size(), 2u);
}

TEST_F(ApiTest, PushGzippedWithAndWithoutProtocolVersion) {
  HttpRequest request{.method = "POST", .target = std::string(kPush)};
  request.headers.Add("Content-Type", "application/proto");
  request.headers.Add("Content-Encoding", "gzip");
  request.headers.Add("Connect-Protocol-Version", "1");
  request.body = Gzip(PushBody(Gzip(Cpu(), 1)), 1);
  EXPECT_EQ(Send(request).status, 200);
  request.headers.Set("Connect-Protocol-Version", "2");
  HttpResponse response = Send(request);
  EXPECT_EQ(response.status, 400);
  EXPECT_THAT(response.body, StartsWith("{\"code\":\"invalid_argument\""));
  request.headers.Set("Connect-Protocol-Version", "1");
  request.body.resize(request.body.size() / 2);
  EXPECT_EQ(Send(request).status, 400);
  request.headers.Set("Content-Encoding", "zstd");
  EXPECT_EQ(Send(request).status, 501);
}

TEST_F(ApiTest, TheProtocolsEdges) {
  struct Row {
    std::string_view method, target, type, body;
    int status;
  };
  const Row kRows[] = {
      {"GET", "/querier.v1.QuerierService/Series", "", "", 405},
      {"GET", "/push.v1.PusherService/Push?connect=v1", "", "", 405},
      {"POST", "/querier.v1.QuerierService/Series", "", "", 415},
      {"POST", "/querier.v1.QuerierService/Series", "text/plain", "{}", 415},
      {"POST", "/querier.v1.QuerierService/Series", "application/grpc+thrift", "", 415},
      {"POST", "/querier.v1.QuerierService/Series", "application/json", "", 400},
      {"POST", "/querier.v1.QuerierService/ProfileTypes", "application/json", "{}", 200},
      {"POST", "/querier.v1.QuerierService/ProfileTypes", "application/proto", "", 200},
      {"POST", "/querier.v1.QuerierService/ProfileTypes", "application/proto", "\xff", 400},
      {"POST", "/querier.v1.QuerierService/SelectHeatmap", "application/json", "{}", 400},
      {"POST", "/querier.v1.QuerierService/Nonsense", "application/json", "{}", 501},
      {"POST", "/settings.v1.SettingsService/Get", "application/json", "{}", 501},
      {"POST", "/nonsense", "application/json", "{}", 404},
      {"POST", "", "application/json", "{}", 404},
      {"POST", "/push.v1.PusherService/Push", "application/json", "{}", 400},
      {"POST", "/push.v1.PusherService/Push", "application/proto", "", 400},
      {"POST", "/push.v1.PusherService/Push", "application/proto", "nonsense", 400},
  };
  for (const Row& row : kRows) {
    HttpRequest request{.method = std::string(row.method),
                        .target = std::string(row.target),
                        .body = std::string(row.body)};
    if (!row.type.empty()) request.headers.Add("Content-Type", std::string(row.type));
    HttpResponse response = Send(request);
    EXPECT_EQ(response.status, row.status) << row.target << ": " << response.body;
    bool is_error = row.status != 200 && row.status != 404;
    EXPECT_EQ(response.body.starts_with("{\"code\":"), is_error) << row.target;
  }
}

TEST_F(ApiTest, LargeQueriesAreToldTheirLimit) {
  const std::string large(1 << 20, ' ');
  const HttpResponse response =
      Post("/querier.v1.QuerierService/ProfileTypes", "application/json", "{}" + large);
  EXPECT_EQ(response.status, 429);
  EXPECT_THAT(response.body, HasSubstr("a query may have 1048576 bytes"));
  EXPECT_EQ(
      Post("/querier.v1.QuerierService/ProfileTypes", "application/json", "{}" + large.substr(2))
          .status,
      200);
}

TEST_F(ApiTest, SpeaksGrpcAndGrpcWeb) {
  std::string frame;
  AppendGrpcFrame(kGrpcCompressed, Gzip(PushBody(Cpu())), frame);
  HttpRequest request{.method = "POST", .target = std::string(kPush), .body = frame};
  request.headers.Add("Content-Type", "application/grpc");
  request.headers.Add("grpc-encoding", "gzip");
  HttpResponse response = Send(request);
  EXPECT_EQ(response.trailers.Get("grpc-status"), "0");
  EXPECT_EQ(response.body, std::string(5, '\0')) << "one empty message";
  EXPECT_EQ(store.stored.size(), 1u);
  request.body = "nonsense";
  EXPECT_EQ(Send(request).trailers.Get("grpc-status"), "3");
  request.target = "/querier.v1.QuerierService/Nonsense";
  EXPECT_EQ(Send(request).trailers.Get("grpc-status"), "12");
  // A client whose deadline has passed.
  request.target = "/querier.v1.QuerierService/ProfileTypes";
  request.body = std::string(5, '\0');
  request.headers.Add("grpc-timeout", "0m");
  EXPECT_EQ(Send(request).trailers.Get("grpc-status"), "4");
  request.headers.Set("grpc-timeout", "10S");
  request.headers.Set("Content-Type", "application/grpc-web+proto");
  response = Send(request);
  EXPECT_EQ(response.status, 200);
  EXPECT_THAT(response.body, HasSubstr("process_cpu"));
  EXPECT_THAT(response.body, HasSubstr("grpc-status: 0\r\n"));
}

TEST_F(ApiTest, ValidProfilesAreStoredBesideRefusedOnes) {
  push::v1::PushRequest request;
  request.ParseFromString(PushBody(Cpu()));
  request.mutable_series(0)->add_samples()->set_raw_profile("nonsense");
  *request.add_series()->add_samples() = request.series(0).samples(0);  // no labels
  HttpResponse response = Post(kPush, "application/proto", request.SerializeAsString());
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(store.stored.size(), 1u);
  EXPECT_EQ(store.appends, 1u);
}

TEST_F(ApiTest, APushThatIsRepeatedCountsOnce) {
  auto push = [&](std::string_view id, int64_t time_ns, int64_t value) {
    MadeProfile made;
    made.time_ns = time_ns;
    made.samples = {{{"main:1"}, {1, value}}};
    push::v1::PushRequest request;
    request.ParseFromString(PushBody(EncodePprof(Make(made))));
    request.mutable_series(0)->mutable_samples(0)->set_id(std::string(id));
    EXPECT_EQ(Post(kPush, "application/proto", request.SerializeAsString()).status, 200);
    return store.stored.size();
  };
  const size_t columns = push("x", 0, 10);
  clock.SleepNs(30 * kSecondNs);
  EXPECT_EQ(push("x", 0, 10), columns) << "without a time, the same id";
  EXPECT_EQ(push("x", 0, 20), 2 * columns) << "other bytes: nothing tells that it is one of them";
  EXPECT_EQ(push("y", 0, 10), 3 * columns) << "another id";
  EXPECT_EQ(push("", 0, 10), 4 * columns) << "no id: another one than that of y";
  EXPECT_EQ(push("", 0, 10), 4 * columns) << "its bytes at this time";
  EXPECT_EQ(push("z", kNowNs - kSecondNs, 10), 5 * columns);
  EXPECT_EQ(push("z", kNowNs - kSecondNs, 20), 5 * columns);
  EXPECT_EQ(push("w", kNowNs - kSecondNs, 10), 6 * columns) << "the same bytes and time";
  EXPECT_EQ(push("z", kNowNs, 10), 7 * columns) << "the id again, of another time";
  clock.SleepNs(RecentPushes::kWindowNs + kSecondNs);
  EXPECT_EQ(push("w", kNowNs - kSecondNs, 10), 7 * columns) << "long after, with its time";
  EXPECT_EQ(push("x", 0, 10), 8 * columns) << "long after, without one";
  // A clock that jumps back only changes what time such profiles get.
  clock.Set(kNowNs - 3600 * kSecondNs);
  EXPECT_EQ(push("v", 0, 10), 9 * columns);
  EXPECT_EQ(push("v", 0, 10), 9 * columns);
}

TEST_F(ApiTest, AProfileWithoutSamplesIsAccepted) {
  EXPECT_EQ(Post(kPush, "application/proto", PushBody(EncodePprof(Make({})))).status, 200);
  EXPECT_EQ(store.appends, 0u);
}

TEST_F(ApiTest, SaysWhatItIs) {
  Use({.version = "1.2.3", .revision = "abc"});
  HttpResponse response = Send({.method = "GET", .target = "/api/v1/status/buildinfo"});
  EXPECT_EQ(response.status, 200);
  EXPECT_THAT(response.body,
              HasSubstr(R"({"status":"success","data":{"version":"1.2.3","revision":"abc")"));
  EXPECT_EQ(Post("/api/v1/status/buildinfo", "", "").status, 405);
}

TEST_F(ApiTest, TenantsDoNotSeeEachOther) {
  Use({.tenancy = Tenancy::kHeader});
  HttpRequest push{.method = "POST", .target = std::string(kPush), .body = PushBody(Cpu())};
  push.headers.Add("Content-Type", "application/proto");
  EXPECT_EQ(Send(push).status, 401);
  push.headers.Add("X-Scope-OrgID", "red");
  EXPECT_EQ(Send(push).status, 200);
  HttpRequest query{
      .method = "POST", .target = "/querier.v1.QuerierService/ProfileTypes", .body = "{}"};
  query.headers.Add("Content-Type", "application/json");
  query.headers.Add("X-Scope-OrgID", "blue");
  EXPECT_EQ(Send(query).body, "{}");
  query.headers.Set("X-Scope-OrgID", "red");
  EXPECT_THAT(Send(query).body, HasSubstr("process_cpu"));
}

TEST_F(ApiTest, SeveralTenantsAreReadAsOne) {
  Use({.tenancy = Tenancy::kHeader});
  const auto send = [&](std::string_view target, std::string_view tenant, std::string body,
                        std::string_view type) {
    HttpRequest request{.method = "POST", .target = std::string(target), .body = std::move(body)};
    request.headers.Add("Content-Type", std::string(type));
    request.headers.Add("X-Scope-OrgID", std::string(tenant));
    return Send(std::move(request));
  };
  constexpr std::string_view kTypes = "/querier.v1.QuerierService/ProfileTypes";
  constexpr std::string_view kStats = "/querier.v1.QuerierService/GetProfileStats";
  EXPECT_EQ(send(kPush, "red", PushBody(Cpu()), "application/proto").status, 200);
  EXPECT_EQ(send(kPush, "red|blue", PushBody(Cpu()), "application/proto").status, 400);
  EXPECT_EQ(send("/ingest?name=app", "red|blue", "main 1", "text/plain").status, 400);
  EXPECT_EQ(store.appends, 1u);
  EXPECT_THAT(send(kTypes, "blue|red", "{}", "application/json").body, HasSubstr("process_cpu"));
  EXPECT_EQ(send(kTypes, "blue|green", "{}", "application/json").body, "{}");
  EXPECT_EQ(send(kTypes, "blue|", "{}", "application/json").status, 400);
  EXPECT_EQ(send(kStats, "blue|red", "{}", "application/json").status, 400);
  EXPECT_EQ(send(kStats, "red|red", "{}", "application/json").status, 200) << "one";
}

// As the router in front of the Api reads them.
TEST_F(ApiTest, TargetsMayBeAbsoluteAndEncoded) {
  for (std::string_view prefix : {"", "http://host:4040"}) {
    for (std::string_view path :
         {"/querier.v1.QuerierService/ProfileTypes", "/querier%2Ev1.QuerierService/ProfileTypes"}) {
      EXPECT_EQ(Post(fmt::format("{}{}", prefix, path), "application/json", "{}").status, 200)
          << path;
    }
    for (std::string_view path :
         {"/ingest?name=a", "/%69ngest?name=b", "/pyroscope/ingest?name=c"}) {
      EXPECT_EQ(Post(fmt::format("{}{}", prefix, path), "text/plain", "main 1").status, 200)
          << path;
    }
  }
}

TEST_F(ApiTest, ATimelessProfileIsToldFromOthersOfItsId) {
  auto push = [&](int64_t value, std::string_view id, int64_t time_ns = 0) {
    Profile profile = Make({.sample_types = {{"cpu", "ns"}}, .samples = {{{"main"}, {value}}}});
    profile.time_ns = time_ns;
    push::v1::PushRequest request;
    ASSERT_TRUE(request.ParseFromString(PushBody(EncodePprof(profile))));
    request.mutable_series(0)->mutable_samples(0)->set_id(std::string(id));
    EXPECT_EQ(Post(kPush, "application/proto", request.SerializeAsString()).status, 200);
    clock.Set(clock.NowNs() + kSecondNs);
  };
  push(1, "1");
  push(2, "1");
  push(3, "1");
  EXPECT_EQ(store.stored.size(), 3u) << "one id for all";
  push(1, "1");
  push(2, "1");
  EXPECT_EQ(store.stored.size(), 3u) << "sent again";
  push(1, "2");
  EXPECT_EQ(store.stored.size(), 4u) << "another id is another profile";
  push(4, "1", kNowNs);
  push(5, "1", kNowNs);
  EXPECT_EQ(store.stored.size(), 5u) << "encoded anew";
}

// What the store refuses keeps nothing else out.
TEST_F(ApiTest, ValidProfilesAreStoredBesideOnesThatTheStoreRefuses) {
  push::v1::PushRequest request;
  ASSERT_TRUE(request.ParseFromString(PushBody(Cpu())));
  for (int i = 0; i < 6; ++i) {
    *request.add_series() = request.series(0);
    request.mutable_series(i + 1)->add_labels()->set_name("pod");
    request.mutable_series(i + 1)->mutable_labels()->rbegin()->set_value(std::to_string(i));
  }
  for (Code code : {Code::kInvalidArgument, Code::kResourceExhausted}) {
    Metrics metrics;
    Use({.metrics = &metrics});
    store.stored.clear();
    store.refuse = [code](const ProfileWrite& write) {
      const std::string_view pod = FindLabel(write.labels, "pod");
      return pod == "1" || pod == "5" ? Error(code, "no {}", pod) : Status();
    };
    HttpResponse response = Post(kPush, "application/proto", request.SerializeAsString());
    EXPECT_EQ(response.status, code == Code::kInvalidArgument ? 400 : 429);
    EXPECT_THAT(response.body, HasSubstr("no 1"));
    EXPECT_EQ(store.stored.size() % 5, 0u);
    EXPECT_NE(store.stored.size(), 0u);
    EXPECT_THAT(Stored(), Not(HasSubstr("pod=\"5\"")));
    EXPECT_THAT(Stored(), HasSubstr("pod=\"4\""));
    std::string text = metrics.Render();
    EXPECT_THAT(text, HasSubstr("anneal_ingested_profiles_total 5\n"));
    EXPECT_THAT(text, HasSubstr("anneal_refused_pushes_total 1\n"));
    EXPECT_THAT(text, HasSubstr("anneal_failed_pushes_total 0\n"));
  }
}

TEST_F(ApiTest, CountsWhatItTakes) {
  Metrics metrics;
  Use({.metrics = &metrics});
  Post(kPush, "application/proto", PushBody(Cpu()));
  Post(kPush, "application/proto", PushBody("nonsense"));
  store.append_failure = Error(Code::kUnavailable, "disk full");
  EXPECT_EQ(Post(kPush, "application/proto", PushBody(Cpu())).status, 503);
  std::string text = metrics.Render();
  EXPECT_THAT(text, HasSubstr("anneal_ingested_profiles_total 1\n"));
  EXPECT_THAT(text, HasSubstr("anneal_refused_pushes_total 1\n"));
  EXPECT_THAT(text, HasSubstr("anneal_failed_pushes_total 1\n"));
}

}  // namespace
}  // namespace anneal
