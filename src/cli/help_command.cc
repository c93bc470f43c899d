// anneal help [COMMAND...]
#include <ostream>

#include "base/suggest.h"
#include "cli/commands.h"
#include "cli/describe.h"
#include "cli/exit_status.h"
#include "cli/help.h"

namespace anneal {
namespace {

const CommandDoc* FindCommand(const CommandDoc& doc, const std::string& name) {
  for (const CommandDoc& sub : doc.commands) {
    bool alias = std::find(sub.aliases.begin(), sub.aliases.end(), name) != sub.aliases.end();
    if (sub.name == name || alias) return &sub;
  }
  return nullptr;
}

int Help(const CommandDoc& root, const std::vector<std::string>& words, CliContext& context) {
  const CommandDoc* doc = &root;
  for (const std::string& word : words) {
    const CommandDoc* next = FindCommand(*doc, word);
    if (next == nullptr) {
      std::vector<std::string> names;
      for (const CommandDoc& sub : doc->commands) names.push_back(sub.name);
      std::string suggestion = Suggest(word, names);
      context.err << fmt::format(
          "anneal help: {} has no command '{}'{}\n", doc->path, word,
          suggestion.empty() ? "" : fmt::format("; did you mean '{}'?", suggestion));
      return kExitUsage;
    }
    doc = next;
  }
  context.out << RenderHelp(*doc, context.color ? HelpStyle::kColor : HelpStyle::kPlain);
  return kExitOk;
}

}  // namespace

CommandRun DefineHelp(CLI::App& app, CliContext& context) {
  auto words = std::make_shared<std::vector<std::string>>();
  app.add_option("COMMAND", *words, "The command, and its subcommand");
  const CLI::App* root = app.get_parent();
  return [root, words, &context] { return Help(Describe(*root), *words, context); };
}

}  // namespace anneal
