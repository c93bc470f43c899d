// Patterns of strangers: what they may cost.
#include "store/matcher.h"

#include <gmock/gmock.h>

#include "store/profiles_for_test.h"
#include "store/series_index.h"

namespace anneal {
namespace {

using Op = LabelMatcher::Op;

// Of a control that ends a query after so many questions.
struct Asked {
  explicit Asked(int questions)
      : control(Clock::System(), QueryBounds{}, [this, questions] { return ++count > questions; }) {
  }
  int count = 0;
  QueryControl control;
};

TEST(Matcher, AQueryHasNoMoreThanSoManyPatterns) {
  std::vector<LabelMatcher> matchers(kMostPatterns, {"a", Op::kMatch, "x|y"});
  EXPECT_TRUE(CompileMatchers(matchers).ok());
  for (int i = 0; i < 50; ++i) matchers.push_back({"a", Op::kEqual, "x"});
  EXPECT_TRUE(CompileMatchers(matchers).ok()) << "what is no pattern costs little";
  matchers.push_back({"a", Op::kNotMatch, "x"});
  const Status status = CompileMatchers(matchers).status();
  EXPECT_EQ(status.code(), Code::kInvalidArgument);
  EXPECT_THAT(status.message(), testing::HasSubstr("100 matchers"));
}

TEST(Matcher, APatternThatNeedsMuchMemoryIsRefused) {
  for (const char* pattern : {"\\pL{1000}", "(\\pL{30}\\PN){30}", "x|\\pL{999}"}) {
    const Status status = CompiledMatcher::Compile({"a", Op::kMatch, pattern}).status();
    EXPECT_EQ(status.code(), Code::kInvalidArgument) << pattern;
    EXPECT_THAT(status.message(), testing::HasSubstr("too large")) << pattern;
  }
  std::string names = "service-0";
  for (int i = 1; i < 500; ++i) names += "|service-" + std::to_string(i);
  for (const std::string& pattern : {names, std::string(".{100}"), std::string("\\pL{1,10}.*")}) {
    EXPECT_TRUE(CompiledMatcher::Compile({"a", Op::kMatch, pattern}).ok()) << pattern;
  }
}

TEST(Matcher, CompilingEndsWithTheQuery) {
  const std::vector<LabelMatcher> matchers(20, {"a", Op::kMatch, ".+x"});
  Asked asked(3);
  EXPECT_EQ(CompileMatchers(matchers, &asked.control).status().code(), Code::kCanceled);
  EXPECT_EQ(asked.count, 4);
  Asked enough(20);
  EXPECT_TRUE(CompileMatchers(matchers, &enough.control).ok());
}

TEST(Matcher, MatchingEndsWithTheQuery) {
  SeriesIndex index;
  for (int i = 0; i < 50; ++i) {
    index.Touch("t", TestLabels("shop", kTestCpuType, {{"pod", std::to_string(i)}}), Epoch{1}, 1,
                [](std::string_view, std::string_view) {});
  }
  const auto matchers =
      CompileMatchers(std::vector<LabelMatcher>{{"pod", Op::kMatch, "[0-4]+"}}).value();
  auto find = [&](Asked& asked) {
    return index.Find("t", {}, matchers, {0, INT64_MAX}, &asked.control);
  };
  Asked asked(10);
  EXPECT_EQ(find(asked).status().code(), Code::kCanceled);
  EXPECT_EQ(asked.count, 11);
  Asked enough(50);
  EXPECT_EQ(find(enough)->size(), 25u);
}

}  // namespace
}  // namespace anneal
