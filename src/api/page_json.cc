#include "api/page_json.h"

#include <charconv>

#include "profile/utf8.h"

namespace anneal {
namespace {

void AppendNumber(std::string& out, int64_t number) {
  char text[20];
  auto [end, error] = std::to_chars(text, text + sizeof text, number);
  out.append(text, end);
}

// `"name":[…]` of one number per element.
template <typename Elements, typename Number>
void AppendColumn(std::string& out, std::string_view name, const Elements& elements,
                  Number&& number) {
  out += '"';
  out += name;
  out += "\":[";
  bool first = true;
  for (const auto& element : elements) {
    if (!first) out += ',';
    first = false;
    AppendNumber(out, static_cast<int64_t>(number(element)));
  }
  out += ']';
}

void AppendEscaped(std::string& out, std::string_view valid) {
  constexpr std::string_view kHex = "0123456789abcdef";
  for (char c : valid) {
    auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20) {
      out += "\\u00";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    } else {
      out += c;
    }
  }
}

void AppendStrings(std::string& out, const std::vector<std::string>& strings) {
  out += "\"strings\":[";
  for (size_t i = 0; i < strings.size(); ++i) {
    if (i > 0) out += ',';
    AppendJsonString(out, strings[i]);
  }
  out += ']';
}

void AppendFrames(std::string& out, const CallTree& tree) {
  using Frame = CallTree::Frame;
  out += "\"frames\":{";
  AppendColumn(out, "name", tree.frames, [](const Frame& f) { return f.name; });
  out += ',';
  AppendColumn(out, "file", tree.frames, [](const Frame& f) { return f.file; });
  out += ',';
  AppendColumn(out, "line", tree.frames, [](const Frame& f) { return f.start_line; });
  out += ',';
  AppendColumn(out, "kind", tree.frames, [](const Frame& f) { return static_cast<int>(f.kind); });
  out += ',';
  AppendColumn(out, "module", tree.frames, [](const Frame& f) { return f.module; });
  out += '}';
}

// More than half of what went through the node did so inlined.
bool IsInlined(const CallTree::Node& node) {
  return node.inlined_total > (node.total / 2 + node.base_total / 2);
}

void AppendNodes(std::string& out, const CallTree& tree, Sides sides) {
  using Node = CallTree::Node;
  const Node* root = tree.nodes.data();
  auto unless_root = [&](const Node& n, uint32_t value) {
    return &n == root ? int64_t{-1} : int64_t{value};
  };
  out += "\"nodes\":{";
  AppendColumn(out, "parent", tree.nodes, [&](const Node& n) { return unless_root(n, n.parent); });
  out += ',';
  AppendColumn(out, "frame", tree.nodes, [&](const Node& n) { return unless_root(n, n.frame); });
  out += ',';
  AppendColumn(out, "self", tree.nodes, [](const Node& n) { return n.self; });
  out += ',';
  AppendColumn(out, "total", tree.nodes, [](const Node& n) { return n.total; });
  out += ',';
  AppendColumn(out, "inlined", tree.nodes, [](const Node& n) { return IsInlined(n) ? 1 : 0; });
  out += ',';
  AppendColumn(out, "line", tree.nodes, [](const Node& n) { return n.call_line; });
  if (sides == Sides::kTwo) {
    out += ',';
    AppendColumn(out, "baseSelf", tree.nodes, [](const Node& n) { return n.base_self; });
    out += ',';
    AppendColumn(out, "baseTotal", tree.nodes, [](const Node& n) { return n.base_total; });
  }
  out += '}';
}

}  // namespace

void AppendJsonString(std::string& out, std::string_view text) {
  out += '"';
  while (true) {
    size_t valid = ValidUtf8Prefix(text);
    AppendEscaped(out, text.substr(0, valid));
    if (valid == text.size()) break;
    out += "\xef\xbf\xbd";
    text.remove_prefix(valid + 1);
  }
  out += '"';
}

std::string EncodeTreeJson(const CallTree& tree, const TreeHeader& header, Sides sides) {
  std::string out;
  out.reserve(tree.nodes.size() * 32 + tree.frames.size() * 64 + 512);
  out += R"({"schema":1,"sampleType":)";
  AppendJsonString(out, header.sample_type);
  out += R"(,"unit":)";
  AppendJsonString(out, header.unit);
  out += fmt::format(R"(,"period":{},"profiles":{},"total":{})", header.period, header.profiles,
                     tree.nodes[0].total);
  if (sides == Sides::kTwo) {
    out += fmt::format(R"(,"baseProfiles":{},"baseTotal":{})", header.base_profiles,
                       tree.nodes[0].base_total);
  }
  out += ',';
  AppendStrings(out, tree.strings);
  out += ',';
  AppendFrames(out, tree);
  out += ',';
  AppendNodes(out, tree, sides);
  out += fmt::format(R"(,"foldedNodes":{}}})", tree.folded_nodes);
  return out;
}

std::string EncodeLinesJson(const LineTotals& lines, Sides sides) {
  std::string out = R"({"schema":1,"file":)";
  AppendJsonString(out, lines.file);
  out += fmt::format(R"(,"startLine":{},"lines":[)", lines.start_line);
  for (size_t i = 0; i < lines.lines.size(); ++i) {
    const LineTotals::Line& line = lines.lines[i];
    out += fmt::format(R"({}{{"line":{},"self":{},"total":{})", i == 0 ? "" : ",", line.line,
                       line.self, line.total);
    if (sides == Sides::kTwo) {
      out += fmt::format(R"(,"baseSelf":{},"baseTotal":{})", line.base_self, line.base_total);
    }
    out += '}';
  }
  out += "]}";
  return out;
}

}  // namespace anneal
