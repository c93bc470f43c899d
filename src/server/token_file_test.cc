#include "server/token_file.h"

#include <gmock/gmock.h>

namespace anneal {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kHash[] =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

TEST(TokenFile, ReadsItsLines) {
  const std::string text = fmt::format(
      "# who may do what\n\n"
      "  ci:{0}:write:shop \r\n"
      "grafana:{0}:read:*\n"
      "ann_1:{0}:read, write,admin:b|a\n"
      "old:{0}:read",
      kHash);
  const Result<std::vector<TokenEntry>> entries = ParseTokenFile(text);
  ASSERT_TRUE(entries.ok()) << entries.status().ToString();
  ASSERT_EQ(entries->size(), 4u);
  EXPECT_EQ((*entries)[0].name, "ci");
  EXPECT_EQ((*entries)[0].hash, kHash);
  EXPECT_EQ((*entries)[0].tenants, std::vector<std::string>{"shop"});
  EXPECT_FALSE((*entries)[0].rights.Has(Right::kRead));
  EXPECT_TRUE((*entries)[0].rights.Has(Right::kWrite));
  EXPECT_TRUE((*entries)[1].tenants.empty()) << "any";
  EXPECT_EQ((*entries)[2].tenants, (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE((*entries)[2].rights.Has(Right::kAdmin));
  EXPECT_EQ((*entries)[3].tenants, std::vector<std::string>{"anonymous"});

  for (const TokenEntry& entry : *entries) {
    EXPECT_EQ(ParseTokenFile(FormatTokenLine(entry)).value(), std::vector<TokenEntry>{entry});
  }
  EXPECT_TRUE(ParseTokenFile("").value().empty());
}

TEST(TokenFile, NamesTheLineThatIsWrongButNoSecret) {
  struct Row {
    std::string text;
    std::string_view message;
  };
  const std::string good = fmt::format("a:{}:read", kHash);
  for (const Row& row : {
           Row{"hunter2", "line 1: 1 fields"},
           Row{good + "\nb:hunter2:read", "line 2: b: the hash"},
           Row{good + "\n\n" + good, "line 3: a is there twice"},
           Row{fmt::format("a b:{}:read", kHash), "line 1: a token's name"},
           Row{fmt::format(":{}:read", kHash), "line 1: a token's name"},
           Row{fmt::format("{}:{}:read", std::string(65, 'a'), kHash), "line 1: a token's name"},
           Row{fmt::format("a:{}:", kHash), "line 1: a: no rights"},
           Row{fmt::format("a:{}:read,own", kHash), "\"own\" is none of read, write, admin"},
           Row{fmt::format("a:{}:read:x/y", kHash), "line 1: a: tenant `x/y`"},
           Row{fmt::format("a:{}:read:", kHash), "line 1: a: tenant ``"},
           Row{fmt::format("a:{}:read:b:c", kHash), "line 1: 5 fields"},
       }) {
    const Status status = ParseTokenFile(row.text).status();
    EXPECT_EQ(status.code(), Code::kInvalidArgument) << row.text;
    EXPECT_THAT(status.message(), HasSubstr(row.message));
    EXPECT_THAT(status.message(), Not(HasSubstr("hunter2")));
    EXPECT_THAT(status.message(), Not(HasSubstr(kHash)));
  }
}

}  // namespace
}  // namespace anneal
