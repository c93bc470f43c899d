#include "api/header_value.h"

#include <algorithm>

#include "net/http.h"

namespace anneal {

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

}  // namespace anneal
