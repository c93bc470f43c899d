// What a command line accepts, as plain values. Help, the man page, shell completion and
// suggestions are all drawn from it; only describe.cc asks CLI11.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace anneal {

struct OptionDoc {
  std::vector<std::string> flags;  // "-f", "--force"; empty for a positional argument
  std::string value;               // "URL"; empty for a flag that takes none
  std::string help;
  std::string fallback;  // the default, or empty
  bool required = false;
  bool repeats = false;
};

struct CommandDoc {
  std::string name;                  // "merge"
  std::string path;                  // "anneal query merge"
  std::vector<std::string> aliases;  // other names
  std::string group;                 // heading it stands under in its parent's help
  std::string summary;
  std::string details;  // as CommandRow::details
  std::vector<OptionDoc> options;
  std::vector<OptionDoc> arguments;  // positional
  std::vector<CommandDoc> commands;

  // "anneal query merge [options] FILE..."
  std::string Usage() const;
};

// `app` and everything below it; hidden options (those of the empty group) are left out.
CommandDoc Describe(const CLI::App& app);

}  // namespace anneal
