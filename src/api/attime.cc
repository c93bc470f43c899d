#include "api/attime.h"

#include <absl/time/time.h>

#include <charconv>
#include <limits>
#include <string>

namespace anneal {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

struct Unit {
  std::string_view name;
  int64_t ns;
};
constexpr Unit kUnits[] = {
    {"ns", 1},
    {"us", 1'000},
    {"ms", 1'000'000},
    {"s", kSecond},
    {"sec", kSecond},
    {"second", kSecond},
    {"seconds", kSecond},
    {"m", 60 * kSecond},
    {"min", 60 * kSecond},
    {"minute", 60 * kSecond},
    {"minutes", 60 * kSecond},
    {"h", 3'600 * kSecond},
    {"hour", 3'600 * kSecond},
    {"hours", 3'600 * kSecond},
    {"d", 86'400 * kSecond},
    {"day", 86'400 * kSecond},
    {"days", 86'400 * kSecond},
    {"w", 7 * 86'400 * kSecond},
    {"week", 7 * 86'400 * kSecond},
    {"weeks", 7 * 86'400 * kSecond},
    {"M", 30 * 86'400 * kSecond},
    {"mon", 30 * 86'400 * kSecond},
    {"month", 30 * 86'400 * kSecond},
    {"months", 30 * 86'400 * kSecond},
    {"y", 365 * 86'400 * kSecond},
    {"year", 365 * 86'400 * kSecond},
    {"years", 365 * 86'400 * kSecond},
};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

Status Bad(std::string_view text) {
  return InvalidArgument(
      "time `{}`: write now-1h, 2026-11-23T13:55:00Z, or unix seconds (10 digits), milliseconds "
      "(13), microseconds (16) or nanoseconds (19)",
      text.substr(0, 64));
}

// "-1h30m" → signed nanoseconds.
bool ParseOffset(std::string_view text, int64_t& out_ns) {
  if (text.empty() || (text[0] != '-' && text[0] != '+')) return false;
  bool minus = text[0] == '-';
  text.remove_prefix(1);
  if (text.empty()) return false;
  int64_t sum = 0;
  while (!text.empty()) {
    int64_t count = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (error != std::errc() || count < 0) return false;
    text.remove_prefix(static_cast<size_t>(end - text.data()));
    size_t length = 0;
    while (length < text.size() && !IsDigit(text[length])) ++length;
    const Unit* unit = nullptr;
    for (const Unit& candidate : kUnits) {
      if (candidate.name == text.substr(0, length)) unit = &candidate;
    }
    int64_t part = 0;
    if (unit == nullptr || __builtin_mul_overflow(count, unit->ns, &part) ||
        __builtin_add_overflow(sum, part, &sum)) {
      return false;
    }
    text.remove_prefix(length);
  }
  out_ns = minus ? -sum : sum;
  return true;
}

bool ParseDay(std::string_view digits, int64_t& out_ns) {
  auto number = [&](size_t at, size_t size) {
    int value = 0;
    std::from_chars(digits.data() + at, digits.data() + at + size, value);
    return value;
  };
  absl::CivilDay day(number(0, 4), number(4, 2), number(6, 2));
  bool is_date = day.year() == number(0, 4) && day.month() == number(4, 2) &&
                 day.day() == number(6, 2) && day.year() > 1900 && day.year() < 2200;
  if (is_date) out_ns = absl::ToUnixNanos(absl::FromCivil(day, absl::UTCTimeZone()));
  return is_date;
}

Result<int64_t> ParseDigits(std::string_view text) {
  int64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return Bad(text);
  int64_t day_ns = 0;
  if (text.size() == 8 && ParseDay(text, day_ns)) return day_ns;
  int64_t unit = kSecond;
  if (text.size() == 13) unit = 1'000'000;
  if (text.size() == 16) unit = 1'000;
  if (text.size() == 19) unit = 1;
  int64_t ns = 0;
  if (__builtin_mul_overflow(value, unit, &ns)) return Bad(text);
  return ns;
}

}  // namespace

Result<int64_t> ParseTime(std::string_view text, int64_t now_ns) {
  bool digits = !text.empty();
  for (char c : text) digits = digits && IsDigit(c);
  if (digits) return ParseDigits(text);
  if (text.substr(0, 3) == "now") {
    std::string_view rest = text.substr(3);
    int64_t offset = 0;
    int64_t ns = 0;
    if (rest.empty()) return now_ns;
    if (!ParseOffset(rest, offset) || __builtin_add_overflow(now_ns, offset, &ns)) {
      return Bad(text);
    }
    return ns;
  }
  absl::Time time;
  std::string error;
  if (text.size() > 64 || !absl::ParseTime(absl::RFC3339_full, std::string(text), &time, &error)) {
    return Bad(text);
  }
  int64_t ns = absl::ToUnixNanos(time);
  if (ns == std::numeric_limits<int64_t>::min() || ns == std::numeric_limits<int64_t>::max()) {
    return Bad(text);
  }
  return ns;
}

}  // namespace anneal
