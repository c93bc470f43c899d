#include "api/collapsed.h"

#include <absl/container/flat_hash_map.h>

#include <charconv>
#include <string>

#include "api/header_value.h"
#include "profile/utf8.h"

namespace anneal {
namespace {

class Builder {
 public:
  Builder(const CollapsedType& type) : scale_(type.scale) {
    profile_.sample_types = {{Text(type.type), Text(type.unit)}};
    profile_.period_type = {Text(type.period_type), Text(type.period_unit)};
    profile_.period = type.scale;
  }

  // `stack`: root first. False when the scaled sum does not fit.
  bool Add(std::string_view stack, int64_t count) {
    int64_t value = 0;
    if (__builtin_mul_overflow(count, scale_, &value)) return false;
    auto [it, is_new] = samples_.try_emplace(std::string(stack), profile_.SampleCount());
    if (!is_new) {
      int64_t& sum = profile_.sample_values[it->second];
      return !__builtin_add_overflow(sum, value, &sum);
    }
    while (!stack.empty()) {
      size_t cut = stack.rfind(';');
      std::string_view frame = cut == std::string_view::npos ? stack : stack.substr(cut + 1);
      stack = cut == std::string_view::npos ? std::string_view() : stack.substr(0, cut);
      frame = TrimSpace(frame);
      if (!frame.empty()) profile_.sample_locations.push_back(Frame(frame));
    }
    profile_.stack_ends.push_back(static_cast<uint32_t>(profile_.sample_locations.size()));
    profile_.sample_values.push_back(value);
    return true;
  }

  size_t samples() const { return profile_.SampleCount(); }
  Profile Finish() { return std::move(profile_); }

 private:
  StringId Text(std::string_view text) {
    if (text.empty()) return StringId::kEmpty;
    auto [it, is_new] = texts_.try_emplace(std::string(text));
    if (is_new) it->second = profile_.strings.Append(text);
    return it->second;
  }

  LocationId Frame(std::string_view name) {
    auto next = static_cast<LocationId>(profile_.locations.size());
    auto [it, is_new] = frames_.try_emplace(std::string(name), next);
    if (is_new) {
      auto line = static_cast<uint32_t>(profile_.lines.size());
      profile_.functions.push_back({.name = Text(name)});
      profile_.lines.push_back(
          {.function = static_cast<FunctionId>(profile_.functions.size() - 1)});
      profile_.locations.push_back({.lines_begin = line, .lines_end = line + 1});
    }
    return it->second;
  }

  int64_t scale_;
  Profile profile_;
  absl::flat_hash_map<std::string, StringId> texts_;
  absl::flat_hash_map<std::string, LocationId> frames_;
  absl::flat_hash_map<std::string, size_t> samples_;
};

}  // namespace

Result<Profile> ParseCollapsed(std::string_view text, CollapsedCounts counts,
                               const CollapsedType& type, size_t max_samples) {
  if (ValidUtf8Prefix(text) != text.size())
    return InvalidArgument("the collapsed stacks are not UTF-8");
  Builder builder(type);
  size_t number = 0;
  while (!text.empty()) {
    size_t end = text.find('\n');
    std::string_view line = TrimSpace(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    ++number;
    if (line.empty()) continue;
    int64_t count = 1;
    if (counts == CollapsedCounts::kLast) {
      size_t space = line.rfind(' ');
      std::string_view digits = space == std::string_view::npos ? "" : line.substr(space + 1);
      auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
      if (digits.empty() || error != std::errc() || stop != digits.data() + digits.size() ||
          count < 0) {
        return InvalidArgument("line {}: write a stack, a space and a count: `main;work 12`",
                               number);
      }
      line = TrimSpace(line.substr(0, space));
    }
    if (!builder.Add(line, count)) {
      return InvalidArgument("line {}: the count does not fit in 64 bits", number);
    }
    if (max_samples != 0 && builder.samples() > max_samples) {
      return InvalidArgument("line {}: more than {} distinct stacks; see max_samples", number,
                             max_samples);
    }
  }
  return builder.Finish();
}

}  // namespace anneal
