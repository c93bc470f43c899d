#include "api/rpc_edge.h"

#include <gtest/gtest.h>

#include "api/grpc_message.h"
#include "profile/compress.h"

namespace anneal {
namespace {

using testing::HasSubstr;

constexpr std::string_view kMessage = "types.v1.LabelValuesRequest";
const std::string kProto = "\x0a\x01n";  // {"name":"n"}
constexpr std::string_view kJson = R"({"name":"n"})";

HttpRequest Request(std::string_view type, std::string body) {
  HttpRequest request{.method = "POST", .target = "/a.B/C", .body = std::move(body)};
  request.headers.Add("Content-Type", std::string(type));
  return request;
}

std::string Frame(std::string_view payload, uint8_t flags = 0) {
  std::string out;
  AppendGrpcFrame(flags, payload, out);
  return out;
}

struct Spoken {
  std::string_view type;
  std::string body;
};

std::vector<Spoken> EveryProtocol() {
  const std::string json(kJson);
  return {{"application/proto", kProto},
          {"application/json; charset=utf-8", json},
          {"application/grpc", Frame(kProto)},
          {"Application/GRPC+proto", Frame(kProto)},
          {"application/grpc+json", Frame(json)},
          {"application/grpc-web", Frame(kProto)},
          {"application/grpc-web+proto", Frame(kProto)},
          {"application/grpc-web+json", Frame(json)},
          {"application/grpc-web-text", EncodeBase64(Frame(kProto))},
          {"application/grpc-web-text+proto", EncodeBase64(Frame(kProto))}};
}

TEST(RpcEdgeTest, DecodesEveryProtocol) {
  for (const Spoken& row : EveryProtocol()) {
    HttpRequest request = Request(row.type, row.body);
    const std::optional<RpcEdge> edge = RpcEdge::For(request);
    ASSERT_TRUE(edge) << row.type;
    const Status status = edge->Decode(request, kMessage, 1000);
    EXPECT_TRUE(status.ok()) << row.type << status.ToString();
    EXPECT_EQ(request.body, kProto) << row.type;
  }
  for (std::string_view type :
       {"", "text/plain", "application/grpc+thrift", "application/connect+proto",
        "application/protobuf", "application/grpc-web-text+json"}) {
    EXPECT_FALSE(RpcEdge::For(Request(type, ""))) << type;
  }
}

TEST(RpcEdgeTest, InflatesWithinOneLimit) {
  struct Row {
    std::string_view type, http, grpc;
    std::string body;
    Code code;
  };
  const std::string bomb(2'000, '\0');
  const Row kRows[] = {
      {"application/proto", "gzip", "", Gzip(kProto), Code::kOk},
      {"application/proto", "gzip", "", Gzip(bomb), Code::kResourceExhausted},
      {"application/proto", "br", "", kProto, Code::kUnimplemented},
      {"application/grpc", "", "gzip", Frame(Gzip(kProto), kGrpcCompressed), Code::kOk},
      {"application/grpc", "", "gzip", Frame(Gzip(bomb), kGrpcCompressed),
       Code::kResourceExhausted},
      {"application/grpc", "", "br", Frame(kProto), Code::kUnimplemented},
      {"application/grpc", "gzip", "", Gzip(Frame(kProto)), Code::kUnimplemented},
      {"application/grpc-web", "identity", "gzip", Frame(Gzip(kProto), 1), Code::kOk},
  };
  for (const Row& row : kRows) {
    HttpRequest request = Request(row.type, row.body);
    if (!row.http.empty()) request.headers.Add("Content-Encoding", std::string(row.http));
    if (!row.grpc.empty()) request.headers.Add("grpc-encoding", std::string(row.grpc));
    const Status status = RpcEdge::For(request)->Decode(request, kMessage, 1'000);
    EXPECT_EQ(status.code(), row.code) << row.type << " " << status.ToString();
    if (status.ok()) {
      EXPECT_EQ(request.body, kProto);
    }
  }
}

TEST(RpcEdgeTest, AnswersAsItWasAsked) {
  const std::string outcome = "grpc-status: 0\r\n";
  for (const Spoken& row : EveryProtocol()) {
    const HttpRequest request = Request(row.type, row.body);
    const HttpResponse response = RpcEdge::For(request)->Answer(kMessage, kProto);
    EXPECT_EQ(response.status, 200);
    EXPECT_TRUE(EqualsIgnoreCase(response.headers.Get("Content-Type"),
                                 row.type.substr(0, row.type.find(';'))));
    std::string want = row.type.starts_with("application/json") ? std::string(kJson) : row.body;
    if (row.type.find("web") != std::string_view::npos) {
      const bool text = row.type.find("text") != std::string_view::npos;
      want = (text ? Frame(kProto) : row.body) + Frame(outcome, kGrpcTrailer);
      if (text) want = EncodeBase64(want);
    }
    EXPECT_EQ(response.body, want) << row.type;
    const bool trailers =
        row.type.starts_with("application/grpc") || row.type.starts_with("Application/GRPC");
    EXPECT_EQ(response.trailers.Get("grpc-status"),
              trailers && row.type.find("web") == std::string_view::npos ? "0" : "")
        << row.type;
  }
}

TEST(RpcEdgeTest, FailsAsItWasAsked) {
  const Status status = Error(Code::kNotFound, "no \xc3\xbc");
  HttpResponse response = RpcEdge::For(Request("application/proto", ""))->Fail(status);
  EXPECT_EQ(response.status, 404);
  EXPECT_THAT(response.body, HasSubstr(R"("code":"not_found")"));
  response = RpcEdge::For(Request("application/grpc", ""))->Fail(status);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "");
  EXPECT_EQ(response.trailers.Get("grpc-status"), "5");
  EXPECT_EQ(response.trailers.Get("grpc-message"), "no %C3%BC");
  response = RpcEdge::For(Request("application/grpc-web", ""))->Fail(status);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, Frame("grpc-status: 5\r\ngrpc-message: no %C3%BC\r\n", kGrpcTrailer));
}

TEST(RpcEdgeTest, CompressesLargeMessagesWhenAsked) {
  const std::string large = "\x0a\xd0\x0f" + std::string(2'000, 'n');
  HttpRequest request = Request("application/grpc", "");
  EXPECT_EQ(RpcEdge::For(request)->Answer(kMessage, large).body, Frame(large));
  request.headers.Add("grpc-accept-encoding", "identity,gzip");
  HttpResponse response = RpcEdge::For(request)->Answer(kMessage, large);
  EXPECT_EQ(response.headers.Get("grpc-encoding"), "gzip");
  EXPECT_LT(response.body.size(), 500u);
  EXPECT_EQ(*TakeGrpcMessage(response.body, GrpcEncoding::kGzip, 10'000), large);
  request = Request("application/proto", "");
  request.headers.Add("Accept-Encoding", "gzip");
  response = RpcEdge::For(request)->Answer(kMessage, large);
  EXPECT_EQ(response.headers.Get("Content-Encoding"), "gzip");
  EXPECT_EQ(*Gunzip(response.body, 10'000), large);
}

TEST(RpcEdgeTest, ReadsTheDeadline) {
  struct Row {
    std::string_view type, field, value;
    std::optional<int64_t> ns;
  };
  const Row kRows[] = {
      {"application/grpc", "grpc-timeout", "20m", 20'000'000},
      {"application/grpc", "Connect-Timeout-Ms", "20", INT64_MAX},
      {"application/proto", "Connect-Timeout-Ms", "20", 20'000'000},
      {"application/proto", "grpc-timeout", "20m", INT64_MAX},
      {"application/proto", "Connect-Timeout-Ms", "-1", std::nullopt},
      {"application/proto", "Connect-Timeout-Ms", "12345678901", std::nullopt},
      {"application/json", "Connect-Timeout-Ms", "1s", std::nullopt},
      {"application/grpc-web", "grpc-timeout", "1", std::nullopt},
  };
  for (const Row& row : kRows) {
    HttpRequest request = Request(row.type, "");
    request.headers.Add(std::string(row.field), std::string(row.value));
    const Result<int64_t> ns = RpcEdge::For(request)->TimeoutNs(request);
    EXPECT_EQ(ns.ok() ? std::optional(*ns) : std::nullopt, row.ns) << row.value;
  }
}

}  // namespace
}  // namespace anneal
