#include "api/grpc_message.h"

#include <gtest/gtest.h>

#include "profile/compress.h"

namespace anneal {
namespace {

std::string Frame(uint8_t flags, std::string_view payload) {
  std::string out;
  AppendGrpcFrame(flags, payload, out);
  return out;
}

TEST(GrpcMessageTest, FramesAsTheSpecificationDoes) {
  EXPECT_EQ(Frame(1, "abc"), std::string("\x01\0\0\0\x03"
                                         "abc",
                                         8));
  EXPECT_EQ(Frame(0, std::string(0x012345, 'x')).substr(0, 5), std::string("\0\0\x01\x23\x45", 5));
}

TEST(GrpcMessageTest, TakesTheOneMessage) {
  struct Row {
    std::string body;
    GrpcEncoding encoding;
    Code code;
    std::string message;
  };
  const Row kRows[] = {
      {Frame(0, "hello"), GrpcEncoding::kIdentity, Code::kOk, "hello"},
      {Frame(0, ""), GrpcEncoding::kIdentity, Code::kOk, ""},
      {Frame(0, "hello"), GrpcEncoding::kGzip, Code::kOk, "hello"},
      {Frame(1, Gzip("hello")), GrpcEncoding::kGzip, Code::kOk, "hello"},
      {Frame(0, "hello") + Frame(128, "a: b\r\n"), GrpcEncoding::kIdentity, Code::kOk, "hello"},
      {Frame(1, "hello"), GrpcEncoding::kGzip, Code::kInvalidArgument, ""},
      {Frame(1, Gzip("hello")), GrpcEncoding::kIdentity, Code::kInvalidArgument, ""},
      {Frame(2, "hello"), GrpcEncoding::kIdentity, Code::kInvalidArgument, ""},
      {Frame(0, "hello") + "x", GrpcEncoding::kIdentity, Code::kInvalidArgument, ""},
      {Frame(0, "hello") + Frame(0, "two"), GrpcEncoding::kIdentity, Code::kUnimplemented, ""},
      {"", GrpcEncoding::kIdentity, Code::kUnimplemented, ""},
      {Frame(128, ""), GrpcEncoding::kIdentity, Code::kUnimplemented, ""},
      {std::string("\0\xff\xff\xff\xffx", 6), GrpcEncoding::kIdentity, Code::kInvalidArgument, ""},
      {Frame(0, std::string(101, 'x')), GrpcEncoding::kIdentity, Code::kResourceExhausted, ""},
      {Frame(1, Gzip(std::string(101, 'x'))), GrpcEncoding::kGzip, Code::kResourceExhausted, ""},
      {Frame(1, Gzip(std::string(100, 'x'))), GrpcEncoding::kGzip, Code::kOk,
       std::string(100, 'x')},
  };
  for (const Row& row : kRows) {
    const Result<std::string> message = TakeGrpcMessage(row.body, row.encoding, 100);
    EXPECT_EQ(message.status().code(), row.code) << message.status().ToString();
    if (message.ok()) {
      EXPECT_EQ(*message, row.message);
    }
  }
}

TEST(GrpcMessageTest, EveryPrefixIsRefused) {
  const std::string whole = Frame(1, Gzip("hello"));
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(TakeGrpcMessage(whole.substr(0, size), GrpcEncoding::kGzip, 100).ok()) << size;
  }
}

TEST(GrpcMessageTest, KnowsEncodings) {
  EXPECT_EQ(*ParseGrpcEncoding(""), GrpcEncoding::kIdentity);
  EXPECT_EQ(*ParseGrpcEncoding("identity"), GrpcEncoding::kIdentity);
  EXPECT_EQ(*ParseGrpcEncoding("GZIP"), GrpcEncoding::kGzip);
  EXPECT_EQ(ParseGrpcEncoding("snappy").status().code(), Code::kUnimplemented);
}

TEST(GrpcMessageTest, EncodesText) {
  EXPECT_EQ(EncodeGrpcText("a b~!"), "a b~!");
  EXPECT_EQ(EncodeGrpcText("50%\n\xc3\xbc"), "50%25%0A%C3%BC");
}

TEST(GrpcMessageTest, ReadsTimeouts) {
  const std::pair<std::string_view, int64_t> kRows[] = {
      {"100m", 100'000'000},
      {"1H", 3'600'000'000'000},
      {"2M", 120'000'000'000},
      {"3S", 3'000'000'000},
      {"4u", 4'000},
      {"5n", 5},
      {"0n", 0},
      {"00000001n", 1},
      {"99999999u", 99'999'999'000},
      {"99999999H", INT64_MAX / 3'600'000'000'000 * 3'600'000'000'000},
  };
  for (const auto& [text, ns] : kRows) EXPECT_EQ(*ParseGrpcTimeout(text), ns) << text;
  for (std::string_view text : {"", "m", "100", "-1m", "+1m", "1s", "1.5S", "100000000n", " 1m"}) {
    EXPECT_EQ(ParseGrpcTimeout(text).status().code(), Code::kInvalidArgument) << text;
  }
}

TEST(GrpcMessageTest, Base64BothWays) {
  const std::pair<std::string_view, std::string_view> kRows[] = {
      {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}};
  for (const auto& [bytes, text] : kRows) {
    EXPECT_EQ(EncodeBase64(bytes), text);
    EXPECT_EQ(*DecodeBase64Pieces(text), bytes);
  }
  EXPECT_EQ(*DecodeBase64Pieces("Zg==Zm8=Zm9v"), "ffofoo");
  for (std::string_view text : {"Z", "Zg=", "Z===", "====", "Zg=v", "Zm9-", "Zm 9"}) {
    EXPECT_FALSE(DecodeBase64Pieces(text).ok()) << text;
  }
  std::string all(256, '\0');
  for (size_t i = 0; i < all.size(); ++i) all[i] = static_cast<char>(i);
  EXPECT_EQ(*DecodeBase64Pieces(EncodeBase64(all)), all);
}

}  // namespace
}  // namespace anneal
