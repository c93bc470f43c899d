#include "collect/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <protozero/pbf_reader.hpp>
#include <protozero/pbf_writer.hpp>

#include "collect/profile_uuid.h"
#include "net/fake_http.h"
#include "profile/compress.h"

namespace anneal {
namespace {

using protozero::pbf_reader;
using protozero::pbf_writer;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

constexpr QueryWindow kWindow{1'700'000'000'000, 1'700'000'060'000};

HttpResponse Proto(std::string body) {
  HttpResponse response;
  response.headers.Set("Content-Type", "application/proto");
  response.body = std::move(body);
  return response;
}

HttpResponse ConnectError(int status, std::string_view code, std::string_view message) {
  HttpResponse response;
  response.status = status;
  response.headers.Set("Content-Type", "application/json");
  response.body = fmt::format(R"({{"code":"{}","message":"{}"}})", code, message);
  return response;
}

std::string PprofAnswer(std::string_view profile) {
  std::string body;
  pbf_writer answer(body);
  pbf_writer pprof(answer, 5);
  pprof.add_bytes(1, profile.data(), profile.size());
  pprof.commit();
  return body;
}

class ClientTest : public testing::Test {
 protected:
  ProfileClient Client(ServerAddress server = {.url = "http://server:4040/"}) {
    return ProfileClient(http_, std::move(server));
  }
  void AnswerWith(HttpResponse response) {
    http_.SetAnswer([response](const HttpRequest&, int64_t) { return response; });
  }
  FakeHttp http_;
};

TEST_F(ClientTest, MergeAsksForPprofAndReturnsItsBytes) {
  AnswerWith(Proto(PprofAnswer("profile bytes")));
  MergeQuery query{.profile_type = "process_cpu:cpu:nanoseconds:cpu:nanoseconds",
                   .selector = "{service_name=\"a\"}",
                   .window = kWindow,
                   .max_nodes = 7,
                   .go_pgo = GoPgoTrim{.keep_locations = 2, .aggregate_callees = false}};
  Result<std::string> merged = Client().Merge(query);
  ASSERT_TRUE(merged.ok()) << merged.status().ToString();
  EXPECT_EQ(*merged, "profile bytes");

  HttpRequest request = http_.requests().at(0);
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.target, "http://server:4040/querier.v1.QuerierService/SelectMergeStacktraces");
  EXPECT_EQ(request.headers.Get("Content-Type"), "application/proto");
  std::string seen;
  for (pbf_reader message(request.body); message.next();) {
    switch (message.tag()) {
      case 1:
      case 2:
        seen += message.get_string() + "\n";
        break;
      case 7: {
        pbf_reader go_pgo(message.get_message());
        ASSERT_TRUE(go_pgo.next(2));
        for (pbf_reader trim = go_pgo.get_message(); trim.next();) {
          seen += fmt::format("trim {}={}\n", trim.tag(),
                              trim.tag() == 1 ? trim.get_uint32() : uint32_t{trim.get_bool()});
        }
        break;
      }
      default:
        seen += fmt::format("{}={}\n", message.tag(), message.get_int64());
    }
  }
  EXPECT_EQ(seen,
            "process_cpu:cpu:nanoseconds:cpu:nanoseconds\n{service_name=\"a\"}\n"
            "3=1700000000000\n4=1700000060000\n5=7\n6=4\ntrim 1=2\ntrim 2=0\n");
}

TEST_F(ClientTest, MergeFallsBackToTheOlderCall) {
  // A server that ignores the format answers with a flame graph; one without the call, with 501.
  std::string flame_graph;
  pbf_writer(flame_graph).add_string(1, "x");
  for (const HttpResponse& first :
       {Proto(flame_graph), ConnectError(501, "unimplemented", "no such call")}) {
    FakeHttp http([&first](const HttpRequest& request, int64_t) {
      bool older = request.target.ends_with("/SelectMergeProfile");
      return older ? Proto("older bytes") : first;
    });
    ProfileClient client(http, {.url = "server"});
    Result<std::string> merged =
        client.Merge({.profile_type = "t", .selector = "{}", .window = kWindow});
    ASSERT_TRUE(merged.ok()) << merged.status().ToString();
    EXPECT_EQ(*merged, "older bytes");
    EXPECT_EQ(http.requests().size(), 2u);
  }
}

TEST_F(ClientTest, AnEmptyProfileIsAnAnswer) {
  AnswerWith(Proto(PprofAnswer("")));
  Result<std::string> merged = Client().Merge({.profile_type = "t", .selector = "{}"});
  ASSERT_TRUE(merged.ok());
  EXPECT_EQ(*merged, "");
  EXPECT_EQ(http_.requests().size(), 1u);
}

TEST_F(ClientTest, GzippedAnswersAreInflated) {
  HttpResponse response = Proto(Gzip(PprofAnswer("zipped")));
  response.headers.Set("Content-Encoding", "gzip");
  AnswerWith(response);
  Result<std::string> merged = Client().Merge({.profile_type = "t", .selector = "{}"});
  ASSERT_TRUE(merged.ok()) << merged.status().ToString();
  EXPECT_EQ(*merged, "zipped");
}

TEST_F(ClientTest, ErrorsKeepTheServersCodeAndMessage) {
  AnswerWith(ConnectError(400, "invalid_argument", "bad selector"));
  Status status = Client().LabelNames(kWindow, {}).status();
  EXPECT_EQ(status.code(), Code::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr("LabelNames: the server says: bad selector"));
}

TEST_F(ClientTest, AnswersThatAreNotConnectsSayWhatCame) {
  struct Row {
    int status;
    std::string type, body;
    Code code;
    std::string message;
  };
  for (const Row& row : std::vector<Row>{
           {404, "text/plain", "404 page not found", Code::kUnimplemented, "address of an anneal"},
           {200, "text/html", "<html>", Code::kUnknown, "'text/html' instead of"},
           {503, "text/plain", "starting\nup", Code::kUnavailable, "503: starting up"},
           {401, "", "", Code::kUnauthenticated, "401"},
           {200, "application/proto", "\xff\xff", Code::kInternal, "not the message expected"}}) {
    HttpResponse response;
    response.status = row.status;
    response.headers.Set("Content-Type", row.type);
    response.body = row.body;
    AnswerWith(response);
    Status status = Client().ProfileTypes(kWindow).status();
    EXPECT_EQ(status.code(), row.code) << row.body;
    EXPECT_THAT(status.message(), HasSubstr(row.message));
  }
}

TEST_F(ClientTest, EveryPrefixOfAnAnswerIsReadOrRefused) {
  std::string body;
  pbf_writer answer(body);
  for (int i = 0; i < 3; ++i) {
    pbf_writer series(answer, 1);
    pbf_writer(series, 1).add_string(1, "service_name");
    pbf_writer(series, 2).add_double(1, 2.5);
  }
  for (size_t length = 0; length <= body.size(); ++length) {
    AnswerWith(Proto(body.substr(0, length)));
    Result<std::vector<PointsOfSeries>> series = Client().SelectSeries({});
    if (!series.ok()) {
      EXPECT_EQ(series.status().code(), Code::kInternal) << length;
    }
  }
}

TEST_F(ClientTest, SeriesAndPointsAreRead) {
  std::string body;
  {
    pbf_writer answer(body);
    pbf_writer series(answer, 1);
    {
      pbf_writer label(series, 1);
      label.add_string(1, "pod");
      label.add_string(2, "p1");
    }
    pbf_writer point(series, 2);
    point.add_double(1, 2.5);
    point.add_int64(2, 1'700'000'015'000);
  }
  AnswerWith(Proto(body));
  Result<std::vector<PointsOfSeries>> series = Client().SelectSeries({.group_by = {"pod"}});
  ASSERT_TRUE(series.ok());
  ASSERT_EQ(series->size(), 1u);
  EXPECT_THAT(series->at(0).labels, ElementsAre(Pair("pod", "p1")));
  EXPECT_EQ(series->at(0).points.at(0).value, 2.5);
  EXPECT_EQ(series->at(0).points.at(0).time_ms, 1'700'000'015'000);
}

TEST_F(ClientTest, SendsTenantAndCredentials) {
  struct Row {
    ServerAddress server;
    std::string tenant, authorization;
  };
  for (const Row& row : std::vector<Row>{
           {{.url = "http://s"}, "", ""},
           {{.url = "http://s", .tenant = "t1"}, "t1", ""},
           {{.url = "http://s", .token = "tok", .username = "u"}, "", "Bearer tok"},
           {{.url = "http://s", .username = "u", .password = "p"}, "", "Basic dTpw"}}) {
    FakeHttp http([](const HttpRequest&, int64_t) { return Proto(""); });
    ProfileClient client(http, row.server);
    ASSERT_TRUE(client.LabelNames(kWindow, {}).ok());
    EXPECT_EQ(http.requests()[0].headers.Get("X-Scope-OrgID"), row.tenant);
    EXPECT_EQ(http.requests()[0].headers.Get("Authorization"), row.authorization);
  }
}

TEST_F(ClientTest, PushSendsLabelsBytesAndId) {
  AnswerWith(Proto(""));
  PushProfile profile{.labels = {{"__name__", "process_cpu"}, {"service_name", "s"}},
                      .pprof = "bytes",
                      .id = ContentUuid("bytes")};
  Status pushed = Client().Push(std::span(&profile, 1));
  ASSERT_TRUE(pushed.ok()) << pushed.ToString();
  std::string body = http_.requests().at(0).body;
  pbf_reader request(body);
  ASSERT_TRUE(request.next(1));
  pbf_reader series = request.get_message();
  std::vector<std::string> seen;
  while (series.next()) {
    for (pbf_reader fields = series.get_message(); fields.next();) {
      seen.push_back(fields.get_string());
    }
  }
  EXPECT_THAT(seen, ElementsAre("__name__", "process_cpu", "service_name", "s", "bytes",
                                ContentUuid("bytes")));
}

// Who sends again must know: is it the moment, or the profile?
TEST_F(ClientTest, RefusalsForGoodAreTold) {
  struct Row {
    int status;
    std::string body;
    Code code;
  };
  for (const Row& row : std::vector<Row>{
           {400, "", Code::kInvalidArgument},
           {413, "<html>413 Request Entity Too Large</html>", Code::kInvalidArgument},
           {413, R"({"code":"resource_exhausted","message":"large"})", Code::kInvalidArgument},
           {415, "", Code::kInvalidArgument},
           {422, "", Code::kInvalidArgument},
           {429, "", Code::kResourceExhausted},
           {429, R"({"code":"resource_exhausted","message":"later"})", Code::kResourceExhausted},
           {401, "", Code::kUnauthenticated},
           {500, "", Code::kUnknown},
           {502, "", Code::kUnavailable},
           {504, "", Code::kDeadlineExceeded}}) {
    EXPECT_EQ(StatusOfResponse({.status = row.status, .body = row.body}, "u").code(), row.code)
        << row.status << row.body;
  }
}

TEST_F(ClientTest, WhoIsNobodyIsToldHowToBeSomebody) {
  http_.SetAnswer([](const HttpRequest&, int64_t) { return HttpResponse{.status = 401}; });
  EXPECT_THAT(JsonGet(http_, {.url = "h"}, "/x").status().message(),
              testing::HasSubstr("ANNEAL_TOKEN"));
  EXPECT_THAT(JsonGet(http_, {.url = "h", .token = "a.b"}, "/x").status().message(),
              testing::Not(testing::HasSubstr("ANNEAL_TOKEN")));
  // Busy is not away.
  http_.SetAnswer([](const HttpRequest&, int64_t) { return HttpResponse{.status = 503}; });
  EXPECT_THAT(JsonGet(http_, {.url = "h"}, "/x").status().message(),
              testing::Not(testing::HasSubstr("is a server running")));
}

TEST(ContentUuid, IsAUuidOfTheBytes) {
  EXPECT_THAT(ContentUuid("a"),
              testing::MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-"
                                    "[0-9a-f]{12}"));
  EXPECT_EQ(ContentUuid("a"), ContentUuid("a"));
  EXPECT_NE(ContentUuid("a"), ContentUuid("b"));
}

}  // namespace
}  // namespace anneal
