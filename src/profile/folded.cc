#include "profile/folded.h"

#include <charconv>
#include <map>

#include "profile/intern_table.h"
#include "profile/merge.h"
#include "profile/utf8.h"

namespace anneal {
namespace {

void AppendFrame(std::string& stack, std::string_view name) {
  if (!stack.empty()) stack.push_back(';');
  for (char c : name) stack.push_back(c == ';' || c == '\n' || c == '\r' ? '_' : c);
}

// Grows a profile with one function and one location per distinct name.
class FoldedDecoder {
 public:
  FoldedDecoder(std::string_view type, std::string_view unit) {
    p_.sample_types.push_back({p_.strings.Append(type), p_.strings.Append(unit)});
    p_.period_type = p_.sample_types[0];
  }

  Status AddLine(std::string_view line) {
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
      p_.sample_locations.push_back(LocationOf(name));
      if (cut == std::string_view::npos) break;
      stack = stack.substr(0, cut);
    }
    p_.stack_ends.push_back(static_cast<uint32_t>(p_.sample_locations.size()));
    p_.sample_values.push_back(value);
    return {};
  }

  Profile Finish() { return Canonical(p_); }

 private:
  LocationId LocationOf(std::string_view name) {
    uint32_t next = static_cast<uint32_t>(p_.locations.size());
    uint32_t found = names_.FindOrInsert(HashText(name), next, [&](uint32_t position) {
      return p_.FunctionName(p_.lines[position]) == name;
    });
    if (found == next) {  // line, function and location share one position
      StringId text = p_.strings.Append(name);
      p_.functions.push_back({text, text, StringId::kEmpty, 0});
      p_.lines.push_back({static_cast<FunctionId>(next), 0, 0});
      p_.locations.push_back({MappingId::kNone, 0, next, next + 1, false});
    }
    return static_cast<LocationId>(found);
  }

  Profile p_;
  InternTable names_;
};

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
  FoldedDecoder decoder(type, unit);
  size_t number = 0;
  while (!text.empty()) {
    ++number;
    size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || line.starts_with('#')) continue;
    Status status = decoder.AddLine(line);
    if (!status.ok()) return status.Annotate(fmt::format("folded: line {}", number));
  }
  return decoder.Finish();
}

}  // namespace anneal
