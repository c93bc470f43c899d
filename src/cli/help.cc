#include "cli/help.h"

namespace anneal {
namespace {

constexpr size_t kWidth = 80;
constexpr size_t kHelpColumn = 28;  // where the descriptions of options begin

std::string Heading(std::string_view text, HelpStyle style) {
  return style == HelpStyle::kColor ? fmt::format("\x1b[1m{}\x1b[0m\n", text)
                                    : fmt::format("{}\n", text);
}

// "  left      right", right filled from `column` on; on the next line when left is too long.
std::string Row(const std::string& left, std::string_view right, size_t column) {
  std::string filled = FillText(right, column, kWidth);
  std::string head = "  " + left;
  if (filled.empty()) return head + "\n";
  if (head.size() + 2 > column) return head + "\n" + filled;
  return head + std::string(column - head.size(), ' ') + filled.substr(column);
}

std::string OptionHelp(const OptionDoc& option) {
  std::string help = option.help;
  if (option.required) help += " (required)";
  if (!option.fallback.empty()) help += fmt::format(" [default: {}]", option.fallback);
  return help;
}

std::string OptionFlags(const OptionDoc& option) {
  // Long names line up whether or not there is a short one.
  bool has_short = !option.flags.empty() && option.flags[0].size() == 2;
  std::string flags = has_short ? "" : "    ";
  flags += fmt::format("{}", fmt::join(option.flags, ", "));
  return option.value.empty() ? flags : flags + " " + option.value;
}

std::string CommandList(const CommandDoc& doc, HelpStyle style) {
  std::string text;
  size_t column = 0;
  std::vector<std::string> groups;
  for (const CommandDoc& sub : doc.commands) {
    column = std::max(column, sub.name.size() + 4);
    if (std::find(groups.begin(), groups.end(), sub.group) == groups.end()) {
      groups.push_back(sub.group);
    }
  }
  for (const std::string& group : groups) {
    text += "\n" + Heading(group + ":", style);
    for (const CommandDoc& sub : doc.commands) {
      if (sub.group != group) continue;
      std::string summary = sub.summary;
      if (!sub.aliases.empty()) {
        summary += fmt::format(" (also: {})", fmt::join(sub.aliases, ", "));
      }
      text += Row(sub.name, summary, column);
    }
  }
  return text;
}

}  // namespace

std::string FillText(std::string_view text, size_t indent, size_t width) {
  std::string out;
  std::string line;
  std::string pad(indent, ' ');
  auto flush = [&] {
    if (!line.empty()) out += pad + line + "\n";
    line.clear();
  };
  while (!text.empty()) {
    size_t end = std::min(text.find('\n'), text.size());
    std::string_view row = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (row.empty() || row.substr(0, 2) == "  ") {
      flush();
      out += row.empty() ? "\n" : pad + std::string(row) + "\n";
      continue;
    }
    while (!row.empty()) {
      size_t space = std::min(row.find(' '), row.size());
      std::string_view word = row.substr(0, space);
      row.remove_prefix(std::min(space + 1, row.size()));
      if (word.empty()) continue;
      if (!line.empty() && indent + line.size() + 1 + word.size() > width) flush();
      if (!line.empty()) line += ' ';
      line += word;
    }
  }
  flush();
  return out;
}

std::string RenderHelp(const CommandDoc& doc, HelpStyle style) {
  std::string text = FillText(doc.path + ": " + doc.summary, 0, kWidth);
  text += "\n" + Heading("Usage:", style) + "  " + doc.Usage() + "\n";
  if (!doc.details.empty()) text += "\n" + FillText(doc.details, 0, kWidth);
  text += CommandList(doc, style);
  if (!doc.arguments.empty()) {
    text += "\n" + Heading("Arguments:", style);
    for (const OptionDoc& argument : doc.arguments) {
      text += Row(argument.value, OptionHelp(argument), kHelpColumn);
    }
  }
  if (!doc.options.empty()) {
    text += "\n" + Heading("Options:", style);
    for (const OptionDoc& option : doc.options) {
      text += Row(OptionFlags(option), OptionHelp(option), kHelpColumn);
    }
  }
  if (!doc.commands.empty()) {
    text += fmt::format("\nRun '{} <command> --help' for a command's options and examples.\n",
                        doc.path);
  }
  return text;
}

}  // namespace anneal
