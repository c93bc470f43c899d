#include "base/substitute.h"

#include <algorithm>

namespace anneal {

std::string Substitute(std::string_view text,
                       const std::vector<std::pair<std::string_view, std::string>>& values) {
  std::string out;
  while (!text.empty()) {
    size_t open = std::min(text.find('{'), text.size());
    out += text.substr(0, open);
    text.remove_prefix(open);
    auto found = std::find_if(values.begin(), values.end(), [text](const auto& value) {
      return text.size() > value.first.size() + 1 && text.substr(1).starts_with(value.first) &&
             text[value.first.size() + 1] == '}';
    });
    if (found != values.end()) {
      out += found->second;
      text.remove_prefix(found->first.size() + 2);
    } else if (!text.empty()) {
      out += text[0];
      text.remove_prefix(1);
    }
  }
  return out;
}

std::string ShellWord(const std::string& text) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:@%+,-";
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string::npos) return text;
  std::string out = "'";
  for (char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

}  // namespace anneal
