// MadeProfile: small profiles written out in a test, by name and line.
#pragma once

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "profile/profile.h"

namespace anneal {

struct MadeFrame {
  std::string name;
  int64_t start_line = 0;
  int64_t line = 0;
};

struct MadeLocation {
  uint64_t address = 0;
  std::vector<MadeFrame> frames;  // innermost first
};

struct MadeSample {
  std::vector<MadeLocation> stack;  // leaf first
  std::vector<int64_t> values;
};

// Nothing is shared: each frame is a function and each location of each sample a location of its
// own, as the worst of producers would do it.
inline Profile MadeProfile(const std::vector<std::pair<std::string, std::string>>& types,
                           const std::vector<MadeSample>& samples) {
  Profile p;
  for (const auto& [type, unit] : types) {
    StringId type_id = p.strings.Append(type);
    p.sample_types.push_back({.type = type_id, .unit = p.strings.Append(unit)});
  }
  for (const MadeSample& sample : samples) {
    for (const MadeLocation& location : sample.stack) {
      auto begin = static_cast<uint32_t>(p.lines.size());
      for (const MadeFrame& frame : location.frames) {
        p.lines.push_back(
            {.function = static_cast<FunctionId>(p.functions.size()), .line = frame.line});
        p.functions.push_back(
            {.name = p.strings.Append(frame.name), .start_line = frame.start_line});
      }
      p.sample_locations.push_back(static_cast<LocationId>(p.locations.size()));
      p.locations.push_back({.address = location.address,
                             .lines_begin = begin,
                             .lines_end = static_cast<uint32_t>(p.lines.size())});
    }
    p.stack_ends.push_back(static_cast<uint32_t>(p.sample_locations.size()));
    p.sample_values.insert(p.sample_values.end(), sample.values.begin(), sample.values.end());
  }
  return p;
}

inline Profile MadeCounts(const std::vector<MadeSample>& samples) {
  return MadeProfile({{"samples", "count"}}, samples);
}

}  // namespace anneal
