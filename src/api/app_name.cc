#include "api/app_name.h"

#include "api/header_value.h"

namespace anneal {
namespace {

// Letters, digits and `others` only, and not empty.
bool IsNameText(std::string_view text, std::string_view others) {
  for (char c : text) {
    bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!word && others.find(c) == std::string_view::npos) return false;
  }
  return !text.empty();
}

}  // namespace

Result<AppName> ParseAppName(std::string_view name) {
  auto bad = [&](std::string_view what) {
    return InvalidArgument("name `{}`: {}; write service{{label=value,…}}", name.substr(0, 200),
                           what);
  };
  std::string_view rest = TrimSpace(name);
  if (rest.empty()) return bad("empty");
  size_t brace = rest.find('{');
  std::string_view service = TrimSpace(rest.substr(0, brace));
  if (!IsNameText(service, "_./-")) {
    return bad("the service may hold letters, digits and _ . / - only, and not be empty");
  }
  AppName out{.service = std::string(service), .labels = {}};
  if (brace == std::string_view::npos) return out;
  if (rest.back() != '}') return bad("missing '}' at the end");
  rest = rest.substr(brace + 1, rest.size() - brace - 2);
  while (!rest.empty()) {
    size_t comma = rest.find(',');
    std::string_view pair = TrimSpace(rest.substr(0, comma));
    rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
    if (pair.empty()) continue;
    size_t equals = pair.find('=');
    if (equals == std::string_view::npos) return bad("a label has no '='");
    std::string_view key = TrimSpace(pair.substr(0, equals));
    std::string_view value = TrimSpace(pair.substr(equals + 1));
    if (!IsNameText(key, "_.")) return bad("a label's name may hold letters, digits and _ . only");
    if (key == "__name__") return bad("the label __name__ is reserved: it is the service");
    if (value.find_first_of("{}") != std::string_view::npos) return bad("a brace in a value");
    out.labels.push_back({std::string(key), std::string(value)});
  }
  return out;
}

}  // namespace anneal
