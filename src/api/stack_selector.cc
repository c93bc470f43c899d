#include "api/stack_selector.h"

#include <absl/container/flat_hash_map.h>
#include <absl/functional/function_ref.h>

#include <algorithm>

#include "profile/filter.h"
#include "profile/go_name.h"
#include "profile/merge.h"

namespace anneal {
namespace {

bool IsFrame(std::string_view name, std::string_view wanted) {
  if (name == wanted) return true;
  return wanted.find("[...]") != std::string_view::npos && ShortGoName(name) == wanted;
}

bool BeginsWith(const Profile& profile, size_t sample, const std::vector<std::string>& call_site) {
  size_t matched = 0;
  std::span<const LocationId> stack = profile.Stack(sample);
  for (size_t i = stack.size(); i-- > 0 && matched < call_site.size();) {
    std::span<const Line> lines = profile.Lines(stack[i]);
    if (lines.empty()) {
      uint64_t address = profile.locations[Index(stack[i])].address;
      if (call_site[matched++] != fmt::format("{:x}", address)) return false;
    }
    for (size_t k = lines.size(); k-- > 0 && matched < call_site.size();) {
      if (!IsFrame(profile.FunctionName(lines[k]), call_site[matched++])) return false;
    }
  }
  return matched == call_site.size();
}

Profile KeepSamples(const Profile& profile, absl::FunctionRef<bool(size_t sample)> keep) {
  Profile selected = profile;
  size_t width = profile.sample_types.size();
  for (size_t i = 0; i < profile.SampleCount(); ++i) {
    if (keep(i)) continue;
    // Samples that are all zero are dropped by the canonical form.
    for (size_t k = 0; k < width; ++k) selected.sample_values[i * width + k] = 0;
  }
  return Canonical(selected);
}

// For each location, whether a frame of it has the name.
std::vector<bool> LocationsOf(const Profile& profile, std::string_view name) {
  std::vector<bool> has(profile.locations.size());
  for (size_t i = 0; i < has.size(); ++i) {
    std::span<const Line> lines = profile.Lines(static_cast<LocationId>(i));
    has[i] = lines.empty() ? fmt::format("{:x}", profile.locations[i].address) == name
                           : std::any_of(lines.begin(), lines.end(), [&](const Line& line) {
                               return IsFrame(profile.FunctionName(line), name);
                             });
  }
  return has;
}

bool Passes(const Profile& profile, size_t sample, const std::vector<bool>& locations) {
  std::span<const LocationId> stack = profile.Stack(sample);
  return std::any_of(stack.begin(), stack.end(),
                     [&](LocationId location) { return locations[Index(location)]; });
}

// A copy of the leaf location with its innermost line 0.
LocationId AddLineless(Profile& profile, LocationId leaf) {
  Location copy = profile.locations[Index(leaf)];
  auto begin = static_cast<uint32_t>(profile.lines.size());
  for (uint32_t i = copy.lines_begin; i < copy.lines_end; ++i) {
    Line line = profile.lines[i];
    if (i == copy.lines_begin) line.line = line.column = 0;
    profile.lines.push_back(line);
  }
  copy.lines_begin = begin;
  copy.lines_end = static_cast<uint32_t>(profile.lines.size());
  profile.locations.push_back(copy);
  return static_cast<LocationId>(profile.locations.size() - 1);
}

}  // namespace

Profile SelectCallSite(const Profile& profile, const std::vector<std::string>& call_site) {
  return KeepSamples(profile,
                     [&](size_t sample) { return BeginsWith(profile, sample, call_site); });
}

Profile SelectThrough(const Profile& profile, const std::vector<std::string>& through,
                      const std::vector<std::string>& around) {
  Profile selected = profile;
  for (const std::string& name : through) {
    std::vector<bool> has = LocationsOf(selected, name);
    selected = KeepSamples(selected, [&](size_t sample) { return Passes(selected, sample, has); });
  }
  for (const std::string& name : around) {
    std::vector<bool> has = LocationsOf(selected, name);
    selected = KeepSamples(selected, [&](size_t sample) { return !Passes(selected, sample, has); });
  }
  return selected;
}

Profile SelectGoPgo(const Profile& profile, uint32_t keep_locations, CalleeLines callee_lines) {
  Profile trimmed = KeepLeafLocations(profile, keep_locations);
  if (callee_lines == CalleeLines::kKeep) return trimmed;
  absl::flat_hash_map<uint32_t, LocationId> lineless;
  for (size_t i = 0; i < trimmed.SampleCount(); ++i) {
    uint32_t begin = i == 0 ? 0 : trimmed.stack_ends[i - 1];
    if (trimmed.stack_ends[i] == begin) continue;
    LocationId& leaf = trimmed.sample_locations[begin];
    const Location& location = trimmed.locations[Index(leaf)];
    if (location.lines_begin == location.lines_end) continue;
    auto id = static_cast<uint32_t>(Index(leaf));
    auto [it, inserted] = lineless.try_emplace(id);
    if (inserted) it->second = AddLineless(trimmed, leaf);
    leaf = it->second;
  }
  return Canonical(trimmed);
}

}  // namespace anneal
