#include "cli/top_functions.h"

#include <absl/container/flat_hash_map.h>

#include <cmath>

#include "base/units.h"
#include "base/wrapping.h"

namespace anneal {
namespace {

// Functions by name, and for each the last sample that counted it.
class Costs {
 public:
  void Add(std::string_view name, size_t sample, int64_t value, bool leaf) {
    auto [entry, added] = index_.try_emplace(std::string(name), functions_.size());
    if (added) {
      functions_.push_back({.name = entry->first});
      last_sample_.push_back(SIZE_MAX);
    }
    FunctionCost& function = functions_[entry->second];
    if (leaf) function.self = WrappingAdd(function.self, value);
    if (last_sample_[entry->second] != sample) {
      function.total = WrappingAdd(function.total, value);
    }
    last_sample_[entry->second] = sample;
  }
  std::vector<FunctionCost> Sorted() && {
    std::sort(functions_.begin(), functions_.end(), [](const auto& a, const auto& b) {
      return std::tie(b.self, b.total, a.name) < std::tie(a.self, a.total, b.name);
    });
    return std::move(functions_);
  }

 private:
  absl::flat_hash_map<std::string, size_t> index_;
  std::vector<FunctionCost> functions_;
  std::vector<size_t> last_sample_;
};

}  // namespace

FunctionCosts TopFunctions(const Profile& profile, size_t sample_type) {
  FunctionCosts result;
  Costs costs;
  for (size_t sample = 0; sample < profile.SampleCount(); ++sample) {
    int64_t value = profile.Values(sample)[sample_type];
    result.total = WrappingAdd(result.total, value);
    bool leaf = true;
    for (LocationId location : profile.Stack(sample)) {
      std::span<const Line> lines = profile.Lines(location);
      if (lines.empty()) {
        uint64_t address = profile.locations[Index(location)].address;
        costs.Add(fmt::format("{:#x}", address), sample, value, leaf);
        leaf = false;
      }
      for (const Line& line : lines) {
        costs.Add(profile.FunctionName(line), sample, value, leaf);
        leaf = false;
      }
    }
  }
  result.functions = std::move(costs).Sorted();
  return result;
}

std::string ValueText(double value, std::string_view unit) {
  if (unit == "nanoseconds") {
    double magnitude = std::fabs(value);
    if (magnitude >= 1e9) return fmt::format("{:.2f}s", value / 1e9);
    if (magnitude >= 1e6) return fmt::format("{:.2f}ms", value / 1e6);
    if (magnitude >= 1e3) return fmt::format("{:.2f}us", value / 1e3);
    return fmt::format("{:.0f}ns", value);
  }
  if (unit == "bytes" && value >= 0 && value < 0x1p63) {
    return HumanBytes(static_cast<uint64_t>(value));
  }
  return unit.empty() || unit == "count" ? fmt::format("{:.0f}", value)
                                         : fmt::format("{:.0f} {}", value, unit);
}

}  // namespace anneal
