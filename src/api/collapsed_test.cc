#include "api/collapsed.h"

#include <gtest/gtest.h>

#include "api/made_profile.h"

namespace anneal {
namespace {

const CollapsedType kCpu = {"cpu", "nanoseconds", "cpu", "nanoseconds", 10};

TEST(CollapsedTest, ReadsCountsAndLines) {
  Result<Profile> profile = ParseCollapsed("main;a b 3\n\n main;a b 4\r\nmain 1\nlone 0",
                                           CollapsedCounts::kLast, kCpu, 0);
  ASSERT_TRUE(profile.ok()) << profile.status().message();
  EXPECT_TRUE(ValidateProfile(*profile).ok());
  EXPECT_EQ(Show(*profile), "main:0;a b:0 70\nmain:0 10\nlone:0 0\n");
  EXPECT_EQ(profile->Text(profile->sample_types[0].type), "cpu");
  EXPECT_EQ(profile->period, 10);

  profile = ParseCollapsed("main;a 1\nmain;a 1\nmain", CollapsedCounts::kOnes, kCpu, 0);
  ASSERT_TRUE(profile.ok());
  EXPECT_EQ(Show(*profile), "main:0;a 1:0 20\nmain:0 10\n");

  profile = ParseCollapsed("", CollapsedCounts::kLast, kCpu, 0);
  ASSERT_TRUE(profile.ok());
  EXPECT_EQ(profile->SampleCount(), 0u);
}

TEST(CollapsedTest, NamesTheBadLine) {
  for (std::string_view text :
       {"a 1\nb", "a 1\nb c", "a 1\nb -1", "a 1\nb 1.5", "a 1\nb 1x", "a 1\nb 99999999999999999999",
        "a 1\nb 9223372036854775807", "a 9223372036854775807"}) {
    Result<Profile> profile = ParseCollapsed(text, CollapsedCounts::kLast, kCpu, 0);
    ASSERT_FALSE(profile.ok()) << text;
    EXPECT_THAT(profile.status().message(), testing::HasSubstr("line "));
  }
  EXPECT_FALSE(ParseCollapsed("\xff 1", CollapsedCounts::kLast, kCpu, 0).ok());
  EXPECT_FALSE(ParseCollapsed("a 1\nb 1\nc 1", CollapsedCounts::kLast, kCpu, 2).ok());
}

}  // namespace
}  // namespace anneal
