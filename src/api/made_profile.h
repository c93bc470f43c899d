// Profiles for tests, written as text.
#pragma once

#include <initializer_list>
#include <map>
#include <string>
#include <vector>

#include "profile/profile.h"

namespace anneal {

// One sample: frames root first, each "function:line" ("main.work:12"; ":line" may be left out);
// its values; its labels.
struct MadeSample {
  std::vector<std::string> frames;
  std::vector<int64_t> values;
  std::vector<std::pair<std::string, std::string>> labels = {};
};

struct MadeProfile {
  std::vector<std::pair<std::string, std::string>> sample_types = {{"samples", "count"},
                                                                   {"cpu", "nanoseconds"}};
  std::pair<std::string, std::string> period_type = {"cpu", "nanoseconds"};
  int64_t period = 10'000'000;
  int64_t time_ns = 0;
  int64_t duration_ns = 10'000'000'000;
  std::vector<MadeSample> samples;
};

// Functions start at line 1 and lie in "main.go"; every frame is a location of its own address in
// one mapping with functions, one location per distinct text.
inline Profile Make(const MadeProfile& made) {
  Profile profile;
  std::map<std::string, StringId> texts;
  auto text = [&](const std::string& value) {
    if (value.empty()) return StringId::kEmpty;
    auto [it, is_new] = texts.try_emplace(value);
    if (is_new) it->second = profile.strings.Append(value);
    return it->second;
  };
  for (const auto& [type, unit] : made.sample_types) {
    profile.sample_types.push_back({text(type), text(unit)});
  }
  profile.period_type = {text(made.period_type.first), text(made.period_type.second)};
  profile.period = made.period;
  profile.time_ns = made.time_ns;
  profile.duration_ns = made.duration_ns;
  profile.mappings.push_back(
      {.start = 0x400000, .limit = 0x800000, .file = text("/bin/main"), .has_functions = true});
  std::map<std::string, FunctionId> functions;
  std::map<std::string, LocationId> locations;
  auto location = [&](const std::string& frame) {
    auto [it, is_new] = locations.try_emplace(frame);
    if (!is_new) return it->second;
    size_t colon = frame.rfind(':');
    std::string name = frame.substr(0, colon);
    int64_t line = colon == std::string::npos ? 7 : std::stoll(frame.substr(colon + 1));
    auto [function, is_new_function] =
        functions.try_emplace(name, static_cast<FunctionId>(profile.functions.size()));
    if (is_new_function) {
      profile.functions.push_back({.name = text(name), .file = text("main.go"), .start_line = 1});
    }
    auto at = static_cast<uint32_t>(profile.lines.size());
    profile.lines.push_back({.function = function->second, .line = line});
    it->second = static_cast<LocationId>(profile.locations.size());
    profile.locations.push_back({.mapping = static_cast<MappingId>(0),
                                 .address = 0x400000 + 16 * uint64_t{at},
                                 .lines_begin = at,
                                 .lines_end = at + 1});
    return it->second;
  };
  for (const MadeSample& sample : made.samples) {
    for (size_t i = sample.frames.size(); i-- > 0;) {
      profile.sample_locations.push_back(location(sample.frames[i]));
    }
    profile.stack_ends.push_back(static_cast<uint32_t>(profile.sample_locations.size()));
    profile.sample_values.insert(profile.sample_values.end(), sample.values.begin(),
                                 sample.values.end());
    for (const auto& [key, value] : sample.labels) {
      profile.labels.push_back(
          {.key = text(key), .str = text(value), .num = value.empty() ? 5 : 0});
    }
    profile.label_ends.push_back(static_cast<uint32_t>(profile.labels.size()));
  }
  if (profile.labels.empty()) profile.label_ends.clear();
  return profile;
}

// "main.main;main.work:12 5" per sample, one a line, in order; lines are given when not 7.
inline std::string Show(const Profile& profile) {
  std::string out;
  for (size_t i = 0; i < profile.SampleCount(); ++i) {
    std::string stack;
    std::span<const LocationId> locations = profile.Stack(i);
    for (size_t k = locations.size(); k-- > 0;) {
      std::span<const Line> lines = profile.Lines(locations[k]);
      for (size_t l = lines.size(); l-- > 0;) {
        stack += stack.empty() ? "" : ";";
        stack += profile.FunctionName(lines[l]);
        if (lines[l].line != 7) stack += ":" + std::to_string(lines[l].line);
      }
    }
    for (int64_t value : profile.Values(i)) stack += " " + std::to_string(value);
    out += stack + "\n";
  }
  return out;
}

}  // namespace anneal
