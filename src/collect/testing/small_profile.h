// Small profiles for tests: one function a stack.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "profile/profile.h"

namespace anneal {

struct SmallProfile {
  // ("alloc_space", "bytes"), ...
  std::vector<std::pair<std::string, std::string>> sample_types;
  // Function name → a value per sample type; each is a stack of that one function.
  std::map<std::string, std::vector<int64_t>> samples;
  int64_t time_ns = 0;
  int64_t start_line = 10;

  Profile Build() const {
    Profile profile;
    auto intern = [&](const std::string& text) {
      return text.empty() ? StringId::kEmpty : profile.strings.Append(text);
    };
    for (const auto& [type, unit] : sample_types) {
      profile.sample_types.push_back({intern(type), intern(unit)});
    }
    for (const auto& [name, values] : samples) {
      auto index = static_cast<uint32_t>(profile.functions.size());
      profile.functions.push_back({.name = intern(name), .start_line = start_line});
      profile.lines.push_back({.function = FunctionId{index}, .line = start_line + 3});
      profile.locations.push_back({.lines_begin = index, .lines_end = index + 1});
      profile.sample_locations.push_back(LocationId{index});
      profile.stack_ends.push_back(index + 1);
      profile.sample_values.insert(profile.sample_values.end(), values.begin(), values.end());
    }
    profile.time_ns = time_ns;
    return profile;
  }
};

// Function name → values, of a profile shaped as above.
inline std::map<std::string, std::vector<int64_t>> ValuesByFunction(const Profile& profile) {
  std::map<std::string, std::vector<int64_t>> values;
  for (size_t i = 0; i < profile.SampleCount(); ++i) {
    const Line& leaf = profile.Lines(profile.Stack(i)[0])[0];
    std::span<const int64_t> row = profile.Values(i);
    values[std::string(profile.FunctionName(leaf))] = {row.begin(), row.end()};
  }
  return values;
}

}  // namespace anneal
