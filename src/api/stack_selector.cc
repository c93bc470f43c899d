#include "api/stack_selector.h"

#include <absl/container/flat_hash_map.h>

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
  Profile selected = profile;
  size_t width = profile.sample_types.size();
  for (size_t i = 0; i < profile.SampleCount(); ++i) {
    if (BeginsWith(profile, i, call_site)) continue;
    // Samples that are all zero are dropped by the canonical form.
    for (size_t k = 0; k < width; ++k) selected.sample_values[i * width + k] = 0;
  }
  return Canonical(selected);
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
