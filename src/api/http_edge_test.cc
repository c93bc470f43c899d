#include "api/http_edge.h"

#include <gtest/gtest.h>

#include "profile/compress.h"

namespace anneal {
namespace {

TEST(HttpEdgeTest, MapsCodesAsConnectDoes) {
  const std::pair<Code, int> kRows[] = {
      {Code::kCanceled, 499},           {Code::kUnknown, 500},
      {Code::kInvalidArgument, 400},    {Code::kDeadlineExceeded, 504},
      {Code::kNotFound, 404},           {Code::kAlreadyExists, 409},
      {Code::kPermissionDenied, 403},   {Code::kResourceExhausted, 429},
      {Code::kFailedPrecondition, 400}, {Code::kAborted, 409},
      {Code::kOutOfRange, 400},         {Code::kUnimplemented, 501},
      {Code::kInternal, 500},           {Code::kUnavailable, 503},
      {Code::kDataLoss, 500},           {Code::kUnauthenticated, 401},
  };
  for (const auto& [code, status] : kRows) EXPECT_EQ(HttpStatusOf(code), status) << CodeName(code);
}

TEST(HttpEdgeTest, ErrorsAreJsonWhateverTheyQuote) {
  HttpResponse response = ErrorResponse(InvalidArgument("bad \"{}\"\n{}", "x", "\xff"));
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(response.headers.Get("content-type"), "application/json");
  EXPECT_EQ(response.body,
            "{\"code\":\"invalid_argument\",\"message\":\"bad \\\"x\\\"\\n\xef\xbf\xbd\"}");
}

TEST(HttpEdgeTest, CompressesWhenAskedAndWorthIt) {
  const std::string kLong(5'000, 'x');
  struct Row {
    std::string_view accept;
    std::string body;
    bool gzip;
  };
  const Row kRows[] = {
      {"gzip", kLong, true},
      {"deflate, gzip;q=0.5", kLong, true},
      {"*", kLong, true},
      {"", kLong, false},
      {"br", kLong, false},
      {"gzip;q=0", kLong, false},
      {"gzip;q=0.000", kLong, false},
      {"gzip", std::string(100, 'x'), false},
  };
  for (const Row& row : kRows) {
    HttpRequest request;
    request.headers.Add("Accept-Encoding", std::string(row.accept));
    HttpResponse response = BodyResponse(request, "a/b", row.body);
    EXPECT_EQ(response.headers.Get("Content-Encoding") == "gzip", row.gzip) << row.accept;
    std::string body = row.gzip ? *Gunzip(response.body, 1 << 20) : response.body;
    EXPECT_EQ(body, row.body);
  }
}

TEST(HttpEdgeTest, DecodesBodies) {
  struct Row {
    std::string_view encoding;
    std::string body;
    Code code;
  };
  const std::string kGzip = Gzip("hello", 1);
  const Row kRows[] = {
      {"", "hello", Code::kOk},
      {"identity", "hello", Code::kOk},
      {"gzip", kGzip, Code::kOk},
      {"GZIP", kGzip, Code::kOk},
      {"gzip", kGzip.substr(0, kGzip.size() - 3), Code::kInvalidArgument},
      {"gzip", "hello", Code::kInvalidArgument},
      {"gzip", "", Code::kInvalidArgument},
      {"br", "hello", Code::kUnimplemented},
      {"gzip, gzip", kGzip, Code::kUnimplemented},
      {"", "too long for it", Code::kResourceExhausted},
      {"gzip", Gzip("too long for it", 1), Code::kResourceExhausted},
  };
  for (const Row& row : kRows) {
    HttpRequest request;
    request.headers.Add("Content-Encoding", std::string(row.encoding));
    request.body = row.body;
    Status status = DecodeBody(request, 10);
    EXPECT_EQ(status.code(), row.code) << row.encoding << ": " << status.message();
    EXPECT_EQ(request.body == "hello", status.ok() || row.body == "hello") << row.encoding;
  }
}

TEST(HttpEdgeTest, KnowsTenants) {
  HttpRequest request;
  EXPECT_EQ(*TenantOf(request, Tenancy::kSingle), "anonymous");
  EXPECT_EQ(TenantOf(request, Tenancy::kHeader).status().code(), Code::kUnauthenticated);
  for (std::string_view name : {"a", "team-1_x.y", "(it's!*)"}) {
    request.headers.Set("X-Scope-OrgID", std::string(name));
    EXPECT_EQ(*TenantOf(request, Tenancy::kHeader), name);
    EXPECT_EQ(*TenantOf(request, Tenancy::kSingle), "anonymous");
  }
  for (std::string_view name : {"a/b", "a|", ".", "..", "a b", "ü"}) {
    request.headers.Set("X-Scope-OrgID", std::string(name));
    EXPECT_EQ(TenantOf(request, Tenancy::kHeader).status().code(), Code::kInvalidArgument) << name;
  }
  request.headers.Set("X-Scope-OrgID", "b|a|b");
  EXPECT_EQ(*TenantOf(request, Tenancy::kHeader), "a|b");
  EXPECT_EQ(WriterTenantOf(request, Tenancy::kHeader).status().code(), Code::kInvalidArgument);
  EXPECT_EQ(*WriterTenantOf(request, Tenancy::kSingle), "anonymous");
  request.headers.Set("X-Scope-OrgID", "b|b");
  EXPECT_EQ(*WriterTenantOf(request, Tenancy::kHeader), "b") << "one, twice";
  request.headers.Set("X-Scope-OrgID", std::string(151, 'a'));
  EXPECT_FALSE(TenantOf(request, Tenancy::kHeader).ok());
}

TEST(HttpEdgeTest, ReadsTheLabelNameCapability) {
  for (std::string_view accept :
       {"*/*;allow-utf8-labelnames=true", "application/json; allow-utf8-labelnames=true",
        "text/html, */*; allow-utf8-labelnames=\"true\""}) {
    EXPECT_TRUE(*AcceptsUtf8LabelNames(accept)) << accept;
  }
  for (std::string_view accept : {"", "*/*", "*/*;allow-utf8-labelnames=false",
                                  "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
                                  "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2"}) {
    Result<bool> accepts = AcceptsUtf8LabelNames(accept);
    ASSERT_TRUE(accepts.ok()) << accept;
    EXPECT_FALSE(*accepts) << accept;
  }
  for (std::string_view accept : {"json", "///", "/", "a/", "/b", "a b/c", "x=y", "\"/\"",
                                  "a/b, c/", "*/*;allow-utf8-labelnames"}) {
    EXPECT_FALSE(AcceptsUtf8LabelNames(accept).ok()) << accept;
  }
}

}  // namespace
}  // namespace anneal
