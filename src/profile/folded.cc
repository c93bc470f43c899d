#include "profile/folded.h"

#include <charconv>
#include <map>

#include "profile/named_stacks.h"
#include "profile/utf8.h"

namespace anneal {
namespace {

void AppendFrame(std::string& stack, std::string_view name) {
  if (!stack.empty()) stack.push_back(';');
  for (char c : name) stack.push_back(c == ';' || c == '\n' || c == '\r' ? '_' : c);
}

Status AddLine(std::string_view line, NamedStacks& stacks) {
  size_t space = line.rfind(' ');
  if (space == std::string_view::npos || space == 0) {
    return InvalidArgument("expected 'frame;frame count', found '{}'", line);
  }
  std::string_view stack = line.substr(0, space), count = line.substr(space + 1);
  int64_t value = 0;
  auto [end, error] = std::from_chars(count.data(), count.data() + count.size(), value);
  if (error != std::errc() || end != count.data() + count.size()) {
    return InvalidArgument("'{}' is not a count", count);
  }
  while (true) {  // leaf first: from the end
    size_t cut = stack.rfind(';');
    std::string_view name = cut == std::string_view::npos ? stack : stack.substr(cut + 1);
    if (name.empty()) return InvalidArgument("an empty frame in '{}'", line);
    stacks.Push(stacks.Frame(name));
    if (cut == std::string_view::npos) break;
    stack = stack.substr(0, cut);
  }
  stacks.EndStack(value);
  return {};
}

}  // namespace

std::string EncodeFolded(const Profile& profile, size_t sample_type) {
  std::map<std::string, uint64_t> sums;
  std::string stack;
  for (size_t s = 0; s < profile.SampleCount(); ++s) {
    int64_t value = profile.Values(s)[sample_type];
    if (value == 0) continue;
    stack.clear();
    std::span<const LocationId> locations = profile.Stack(s);
    for (size_t i = locations.size(); i-- > 0;) {
      std::span<const Line> lines = profile.Lines(locations[i]);
      if (lines.empty()) {
        AppendFrame(stack, fmt::format("{:x}", profile.locations[Index(locations[i])].address));
      }
      for (size_t k = lines.size(); k-- > 0;) AppendFrame(stack, profile.FunctionName(lines[k]));
    }
    if (!stack.empty()) sums[stack] += static_cast<uint64_t>(value);
  }
  std::string out;
  for (const auto& [text, sum] : sums) {
    if (sum != 0) out += fmt::format("{} {}\n", text, static_cast<int64_t>(sum));
  }
  return out;
}

Result<Profile> DecodeFolded(std::string_view text, std::string_view type, std::string_view unit) {
  size_t valid = ValidUtf8Prefix(text);
  if (valid != text.size()) return InvalidArgument("folded: not UTF-8 at byte {}", valid);
  NamedStacks stacks(type, unit);
  size_t number = 0;
  while (!text.empty()) {
    ++number;
    size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || line.starts_with('#')) continue;
    Status status = AddLine(line, stacks);
    if (!status.ok()) return status.Annotate(fmt::format("folded: line {}", number));
  }
  return stacks.Finish();
}

}  // namespace anneal
