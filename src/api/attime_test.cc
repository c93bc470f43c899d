#include "api/attime.h"

#include <gtest/gtest.h>

namespace anneal {
namespace {

constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kNow = 1'764'000'000 * kSecond;

struct Good {
  std::string_view text;
  int64_t ns;
};

TEST(AttimeTest, ReadsWhatClientsWrite) {
  const Good kRows[] = {
      {"now", kNow},
      {"now-1h", kNow - 3'600 * kSecond},
      {"now-5m", kNow - 300 * kSecond},
      {"now-5min", kNow - 300 * kSecond},
      {"now+30s", kNow + 30 * kSecond},
      {"now-1h30m", kNow - 5'400 * kSecond},
      {"now-2d", kNow - 172'800 * kSecond},
      {"now-1w", kNow - 604'800 * kSecond},
      {"now-1mon", kNow - 30 * 86'400 * kSecond},
      {"now-1M", kNow - 30 * 86'400 * kSecond},
      {"now-1y", kNow - 365 * 86'400 * kSecond},
      {"now-1500ms", kNow - 1'500'000'000},
      {"1764000000", kNow},
      {"1764000000123", kNow + 123'000'000},
      {"1764000000123456", kNow + 123'456'000},
      {"1764000000123456789", kNow + 123'456'789},
      {"20251124", 1'763'942'400 * kSecond},
      {"99999999", 99'999'999 * kSecond},  // eight digits, but no date
      {"0", 0},
      {"2025-11-24T16:00:00Z", kNow},
      {"2025-11-24T16:00:00.5Z", kNow + kSecond / 2},
      {"2025-11-24T17:00:00+01:00", kNow},
  };
  for (const Good& row : kRows) {
    Result<int64_t> time = ParseTime(row.text, kNow);
    ASSERT_TRUE(time.ok()) << row.text << ": " << time.status().message();
    EXPECT_EQ(*time, row.ns) << row.text;
  }
}

TEST(AttimeTest, RefusesTheRest) {
  for (std::string_view text :
       {"", " ", "now-", "now-h", "now-1", "now-1x", "now1h", "now--1h", "now-1h-", "later", "-5",
        "99999999999999999999", "9999999999999", "now-99999999999y", "2025-13-01T00:00:00Z",
        "2025-11-24", "infinite-future", "1e9", "0x10"}) {
    Result<int64_t> time = ParseTime(text, kNow);
    ASSERT_FALSE(time.ok()) << text;
    EXPECT_EQ(time.status().code(), Code::kInvalidArgument);
  }
}

}  // namespace
}  // namespace anneal
