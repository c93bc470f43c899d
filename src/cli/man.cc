// anneal man: the man page in troff, made from the command table. See man(7).
#include <ostream>

#include "build_info.h"
#include "cli/commands.h"
#include "cli/describe.h"
#include "cli/exit_status.h"

namespace anneal {
namespace {

struct Entry {
  std::string_view name, meaning;
};

constexpr Entry kEnvironment[] = {
    {"ANNEAL_URL, PROFILECLI_URL", "The server to talk to, as --url. Flags win over these."},
    {"ANNEAL_TENANT_ID, PROFILECLI_TENANT_ID", "The tenant, as --tenant-id."},
    {"ANNEAL_TOKEN, PROFILECLI_TOKEN",
     "The bearer token. Prefer this or --token-file: flags are seen by everyone on the machine."},
    {"ANNEAL_USERNAME, PROFILECLI_USERNAME", "The user for basic authentication."},
    {"ANNEAL_PASSWORD, PROFILECLI_PASSWORD", "The password for basic authentication."},
    {"ANNEAL_*", "Each setting of the server; 'anneal doctor' lists names and values."},
    {"NO_COLOR", "When set and not empty: no colours."},
    {"TERM", "When 'dumb': no colours."},
};

constexpr Entry kFiles[] = {
    {"default.pgo", "The profile that go build -pgo=auto takes from a main package's folder."},
};

// Text as roff: backslashes, hyphens that are typed, and lines that begin like a request.
std::string Escape(std::string_view text) {
  std::string out;
  for (char c : text) {
    bool line_start = out.empty() || out.back() == '\n';
    if (line_start && (c == '.' || c == '\'')) out += "\\&";
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else if (c == '\'') {
      out += "\\(aq";
    } else if (c == '`') {
      out += "\\(ga";
    } else if (c == '^') {
      out += "\\(ha";
    } else if (c == '~') {
      out += "\\(ti";
    } else {
      out += c;
    }
  }
  return out;
}

// CommandRow::details: paragraphs, and examples left as they are.
std::string Paragraphs(std::string_view text) {
  std::string out;
  bool example = false, fresh = true;
  while (!text.empty()) {
    size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty()) {
      fresh = true;
      continue;
    }
    bool verbatim = line.substr(0, 2) == "  ";
    if (example && !verbatim) out += ".EE\n.RE\n";
    if (fresh || (example && !verbatim)) out += example && verbatim ? "\n" : ".PP\n";
    if (verbatim && !example) out += ".RS 4\n.EX\n";
    out += Escape(verbatim ? line.substr(2) : line) + "\n";
    example = verbatim;
    fresh = false;
  }
  if (example) out += ".EE\n.RE\n";
  return out;
}

std::string Tagged(const std::string& tag, std::string_view text) {
  return fmt::format(".TP\n{}\n{}\n", tag, text.empty() ? "\\&" : Escape(text));
}

std::string OptionTag(const OptionDoc& option) {
  std::vector<std::string> flags;
  for (const std::string& flag : option.flags) flags.push_back("\\fB" + Escape(flag) + "\\fR");
  std::string tag = fmt::format("{}", fmt::join(flags, ", "));
  if (option.value.empty()) return tag;
  return tag + (tag.empty() ? "" : " ") + "\\fI" + Escape(option.value) + "\\fR";
}

std::string OptionText(const OptionDoc& option) {
  std::string text = option.help;
  if (option.required) text += " (required)";
  if (!option.fallback.empty()) text += fmt::format(" [default: {}]", option.fallback);
  return text;
}

std::string Commands(const CommandDoc& doc) {
  std::string out;
  for (const CommandDoc& sub : doc.commands) {
    std::string also =
        sub.aliases.empty() ? "" : fmt::format(" (also: {})", fmt::join(sub.aliases, ", "));
    out += fmt::format(".SS \"{}\"\n{}.\n.PP\n\\fB{}\\fR\n", Escape(sub.path),
                       Escape(sub.summary + also), Escape(sub.Usage()));
    out += Paragraphs(sub.details);
    for (const OptionDoc& argument : sub.arguments) {
      out += Tagged(OptionTag(argument), OptionText(argument));
    }
    for (const OptionDoc& option : sub.options) {
      // The same in every command; said once, under OPTIONS.
      if (option.flags.back() != "--help") out += Tagged(OptionTag(option), OptionText(option));
    }
    out += Commands(sub);
  }
  return out;
}

std::string Page(const CommandDoc& root) {
  std::string out = fmt::format(
      ".\\\" Made by 'anneal man'.\n.TH ANNEAL 1 \"\" \"anneal {}\" \"User Commands\"\n"
      ".SH NAME\nanneal \\- {}\n.SH SYNOPSIS\n\\fB{}\\fR\n.SH DESCRIPTION\n{}.SH OPTIONS\n",
      kVersion, Escape(root.summary), Escape(root.Usage()), Paragraphs(root.details));
  for (const OptionDoc& option : root.options) out += Tagged(OptionTag(option), OptionText(option));
  out += ".SH COMMANDS\n" + Commands(root) + ".SH EXIT STATUS\n";
  for (const ExitStatusRow& row : kExitStatuses) {
    out += Tagged(fmt::format("\\fB{}\\fR", static_cast<int>(row.status)), row.meaning);
  }
  out += ".SH ENVIRONMENT\n";
  for (const Entry& entry : kEnvironment) {
    out += Tagged("\\fB" + Escape(entry.name) + "\\fR", entry.meaning);
  }
  out += ".SH FILES\n";
  for (const Entry& entry : kFiles) {
    out += Tagged("\\fI" + Escape(entry.name) + "\\fR", entry.meaning);
  }
  return out + ".SH SEE ALSO\n.BR go (1),\n.BR perf (1),\n.BR clang (1)\n";
}

}  // namespace

CommandRun DefineMan(CLI::App& app, CliContext& context) {
  const CLI::App* root = app.get_parent();
  return [root, &context] {
    context.out << Page(Describe(*root));
    return kExitOk;
  };
}

}  // namespace anneal
