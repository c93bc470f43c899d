#include "cli/describe.h"

#include "cli/command.h"

namespace anneal {
namespace {

OptionDoc DescribeOption(const CLI::Option& option) {
  OptionDoc doc;
  for (const std::string& name : option.get_snames()) doc.flags.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) doc.flags.push_back("--" + name);
  if (option.get_items_expected_max() > 0) doc.value = option.get_type_name();
  doc.help = option.get_description();
  doc.fallback = option.get_default_str();
  if (doc.fallback == "\"\"" || doc.fallback == "[]" || doc.value.empty()) doc.fallback.clear();
  doc.required = option.get_required();
  doc.repeats = option.get_expected_max() > 1;
  return doc;
}

std::string Path(const CLI::App& app) {
  const CLI::App* parent = app.get_parent();
  return parent == nullptr ? app.get_name() : Path(*parent) + " " + app.get_name();
}

}  // namespace

CommandDoc Describe(const CLI::App& app) {
  CommandDoc doc;
  doc.name = app.get_name();
  doc.path = Path(app);
  doc.aliases = app.get_aliases();
  doc.group = app.get_group();
  doc.summary = app.get_description();
  doc.details = app.get_footer();
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty()) continue;
    OptionDoc described = DescribeOption(*option);
    if (option->get_positional()) {
      described.flags.clear();
      described.value = option->get_name(true);
      doc.arguments.push_back(std::move(described));
    } else {
      doc.options.push_back(std::move(described));
    }
  }
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (!sub->get_group().empty()) doc.commands.push_back(Describe(*sub));
  }
  return doc;
}

std::string CommandDoc::Usage() const {
  std::string usage = path;
  if (!commands.empty()) usage += " <command>";
  if (!options.empty()) usage += " [options]";
  for (const OptionDoc& argument : arguments) {
    std::string label = argument.value + (argument.repeats ? "..." : "");
    usage += argument.required ? " " + label : " [" + label + "]";
  }
  return usage;
}

}  // namespace anneal
