#include "api/selector.h"

#include <gtest/gtest.h>

namespace anneal {
namespace {

using Op = LabelMatcher::Op;

// Matchers one a line, for comparing and for messages: "name op value".
std::string Show(const Selector& selector) {
  static constexpr std::string_view kOps[] = {"=", "!=", "=~", "!~"};
  std::string out = selector.metric.empty() ? "" : selector.metric + ": ";
  for (const LabelMatcher& matcher : selector.matchers) {
    out += fmt::format("[{}|{}|{}]", matcher.name, kOps[static_cast<size_t>(matcher.op)],
                       matcher.value);
  }
  return out;
}

struct Good {
  std::string_view text, shown;
};

TEST(SelectorTest, ReadsWhatPromQlReads) {
  const Good kRows[] = {
      {"{}", ""},
      {" { } ", ""},
      {R"({a="b"})", "[a|=|b]"},
      {R"({a="b",})", "[a|=|b]"},
      {R"({a="b", c!="d",e=~"f.*" , g!~"h"})", "[a|=|b][c|!=|d][e|=~|f.*][g|!~|h]"},
      {R"({ a = "b" })", "[a|=|b]"},
      {R"({_x9="" })", "[_x9|=|]"},
      {R"({"otel.scope.name"="com.grafana.pyroscope/go"})",
       "[otel.scope.name|=|com.grafana.pyroscope/go]"},
      {R"({'a b'='c"d'})", "[a b|=|c\"d]"},
      {"{`a`=`b\\n`}", "[a|=|b\\n]"},
      {R"({a="x\ty\"z\\"})", "[a|=|x\ty\"z\\]"},
      {R"({a="\x41\101\u00e9\U0001F600"})", "[a|=|AA\xc3\xa9\xf0\x9f\x98\x80]"},
      {R"({a="ü"})", "[a|=|ü]"},
      {"{a=\"b\", # why\n c=\"d\"}", "[a|=|b][c|=|d]"},
      {R"(process_cpu:cpu:nanoseconds:cpu:nanoseconds{a="b"})",
       "process_cpu:cpu:nanoseconds:cpu:nanoseconds: [a|=|b]"},
      {"up", "up: "},
      {R"({"up", a="b"})", "up: [a|=|b]"},
      {R"({a="b",a!="c"})", "[a|=|b][a|!=|c]"},
      {R"({a=~"^(?i:x|y)$"})", "[a|=~|^(?i:x|y)$]"},
  };
  for (const Good& row : kRows) {
    Result<Selector> selector = ParseSelector(row.text);
    ASSERT_TRUE(selector.ok()) << row.text << ": " << selector.status().message();
    EXPECT_EQ(Show(*selector), row.shown) << row.text;
  }
}

struct Bad {
  std::string_view text, message;  // a part of it
};

TEST(SelectorTest, SaysWhatIsWrongAndWhere) {
  const Bad kRows[] = {
      {"", "position 1: empty"},
      {"   ", "empty"},
      {"{", "position 2: missing '}'"},
      {"}", "expected '{'"},
      {"{a", "expected one of"},
      {"{a=", "position 4: the value must be quoted"},
      {"{a=b}", "position 4: the value must be quoted"},
      {"{a=5}", "must be quoted"},
      {"{a=\"b\"", "missing '}'"},
      {"{a=\"b}", "position 4: unclosed quote"},
      {"{a=\"b\nc\"}", "a line ends inside quotes"},
      {"{a=\"b\" c=\"d\"}", "position 8: expected ',' or '}'"},
      {"{a=\"b\"} x", "position 9: nothing may follow"},
      {"{a=\"b\"}}", "nothing may follow"},
      {"{,}", "position 2: expected a label's name"},
      {"{a=\"b\",,}", "expected a label's name"},
      {"{=\"b\"}", "expected a label's name"},
      {"{1a=\"b\"}", "expected a label's name"},
      {"{a.b=\"c\"}", "must be quoted"},
      {"{a-b=\"c\"}", "must be quoted"},
      {"{a==\"b\"}", "must be quoted"},
      {"{a~\"b\"}", "expected one of = != =~ !~"},
      {"{a<\"b\"}", "expected one of"},
      {"{a!\"b\"}", "expected one of"},
      {"{a=~\"(\"}", "position 5: bad pattern for label a"},
      {"{a=~\"[z-a]\"}", "bad pattern"},
      {"{a!~\"*\"}", "bad pattern"},
      {"{a=~\"(?=x)\"}", "bad pattern"},
      {"{a=\"\\q\"}", "unknown escape"},
      {"{a=\"\\x4\"}", "bad number"},
      {"{a=\"\\400\"}", "bad number"},
      {"{a=\"\\ud800\"}", "names no character"},
      {"{a=\"\\", "unfinished escape"},
      {"{\"\"=\"b\"}", "name is empty"},
      {"up{\"down\"}", "a second metric name"},
      {"rate(up[5m])", "expected '{'"},
      {"{a=\"b\"}[5m]", "nothing may follow"},
      {"\"up\"", "expected '{'"},
  };
  for (const Bad& row : kRows) {
    Result<Selector> selector = ParseSelector(row.text);
    ASSERT_FALSE(selector.ok()) << row.text;
    EXPECT_EQ(selector.status().code(), Code::kInvalidArgument) << row.text;
    EXPECT_THAT(selector.status().message(), testing::HasSubstr(std::string(row.message)))
        << row.text;
  }
}

TEST(SelectorTest, HasAHundredMatchersAtMost) {
  std::string text = "{a=\"1\"";
  for (int i = 1; i < 100; ++i) text += ",b=~\"x\"";
  EXPECT_EQ(ParseSelector(text + "}")->matchers.size(), 100u);
  const Status status = ParseSelector(text + ",c!=\"2\"}").status();
  EXPECT_EQ(status.code(), Code::kInvalidArgument);
  EXPECT_THAT(status.message(), testing::HasSubstr("more than 100 matchers"));
}

// A prefix of a valid selector is valid only when it is whole; none may crash.
TEST(SelectorTest, EveryPrefixIsRefusedOrWhole) {
  const std::string kWhole = R"({"a.b"="\u00e9", c=~`x|y` , d!~'z'})";
  for (size_t size = 0; size < kWhole.size(); ++size) {
    EXPECT_FALSE(ParseSelector(kWhole.substr(0, size)).ok()) << size;
  }
  EXPECT_TRUE(ParseSelector(kWhole).ok());
}

TEST(SelectorTest, LongTextIsCutInMessages) {
  Result<Selector> selector = ParseSelector("{a=\"" + std::string(100'000, 'x'));
  ASSERT_FALSE(selector.ok());
  EXPECT_LT(selector.status().message().size(), 400u);
}

TEST(SelectorTest, MetricBecomesAMatcher) {
  Result<std::vector<LabelMatcher>> matchers = ParseMatchers(R"(memory{a="b"})");
  ASSERT_TRUE(matchers.ok());
  ASSERT_EQ(matchers->size(), 2u);
  EXPECT_EQ((*matchers)[1].name, "__name__");
  EXPECT_EQ((*matchers)[1].value, "memory");
  EXPECT_EQ((*matchers)[1].op, Op::kEqual);
}

TEST(SelectorTest, KnowsLegacyNames) {
  for (std::string_view name : {"a", "_a9", "__name__", "A_b"}) {
    EXPECT_TRUE(IsLegacyLabelName(name)) << name;
  }
  for (std::string_view name : {"", "9a", "a.b", "a-b", "ü", "a b", "a:b"}) {
    EXPECT_FALSE(IsLegacyLabelName(name)) << name;
  }
}

}  // namespace
}  // namespace anneal
