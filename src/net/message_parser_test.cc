#include "net/message_parser.h"

namespace anneal {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;
using Stage = MessageParser::Stage;

constexpr MessageLimits kLimits{.header_bytes = 1024, .body_bytes = 100};

// Feeds `text` in pieces of `piece` bytes, giving again what was left over, as a connection does.
void FeedAll(MessageParser& parser, std::string_view text, size_t piece) {
  std::string rest;
  while (!text.empty()) {
    rest.append(text.substr(0, piece));
    text.remove_prefix(std::min(piece, text.size()));
    for (size_t used = 1; used != 0 && !rest.empty();) {
      used = parser.Feed(rest);
      rest.erase(0, used);
    }
  }
}

struct Good {
  std::string_view text, method, target, body;
};

constexpr Good kGood[] = {
    {"GET / HTTP/1.1\r\nHost: h\r\n\r\n", "GET", "/", ""},
    {"POST /a?b=c HTTP/1.1\r\nhost: h\r\nContent-Length: 5\r\n\r\nhello", "POST", "/a?b=c",
     "hello"},
    {"PUT /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
     "5\r\nhello\r\n1;ext=1\r\n!\r\n0\r\nTrailer: x\r\n\r\n",
     "PUT", "/x", "hello!"},
    {"GET / HTTP/1.0\r\n\r\n", "GET", "/", ""},
    {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n", "POST", "/", ""},
    {"BREW /pot HTTP/1.1\r\nHost: h\r\n\r\n", "BREW", "/pot", ""},
};

TEST(MessageParser, TakesMessagesInPiecesOfAnySize) {
  for (const Good& row : kGood) {
    for (size_t piece = 1; piece <= row.text.size(); ++piece) {
      MessageParser parser(MessageKind::kRequest, kLimits);
      FeedAll(parser, row.text, piece);
      ASSERT_EQ(parser.stage(), Stage::kDone) << row.text << " in pieces of " << piece;
      EXPECT_EQ(parser.head().method, row.method);
      EXPECT_EQ(parser.head().target, row.target);
      EXPECT_EQ(parser.body(), row.body);
    }
  }
}

TEST(MessageParser, NoPrefixIsComplete) {
  for (const Good& row : kGood) {
    for (size_t length = 0; length < row.text.size(); ++length) {
      MessageParser parser(MessageKind::kRequest, kLimits);
      FeedAll(parser, row.text.substr(0, length), 7);
      EXPECT_TRUE(parser.stage() == Stage::kHead || parser.stage() == Stage::kBody)
          << row.text.substr(0, length);
      parser.FeedEnd();
      EXPECT_EQ(parser.stage(), Stage::kFailed) << row.text.substr(0, length);
    }
  }
}

TEST(MessageParser, TrailersAreNoHeaderFields) {
  MessageParser parser(MessageKind::kRequest, kLimits);
  FeedAll(parser, kGood[2].text, 1000);
  EXPECT_THAT(parser.head().headers.fields(),
              ElementsAre(Pair("Host", "h"), Pair("Transfer-Encoding", "chunked")));
}

TEST(MessageParser, ResetForgetsEverything) {
  MessageParser parser(MessageKind::kRequest, kLimits);
  FeedAll(parser, kGood[1].text, 1000);
  parser.Reset(MessageKind::kRequest);
  FeedAll(parser, kGood[0].text, 1000);
  EXPECT_EQ(parser.stage(), Stage::kDone);
  EXPECT_EQ(parser.body(), "");
  EXPECT_EQ(parser.head().content_length, std::nullopt);
  EXPECT_EQ(parser.head().headers.fields().size(), 1u);
}

struct Bad {
  std::string text;
  int status;
};

TEST(MessageParser, RefusesWithTheRightStatus) {
  const Bad rows[] = {
      {"\x16\x03\x01\x02\x01", 400},  // a TLS client
      {"GET\r\n\r\n", 400},
      {"GET / HTTP/2.0\r\nHost: h\r\n\r\n", 505},
      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
      {"GET / HTTP/1.1\r\n\r\n", 400},  // no Host
      {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\nNo Colon\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\nX : y\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\nX: \x01\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
       400},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n",
       400},
      {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 501},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n", 501},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nz\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
       "ffffffffffffffffff\r\n",
       400},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n",
       400},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n" +
           std::string(101, 'x') + "\r\n0\r\n\r\n",
       413},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 101\r\n\r\n", 413},
      {"POST / HTTP/1.1\r\nHost: a\r\nExpect: tea\r\n\r\n", 417},
      {"GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(2000, 'x') + "\r\n\r\n", 431},
      {"GET /" + std::string(2000, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n", 431},
  };
  for (const Bad& row : rows) {
    for (size_t piece : {row.text.size(), size_t{1}, size_t{13}}) {
      MessageParser parser(MessageKind::kRequest, kLimits);
      FeedAll(parser, row.text, piece);
      ASSERT_EQ(parser.stage(), Stage::kFailed) << row.text;
      EXPECT_EQ(parser.failure().status, row.status)
          << row.text << ": " << parser.failure().message;
      EXPECT_EQ(parser.Feed("GET / HTTP/1.1\r\nHost: h\r\n\r\n"), 0u);
    }
  }
}

TEST(MessageParser, Responses) {
  struct Row {
    MessageKind kind;
    std::string_view text;
    int status;
    std::string_view body;
    bool needs_end;
  };
  for (const Row& row :
       {Row{MessageKind::kResponse, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", 200, "hi",
            false},
        Row{MessageKind::kResponse, "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", 200, "", false},
        Row{MessageKind::kResponse, "HTTP/1.1 200 OK\r\n\r\nto the end", 200, "to the end", true},
        Row{MessageKind::kResponse, "HTTP/1.1 204 No Content\r\n\r\n", 204, "", false},
        Row{MessageKind::kResponse, "HTTP/1.1 100 Continue\r\n\r\n", 100, "", false},
        Row{MessageKind::kResponseToHead, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", 200, "",
            false},
        Row{MessageKind::kResponse,
            "HTTP/1.1 500 E\r\nTransfer-Encoding: Chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n", 500, "x",
            false}}) {
    for (size_t piece : {size_t{1}, size_t{1000}}) {
      MessageParser parser(row.kind, kLimits);
      FeedAll(parser, row.text, piece);
      EXPECT_EQ(parser.stage() != Stage::kDone, row.needs_end) << row.text;
      if (row.needs_end) parser.FeedEnd();
      ASSERT_EQ(parser.stage(), Stage::kDone) << row.text;
      EXPECT_EQ(parser.head().status, row.status);
      EXPECT_EQ(parser.body(), row.body);
    }
  }
}

}  // namespace
}  // namespace anneal
