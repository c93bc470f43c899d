#include "profile/go_name.h"

namespace anneal {
namespace {

constexpr std::string_view kShapes = "[go.shape.";

// Past the bracket that closes the one at `open`, or npos. Brackets within quotes (the tags of a
// struct's fields) do not count.
size_t EndOfList(std::string_view name, size_t open) {
  size_t depth = 0;
  bool quoted = false;
  for (size_t i = open; i < name.size(); ++i) {
    char c = name[i];
    if (quoted && c == '\\') {
      ++i;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (!quoted && c == '[') {
      ++depth;
    } else if (!quoted && c == ']' && --depth == 0) {
      return i + 1;
    }
  }
  return std::string_view::npos;
}

}  // namespace

std::string ShortGoName(std::string_view name) {
  std::string out;
  for (size_t at = 0;;) {
    size_t open = name.find(kShapes, at);
    size_t end = open == std::string_view::npos ? open : EndOfList(name, open);
    if (end == std::string_view::npos) return out += name.substr(at);
    out += name.substr(at, open - at);
    out += "[...]";
    at = end;
  }
}

}  // namespace anneal
