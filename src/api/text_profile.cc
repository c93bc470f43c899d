#include "api/text_profile.h"

#include <algorithm>
#include <optional>

#include "api/fingerprint.h"
#include "api/header_value.h"
#include "profile/folded.h"
#include "profile/merge.h"
#include "profile/speedscope.h"
#include "profile/stack_tree.h"

namespace anneal {
namespace {

constexpr int64_t kSecondNs = 1'000'000'000;

// What the service's suffix says a text profile counts.
struct TextType {
  std::string_view suffix, metric, type, unit, period_type, period_unit;
  bool is_time = false;  // counts stand for the time between two samples
};
constexpr TextType kTextTypes[] = {
    {"cpu", "process_cpu", "cpu", "nanoseconds", "cpu", "nanoseconds", true},
    {"wall", "wall", "wall", "nanoseconds", "wall", "nanoseconds", true},
    {"alloc_objects", "memory", "alloc_objects", "count", "space", "bytes"},
    {"alloc_space", "memory", "alloc_space", "bytes", "space", "bytes"},
    {"inuse_objects", "memory", "inuse_objects", "count", "space", "bytes"},
    {"inuse_space", "memory", "inuse_space", "bytes", "space", "bytes"},
    {"goroutines", "goroutines", "goroutine", "count", "goroutine", "count"},
    {"mutex_count", "mutex", "contentions", "count", "contentions", "count"},
    {"mutex_duration", "mutex", "delay", "nanoseconds", "contentions", "count"},
    {"block_count", "block", "contentions", "count", "contentions", "count"},
    {"block_duration", "block", "delay", "nanoseconds", "contentions", "count"},
};
constexpr TextType kCpu = kTextTypes[0];
constexpr TextType kInUseSpace = kTextTypes[5];

// The type that the service's suffix names; takes the suffix off.
std::optional<TextType> TakeTextType(std::string_view& service) {
  for (const TextType& candidate : kTextTypes) {
    if (!service.ends_with(candidate.suffix)) continue;
    size_t left = service.size() - candidate.suffix.size();
    if (left < 2 || service[left - 1] != '.') continue;
    service.remove_suffix(candidate.suffix.size() + 1);
    return candidate;
  }
  return std::nullopt;
}

// The lines of a text whose every line counts 1, with that count written out.
std::string WithCounts(std::string_view lines) {
  std::string out;
  while (!lines.empty()) {
    size_t end = lines.find('\n');
    std::string_view line = TrimSpace(lines.substr(0, end));
    lines.remove_prefix(end == std::string_view::npos ? lines.size() : end + 1);
    if (!line.empty()) out += fmt::format("{} 1\n", line);
  }
  return out;
}

// Gives the one column of values its type; `scale` of them makes one of its units.
Profile Typed(const Profile& counts, const TextType& type, int64_t scale, int64_t period) {
  const auto ratio = static_cast<double>(scale);
  Profile profile = ScaleProfile(counts, std::span(&ratio, 1));
  profile.sample_types = {{profile.strings.Append(type.type), profile.strings.Append(type.unit)}};
  profile.period_type = {profile.strings.Append(type.period_type),
                         profile.strings.Append(type.period_unit)};
  profile.period = period;
  return profile;
}

Result<Profile> DecodeCounts(const TextInput& input, const DecodeLimits& limits) {
  switch (input.format) {
    case IngestFormat::kTree:
      return DecodeStackTree(input.body, "samples", "count", limits);
    case IngestFormat::kTrie:
      return DecodeStackTrie(input.body, "samples", "count", limits);
    case IngestFormat::kLines:
      return DecodeFolded(WithCounts(input.body));
    default:
      return DecodeFolded(input.body);
  }
}

Result<std::vector<TextProfile>> DecodeFile(const TextInput& input, const DecodeLimits& limits,
                                            size_t max_profiles) {
  ASSIGN_OR_RETURN(std::vector<SpeedscopeProfile> entries, DecodeSpeedscope(input.body, limits));
  if (max_profiles != 0 && entries.size() > max_profiles) {
    return InvalidArgument("the file has {} profiles; limits.series_per_profile allows {}",
                           entries.size(), max_profiles);
  }
  std::vector<TextProfile> out;
  for (SpeedscopeProfile& entry : entries) {
    std::string_view service = input.service;
    std::optional<TextType> named = TakeTextType(service);
    TextType type = named.value_or(entry.unit == SpeedscopeUnit::kBytes ? kInUseSpace : kCpu);
    const int64_t interval_ns = kSecondNs / input.sample_rate_hz;
    const bool is_count = entry.unit == SpeedscopeUnit::kNone && type.is_time;
    out.push_back({.service = std::string(service),
                   .metric = std::string(type.metric),
                   .name = std::move(entry.name),
                   .profile = Typed(entry.profile, type, is_count ? interval_ns : 1,
                                    type.is_time ? interval_ns : 1)});
  }
  return out;
}

Result<std::vector<TextProfile>> DecodeStacks(const TextInput& input, const DecodeLimits& limits) {
  ASSIGN_OR_RETURN(Profile counts, DecodeCounts(input, limits));
  if (counts.SampleCount() > limits.max_samples) {
    return InvalidArgument("the profile has {} stacks; limits.samples allows {}",
                           counts.SampleCount(), limits.max_samples);
  }
  std::string_view service = input.service;
  const TextType type = TakeTextType(service).value_or(kCpu);
  const int64_t scale = type.is_time ? kSecondNs / input.sample_rate_hz : 1;
  std::vector<TextProfile> out(1);
  out[0] = {.service = std::string(service),
            .metric = std::string(type.metric),
            .name = {},
            .profile = Typed(counts, type, scale, scale)};
  return out;
}

}  // namespace

size_t TextMemory(const TextInput& input) {
  // As measured with names that occur once, which cost the most; and what they become in the store.
  constexpr size_t kStackBytes = 400, kFrameBytes = 150, kNodeBytes = 150, kNodeText = 4;
  constexpr size_t kSpeedscopeFactor = 16;
  switch (input.format) {
    case IngestFormat::kSpeedscope:
      return kSpeedscopeFactor * input.body.size();
    case IngestFormat::kTree:
    case IngestFormat::kTrie:
      return input.body.size() / kNodeText * kNodeBytes;
    default: {
      auto count = [&](char c) {
        return static_cast<size_t>(std::count(input.body.begin(), input.body.end(), c));
      };
      return 2 * input.body.size() + kStackBytes * count('\n') + kFrameBytes * count(';');
    }
  }
}

Result<std::vector<TextProfile>> DecodeTextProfiles(const TextInput& input, const Limits& limits) {
  if (input.body.empty()) return InvalidArgument("the profile is empty");
  const DecodeLimits decode = DecodeLimitsOf(limits);
  Result<std::vector<TextProfile>> profiles =
      input.format == IngestFormat::kSpeedscope
          ? DecodeFile(input, decode, limits.max_series_per_profile)
          : DecodeStacks(input, decode);
  if (!profiles.ok()) return Status(Code::kInvalidArgument, profiles.status().message());
  return profiles;
}

std::string TextBodyId(std::string_view body) {
  const std::array<uint8_t, 16> print = Fingerprint(body);
  return {print.begin(), print.end()};
}

}  // namespace anneal
