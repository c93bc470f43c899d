#include "net/http.h"

#include "net/message_text.h"
#include "net/url.h"

namespace anneal {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;

TEST(HttpHeaders, FindsWithoutCase) {
  HttpHeaders headers;
  headers.Add("Content-Type", "a");
  headers.Add("content-type", "b");
  headers.Add("X", "");
  EXPECT_EQ(headers.Get("CONTENT-TYPE"), "a");
  EXPECT_TRUE(headers.Has("x"));
  EXPECT_FALSE(headers.Has("y"));
  EXPECT_EQ(headers.Get("y"), "");
  headers.Set("Content-type", "c");
  EXPECT_THAT(headers.fields(), ElementsAre(Pair("X", ""), Pair("Content-type", "c")));
}

TEST(Percent, Decodes) {
  struct Row {
    std::string_view text, query, path;
  };
  for (const Row& row : {Row{"%41+b", "A b", "A+b"}, Row{"%e2%82%ac", "\u20ac", "\u20ac"},
                         Row{"%", "%", "%"}, Row{"%4", "%4", "%4"}, Row{"%zz", "%zz", "%zz"},
                         Row{"a%00b", std::string_view("a\0b", 3), std::string_view("a\0b", 3)}}) {
    EXPECT_EQ(PercentDecode(row.text, true), row.query);
    EXPECT_EQ(PercentDecode(row.text, false), row.path);
  }
}

TEST(Percent, EveryByteComesBack) {
  std::string all;
  for (int i = 0; i < 256; ++i) all.push_back(static_cast<char>(i));
  const std::string encoded = PercentEncode(all);
  EXPECT_EQ(PercentDecode(encoded, true), all);
  EXPECT_EQ(PercentDecode(encoded, false), all);
  for (char c : encoded) EXPECT_TRUE(c > 0x20 && c < 0x7f);
}

TEST(Target, Parses) {
  const HttpTarget target =
      ParseTarget("/ingest?name=app%7Ba%3D%22b%22%7D&from=1&&empty=&bare#frag");
  EXPECT_EQ(target.path, "/ingest");
  EXPECT_THAT(target.query, ElementsAre(Pair("name", "app{a=\"b\"}"), Pair("from", "1"),
                                        Pair("empty", ""), Pair("bare", "")));
  EXPECT_EQ(target.Get("from"), "1");
  EXPECT_EQ(target.Get("until", "now"), "now");
  EXPECT_EQ(ParseTarget("http://host:1/a?b=c").path, "/a");
  EXPECT_EQ(ParseTarget("http://host").path, "/");
  EXPECT_EQ(ParseTarget("*").path, "*");
  EXPECT_EQ(ParseTarget("").path, "");
}

TEST(Url, Parses) {
  struct Row {
    std::string_view text;
    bool tls;
    std::string_view host, port, field, path;
  };
  for (const Row& row :
       {Row{"http://localhost:4040", false, "localhost", "4040", "localhost:4040", "/"},
        Row{"HTTPS://a.b/c?d#e", true, "a.b", "443", "a.b", "/c?d"},
        Row{"http://h?q", false, "h", "80", "h", "/?q"},
        Row{"http://[::1]:99/x", false, "::1", "99", "[::1]:99", "/x"},
        Row{"https://h:443/", true, "h", "443", "h", "/"}}) {
    Result<HttpUrl> url = ParseHttpUrl(row.text);
    ASSERT_TRUE(url.ok()) << url.status().ToString();
    EXPECT_EQ(url->tls, row.tls);
    EXPECT_EQ(url->host, row.host);
    EXPECT_EQ(url->port, row.port);
    EXPECT_EQ(url->host_field, row.field);
    EXPECT_EQ(url->path, row.path);
  }
}

TEST(Url, RefusesWhatIsNoAddress) {
  for (std::string_view text :
       {"", "localhost:4040", "ftp://h/", "http://", "http:///x", "http://h:0/", "http://h:x/",
        "http://h:65536/", "http://h:-1/", "http://[::1/", "http://[::1]x/", "http://h/a b",
        "http://h/\r\nX: y"}) {
    EXPECT_EQ(ParseHttpUrl(text).status().code(), Code::kInvalidArgument) << text;
  }
  const Status secret = ParseHttpUrl("http://u:hunter2@h/").status();
  EXPECT_EQ(secret.code(), Code::kInvalidArgument);
  EXPECT_THAT(secret.message(), Not(HasSubstr("hunter2")));
}

TEST(MessageText, ResponseHeadCannotBeSplit) {
  HttpResponse response;
  response.headers.Add("X-Good", "yes");
  response.headers.Add("X-Bad", "a\r\nInjected: 1");
  response.headers.Add("Content-Length", "5");
  response.body = "0123456789";
  std::string head;
  AppendResponseHead(response, AfterResponse::kClose, "D", head);
  EXPECT_EQ(head,
            "HTTP/1.1 200 OK\r\nX-Good: yes\r\nDate: D\r\nContent-Length: 10\r\n"
            "Connection: close\r\n\r\n");
}

TEST(MessageText, RefusalIsJson) {
  EXPECT_EQ(RefusalResponse(413, "a \"b\" \\ \n").body,
            R"({"code":"resource_exhausted","message":"a \"b\" \\ \u000a"})");
}

TEST(MessageText, Date) {
  EXPECT_EQ(HttpDate(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");  // RFC 9110, 5.6.7
}

}  // namespace
}  // namespace anneal
