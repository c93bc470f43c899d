#include "api/header_value.h"

#include <algorithm>
#include <vector>

#include "net/http.h"

namespace anneal {
namespace {

// RFC 9110, 5.6.2.
bool IsToken(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           kMarks.find(c) != std::string_view::npos;
  });
}

// RFC 9110, 5.6.4: every quote and backslash inside stands behind a backslash.
bool IsQuotedString(std::string_view text) {
  if (text.size() < 2 || text.front() != '"') return false;
  size_t i = 1;
  while (i < text.size() && text[i] != '"') i += text[i] == '\\' ? 2 : 1;
  return i + 1 == text.size();
}

}  // namespace

std::string_view TrimSpace(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

std::string_view NextField(std::string_view& rest, char separator) {
  bool quoted = false;
  size_t i = 0;
  for (; i < rest.size(); ++i) {
    if (rest[i] == '"' && (i == 0 || rest[i - 1] != '\\')) quoted = !quoted;
    if (rest[i] == separator && !quoted) break;
  }
  std::string_view field = rest.substr(0, i);
  rest.remove_prefix(std::min(rest.size(), i + 1));
  return TrimSpace(field);
}

std::string_view HeaderMain(std::string_view field) { return NextField(field, ';'); }

std::string_view HeaderParameter(std::string_view field, std::string_view name) {
  NextField(field, ';');
  while (!field.empty()) {
    std::string_view parameter = NextField(field, ';');
    size_t equals = parameter.find('=');
    if (equals == std::string_view::npos) continue;
    if (!EqualsIgnoreCase(TrimSpace(parameter.substr(0, equals)), name)) continue;
    std::string_view value = TrimSpace(parameter.substr(equals + 1));
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
      value = value.substr(1, value.size() - 2);
    }
    return value;
  }
  return {};
}

bool IsMediaType(std::string_view field) {
  std::string_view rest = field;
  const std::string_view type = NextField(rest, ';');
  const size_t slash = type.find('/');
  const bool has_both = slash != std::string_view::npos && IsToken(type.substr(0, slash)) &&
                        IsToken(type.substr(slash + 1));
  if (!has_both && type != "*") return false;
  std::vector<std::string_view> names;
  while (!TrimSpace(rest).empty()) {
    const std::string_view parameter = NextField(rest, ';');
    const size_t equals = parameter.find('=');
    if (equals == std::string_view::npos) return false;
    const std::string_view name = TrimSpace(parameter.substr(0, equals));
    const std::string_view value = TrimSpace(parameter.substr(equals + 1));
    if (!IsToken(name) || (!IsToken(value) && !IsQuotedString(value))) return false;
    for (std::string_view earlier : names) {
      if (EqualsIgnoreCase(earlier, name)) return false;
    }
    names.push_back(name);
  }
  return true;
}

}  // namespace anneal
