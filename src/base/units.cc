#include "base/units.h"

#include <array>
#include <charconv>
#include <cmath>

namespace anneal {
namespace {

struct Unit {
  std::string_view name;
  double scale;
};

// Longest first among those with a common beginning; FormatDuration reads it from the back.
constexpr std::array<Unit, 8> kDurations = {{{"ns", 1},
                                             {"us", 1e3},
                                             {"ms", 1e6},
                                             {"s", 1e9},
                                             {"m", 60e9},
                                             {"h", 3600e9},
                                             {"d", 86400e9},
                                             {"w", 604800e9}}};

constexpr std::array<Unit, 12> kSizes = {{{"", 1},
                                          {"B", 1},
                                          {"KiB", 1024.0},
                                          {"MiB", 1048576.0},
                                          {"GiB", 1073741824.0},
                                          {"TiB", 1099511627776.0},
                                          {"KB", 1e3},
                                          {"MB", 1e6},
                                          {"GB", 1e9},
                                          {"TB", 1e12},
                                          {"kB", 1e3},
                                          {"K", 1024.0}}};

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

// Takes a decimal number off the front; false when there is none. A sign is not a number here.
bool TakeNumber(std::string_view* text, double* number) {
  size_t end = text->find_first_not_of("0123456789.");
  if (end == std::string_view::npos) end = text->size();
  auto [rest, error] = std::from_chars(text->data(), text->data() + end, *number);
  if (error != std::errc() || rest != text->data() + end) return false;
  text->remove_prefix(end);
  return true;
}

std::string_view TakeUnit(std::string_view* text) {
  size_t end = text->find_first_of("0123456789.");
  std::string_view unit = text->substr(0, end);
  text->remove_prefix(unit.size());
  return unit;
}

template <size_t N>
const Unit* FindUnit(const std::array<Unit, N>& units, std::string_view name) {
  for (const Unit& unit : units) {
    if (unit.name == name) return &unit;
  }
  return nullptr;
}

Status BadDuration(std::string_view text) {
  return InvalidArgument(
      "\"{}\" is not a duration: write a number and a unit, such as 15s, 1h30m or 31d", text);
}

}  // namespace

Result<int64_t> ParseDuration(std::string_view text) {
  std::string_view rest = Trimmed(text);
  if (rest == "0") return int64_t{0};
  if (rest.empty()) return BadDuration(text);
  double total_ns = 0;
  while (!rest.empty()) {
    double number = 0;
    if (!TakeNumber(&rest, &number)) return BadDuration(text);
    const Unit* unit = FindUnit(kDurations, TakeUnit(&rest));
    if (unit == nullptr) return BadDuration(text);
    total_ns += number * unit->scale;
  }
  if (total_ns > 9.2e18) return InvalidArgument("\"{}\" is longer than 292 years", text);
  return static_cast<int64_t>(std::llround(total_ns));
}

std::string FormatDuration(int64_t duration_ns) {
  if (duration_ns == 0) return "0s";
  std::string out;
  uint64_t left = static_cast<uint64_t>(duration_ns);
  if (duration_ns < 0) {
    out = "-";
    left = 0 - left;
  }
  // Weeks are left out: 31d is what people write, not 4w3d.
  for (size_t i = kDurations.size() - 1; i-- > 0;) {
    auto scale = static_cast<uint64_t>(kDurations[i].scale);
    if (left >= scale) out += fmt::format("{}{}", left / scale, kDurations[i].name);
    left %= scale;
  }
  return out;
}

Result<uint64_t> ParseBytes(std::string_view text) {
  std::string_view rest = Trimmed(text);
  double number = 0;
  const Unit* unit = nullptr;
  if (TakeNumber(&rest, &number)) unit = FindUnit(kSizes, Trimmed(rest));
  if (unit == nullptr) {
    return InvalidArgument("\"{}\" is not a size: write bytes, or a number with KiB, MiB or GiB",
                           text);
  }
  double bytes = number * unit->scale;
  if (bytes > 9.2e18) return InvalidArgument("\"{}\" is more than 8 EiB", text);
  return static_cast<uint64_t>(std::llround(bytes));
}

std::string FormatBytes(uint64_t bytes) {
  for (std::string_view name : {"TiB", "GiB", "MiB", "KiB"}) {
    auto scale = static_cast<uint64_t>(FindUnit(kSizes, name)->scale);
    if (bytes >= scale && bytes % scale == 0) return fmt::format("{}{}", bytes / scale, name);
  }
  return fmt::format("{}", bytes);
}

std::string HumanBytes(uint64_t bytes) {
  for (std::string_view name : {"TiB", "GiB", "MiB", "KiB"}) {
    double scale = FindUnit(kSizes, name)->scale;
    if (static_cast<double>(bytes) >= scale) {
      return fmt::format("{:.1f} {}", static_cast<double>(bytes) / scale, name);
    }
  }
  return fmt::format("{} B", bytes);
}

Result<double> ParsePercent(std::string_view text) {
  std::string_view rest = Trimmed(text);
  double number = 0;
  if (!TakeNumber(&rest, &number) || Trimmed(rest) != "%") {
    return InvalidArgument("\"{}\" is not a percentage: write 1% or 0.5%", text);
  }
  return number / 100;
}

}  // namespace anneal
