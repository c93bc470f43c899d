#include "cli/frame.h"

#include <ostream>

#include "base/suggest.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/exit_status.h"
#include "cli/help.h"

namespace anneal {
namespace {

constexpr std::string_view kSummary = "profile-guided optimisation as a loop";
constexpr std::string_view kDetails =
    R"(Profiles of running programs go into a database; one command merges any window of it into the file a compiler optimises with; the new binary is proven faster before it ships.

  anneal serve --data ./data
  anneal query merge --query='{service_name="app"}' --output=pprof=default.pgo
  go build -pgo=default.pgo)";

std::string_view GroupName(CommandGroup group) {
  switch (group) {
    case CommandGroup::kRun:
      return "Run";
    case CommandGroup::kProfiles:
      return "Profiles";
    case CommandGroup::kPgo:
      return "PGO";
    case CommandGroup::kStore:
      return "Store";
    case CommandGroup::kOther:
      return "Other";
  }
  return "Other";
}

// The subcommand the words of the command line led to.
const CLI::App& Deepest(const CLI::App& root) {
  const CLI::App* app = &root;
  while (!app->get_subcommands().empty()) app = app->get_subcommands().back();
  return *app;
}

HelpStyle StyleOf(const CliContext& context) {
  return context.color ? HelpStyle::kColor : HelpStyle::kPlain;
}

// Names that could have been meant instead of `word`.
std::vector<std::string> Candidates(const CommandDoc& doc, bool flags) {
  std::vector<std::string> names;
  if (flags) {
    for (const OptionDoc& option : doc.options) {
      for (const std::string& flag : option.flags) {
        if (flag.starts_with("--")) names.push_back(flag);
      }
    }
  } else {
    for (const CommandDoc& sub : doc.commands) {
      names.push_back(sub.name);
      names.insert(names.end(), sub.aliases.begin(), sub.aliases.end());
    }
  }
  return names;
}

int UsageError(const CommandDoc& doc, std::string_view message, CliContext& context) {
  context.err << fmt::format("{}: {}\nusage: {}\nRun '{} --help' for help.\n", doc.path, message,
                             doc.Usage(), doc.path);
  return kExitUsage;
}

int UnknownWord(const CLI::App& app, std::string word, CliContext& context) {
  CommandDoc doc = Describe(app);
  bool is_flag = word.size() > 1 && word[0] == '-';
  if (is_flag) word = word.substr(0, word.find('='));
  std::string_view what = is_flag                ? "unknown flag"
                          : doc.commands.empty() ? "unexpected argument"
                                                 : "unknown command";
  std::string message = fmt::format("{} '{}'", what, word);
  std::string suggestion = Suggest(word, Candidates(doc, is_flag));
  if (!suggestion.empty()) message += fmt::format("; did you mean '{}'?", suggestion);
  return UsageError(doc, message, context);
}

int ParseFailure(const CLI::App& root, const CLI::ParseError& error, CliContext& context) {
  const CLI::App& app = Deepest(root);
  std::vector<std::string> unknown = app.remaining();
  if (unknown.empty()) unknown = root.remaining(true);
  if (!unknown.empty()) return UnknownWord(app, unknown.front(), context);
  CommandDoc doc = Describe(app);
  if (app.get_require_subcommand_min() > 0 && app.get_subcommands().empty()) {
    std::vector<std::string> names = Candidates(doc, false);
    return UsageError(doc, fmt::format("which command? One of: {}", fmt::join(names, ", ")),
                      context);
  }
  return UsageError(doc, error.what(), context);
}

// Takes every --no-color before "--" out of `args`; it is accepted anywhere.
bool TakeNoColor(std::vector<std::string>& args) {
  auto end = std::find(args.begin(), args.end(), "--");
  auto kept = std::remove(args.begin(), end, "--no-color");
  bool found = kept != end;
  args.erase(kept, end);
  return found;
}

struct Definition {
  const CLI::App* app;
  CommandRun run;
};

std::vector<Definition> DefineCommands(CLI::App& root, CliContext& context) {
  root.description(std::string(kSummary));
  root.footer(std::string(kDetails));
  root.option_defaults()->always_capture_default();
  root.set_help_flag("-h,--help", "Print this help");
  root.add_flag("--version")->description("Print the version");
  root.add_flag("--no-color")->description("No colours, also with NO_COLOR set or TERM=dumb");
  root.require_subcommand(0, 1);
  std::vector<Definition> definitions;
  std::vector<const CommandRow*> rows;
  for (const CommandRow& row : kCommands) rows.push_back(&row);
  std::sort(rows.begin(), rows.end(), [](const CommandRow* a, const CommandRow* b) {
    return std::pair(a->group, a) < std::pair(b->group, b);  // in a group as in the table
  });
  for (const CommandRow* entry : rows) {
    const CommandRow& row = *entry;
    CLI::App* app = root.add_subcommand(std::string(row.name), std::string(row.summary));
    app->group(std::string(GroupName(row.group)));
    app->footer(std::string(row.details));
    definitions.push_back({app, row.define(*app, context)});
  }
  return definitions;
}

int ParseAndRun(std::vector<std::string> args, CliContext& context) {
  CLI::App root("", "anneal");
  std::vector<Definition> definitions = DefineCommands(root, context);
  std::reverse(args.begin(), args.end());  // CLI11 takes them from the back
  try {
    root.parse(std::move(args));
  } catch (const CLI::CallForHelp&) {
    context.out << RenderHelp(Describe(Deepest(root)), StyleOf(context));
    return kExitOk;
  } catch (const CLI::ParseError& error) {
    return ParseFailure(root, error, context);
  }
  for (const Definition& definition : definitions) {
    bool asked = definition.app->parsed() ||
                 (root.count("--version") > 0 && definition.app->get_name() == "version");
    if (asked) return definition.run();
  }
  context.out << RenderHelp(Describe(root), StyleOf(context));
  return kExitOk;
}

}  // namespace

CommandDoc DescribeCommandLine(CliContext& context) {
  CLI::App root("", "anneal");
  DefineCommands(root, context);
  return Describe(root);
}

int RunCommandLine(std::vector<std::string> args, CliContext& context) {
  if (TakeNoColor(args)) context.color = false;
  int status = kExitFailed;
  try {
    status = ParseAndRun(std::move(args), context);
  } catch (const CLI::Error& error) {  // a command defined its options wrongly
    context.err << fmt::format("anneal: internal error in the command table: {}\n", error.what());
  } catch (const std::exception& error) {  // of a library, where we did not expect it
    context.err << fmt::format("anneal: internal error, please report it: {}\n", error.what());
  }
  context.out.flush();
  // A reader that left early (| head) closed the pipe: no message, but no success either.
  if (!context.out && status == kExitOk) status = kExitFailed;
  return status;
}

}  // namespace anneal
