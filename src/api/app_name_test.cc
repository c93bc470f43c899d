#include "api/app_name.h"

#include <gtest/gtest.h>

namespace anneal {
namespace {

TEST(AppNameTest, ReadsServiceAndLabels) {
  struct Row {
    std::string_view text, service;
    std::vector<LabelPair> labels;
  };
  const Row kRows[] = {
      {"shop", "shop", {}},
      {"shop{}", "shop", {}},
      {" shop { } ", "shop", {}},
      {"a/b.c-d_e{x=1,y=2}", "a/b.c-d_e", {{"x", "1"}, {"y", "2"}}},
      {"s{otel.scope.name=com.grafana.pyroscope/go}",
       "s",
       {{"otel.scope.name", "com.grafana.pyroscope/go"}}},
      {"s{a=}", "s", {{"a", ""}}},
      {"s{a=b=c}", "s", {{"a", "b=c"}}},
      {"s{ a = b , c = d ,}", "s", {{"a", "b"}, {"c", "d"}}},
      {"s{a=ü \"x\"}", "s", {{"a", "ü \"x\""}}},
  };
  for (const Row& row : kRows) {
    Result<AppName> name = ParseAppName(row.text);
    ASSERT_TRUE(name.ok()) << row.text << ": " << name.status().message();
    EXPECT_EQ(name->service, row.service) << row.text;
    EXPECT_EQ(name->labels, row.labels) << row.text;
  }
}

TEST(AppNameTest, RefusesTheRest) {
  for (std::string_view text :
       {"", " ", "{}", "{a=b}", "s{", "s{a=b", "s{a}", "s{=b}", "s{a b=c}", "s p", "ü", "s}",
        "s{a=b}x", "s{a={}}", "s!{a=b}", "s{a-b=c}", "s{a/b=c}", "s{__name__=x}"}) {
    Result<AppName> name = ParseAppName(text);
    ASSERT_FALSE(name.ok()) << text;
    EXPECT_EQ(name.status().code(), Code::kInvalidArgument);
    EXPECT_THAT(name.status().message(), testing::HasSubstr("write service{label=value,…}"));
  }
}

}  // namespace
}  // namespace anneal
