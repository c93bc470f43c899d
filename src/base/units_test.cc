#include "base/units.h"

#include <gtest/gtest.h>

namespace anneal {
namespace {

constexpr int64_t kSecondNs = 1'000'000'000;

TEST(UnitsTest, Durations) {
  struct Row {
    std::string_view text;
    int64_t ns;
    std::string_view formatted;
  };
  for (const Row& row : std::initializer_list<Row>{{"0", 0, "0s"},
                                                   {"15s", 15 * kSecondNs, "15s"},
                                                   {" 250ms ", kSecondNs / 4, "250ms"},
                                                   {"1h30m", 5400 * kSecondNs, "1h30m"},
                                                   {"1.5h", 5400 * kSecondNs, "1h30m"},
                                                   {"31d", 31 * 86400 * kSecondNs, "31d"},
                                                   {"1w", 7 * 86400 * kSecondNs, "7d"},
                                                   {"3us7ns", 3007, "3us7ns"}}) {
    Result<int64_t> parsed = ParseDuration(row.text);
    ASSERT_TRUE(parsed.ok()) << row.text;
    EXPECT_EQ(*parsed, row.ns) << row.text;
    EXPECT_EQ(FormatDuration(*parsed), row.formatted);
    EXPECT_EQ(*ParseDuration(FormatDuration(row.ns)), row.ns);
  }
  for (std::string_view bad : {"", " ", "15", "s", "-5s", "5x", "1h30", "1..5s", "1e3s", "400y",
                               "99999999999999d", "5 s m"}) {
    Result<int64_t> parsed = ParseDuration(bad);
    EXPECT_EQ(parsed.status().code(), Code::kInvalidArgument) << bad;
  }
}

TEST(UnitsTest, Sizes) {
  EXPECT_EQ(*ParseBytes("4096"), 4096u);
  EXPECT_EQ(*ParseBytes("256MiB"), 256u << 20);
  EXPECT_EQ(*ParseBytes("256 MiB"), 256u << 20);
  EXPECT_EQ(*ParseBytes("1.5KiB"), 1536u);
  EXPECT_EQ(*ParseBytes("1GB"), 1'000'000'000u);
  for (std::string_view bad : {"", "MiB", "-1", "5XB", "1e30", "99999999TiB"}) {
    EXPECT_FALSE(ParseBytes(bad).ok()) << bad;
  }
  EXPECT_EQ(FormatBytes(256u << 20), "256MiB");
  EXPECT_EQ(FormatBytes(1000), "1000");
  EXPECT_EQ(FormatBytes(0), "0");
  EXPECT_EQ(HumanBytes(3565158), "3.4 MiB");
  EXPECT_EQ(HumanBytes(12), "12 B");
}

TEST(UnitsTest, PercentNeedsItsSign) {
  EXPECT_DOUBLE_EQ(*ParsePercent("1%"), 0.01);
  EXPECT_DOUBLE_EQ(*ParsePercent("0.5 %"), 0.005);
  EXPECT_FALSE(ParsePercent("0.5").ok());
  EXPECT_FALSE(ParsePercent("-1%").ok());
}

}  // namespace
}  // namespace anneal
