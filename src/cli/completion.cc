// anneal completion bash|zsh|fish: scripts made from the command table.
//
// Each script first walks the words typed so far along the tree of commands, then offers what is
// accepted there. All three are tables; the walking is in the frame around them.
#include <ostream>

#include "cli/commands.h"
#include "cli/describe.h"
#include "cli/exit_status.h"

namespace anneal {
namespace {

// Every command of the tree, parents first.
void Flatten(const CommandDoc& doc, std::vector<const CommandDoc*>& out) {
  out.push_back(&doc);
  for (const CommandDoc& sub : doc.commands) Flatten(sub, out);
}

std::vector<const CommandDoc*> Flatten(const CommandDoc& doc) {
  std::vector<const CommandDoc*> out;
  Flatten(doc, out);
  return out;
}

std::string ReplaceAll(std::string text, std::string_view from, std::string_view to) {
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

// For between single quotes.
std::string ShellQuoted(const std::string& text) { return ReplaceAll(text, "'", "'\\''"); }
std::string FishQuoted(const std::string& text) {
  return ReplaceAll(ReplaceAll(text, "\\", "\\\\"), "'", "\\'");
}

// Commands that can follow: those below, or, after `help`, all of the root's.
const std::vector<CommandDoc>& Following(const CommandDoc& doc, const CommandDoc& root) {
  return doc.path == root.name + " help" ? root.commands : doc.commands;
}

// Lines of a case statement "'anneal query') at='anneal query' ;;" for every step down the tree.
std::string Steps(const CommandDoc& root, std::string_view line) {
  std::string text;
  for (const CommandDoc* doc : Flatten(root)) {
    for (const CommandDoc& sub : doc->commands) {
      text += fmt::format(fmt::runtime(line), doc->path + " " + sub.name, sub.path);
      for (const std::string& alias : sub.aliases) {
        text += fmt::format(fmt::runtime(line), doc->path + " " + alias, sub.path);
      }
    }
  }
  return text;
}

std::string Bash(const CommandDoc& root) {
  std::string text = R"(# bash completion for anneal. Load it with
#   source <(anneal completion bash)
_anneal() {
  local cur="${COMP_WORDS[COMP_CWORD]}" prev="${COMP_WORDS[COMP_CWORD - 1]}"
  local at=anneal words='' valued='' i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$at ${COMP_WORDS[i]}" in
)";
  text += Steps(root, "      '{}') at='{}' ;;\n");
  text += "    esac\n  done\n  case \"$at\" in\n";
  for (const CommandDoc* doc : Flatten(root)) {
    std::vector<std::string> words, valued;
    for (const CommandDoc& sub : Following(*doc, root)) words.push_back(sub.name);
    for (const OptionDoc& option : doc->options) {
      for (const std::string& flag : option.flags) {
        words.push_back(flag);
        if (!option.value.empty()) valued.push_back(flag);
      }
    }
    text += fmt::format("    '{}')\n      words='{}'\n      valued='{}'\n      ;;\n", doc->path,
                        fmt::join(words, " "), fmt::join(valued, " "));
  }
  text += R"(  esac
  COMPREPLY=()
  # Values are completed as files.
  if [[ $cur != '=' && $prev != '=' && " $valued " != *" $prev "* ]]; then
    COMPREPLY=($(compgen -W "$words" -- "$cur"))
  fi
  if [[ ${#COMPREPLY[@]} -eq 0 && $cur != -* ]]; then
    COMPREPLY=($(compgen -f -- "${cur#=}"))
  fi
}
complete -o filenames -F _anneal anneal
)";
  return text;
}

std::string Zsh(const CommandDoc& root) {
  std::string text = R"(#compdef anneal
# zsh completion for anneal. Put it as _anneal into a folder of $fpath, or load it with
#   source <(anneal completion zsh)
_anneal() {
  local at=anneal word
  local -a names flags
  for word in ${words[2,CURRENT-1]}; do
    case "$at $word" in
)";
  text += Steps(root, "      '{}') at='{}' ;;\n");
  text += "    esac\n  done\n  case \"$at\" in\n";
  auto entry = [](const std::string& name, const std::string& about) {
    return fmt::format(" '{}:{}'", ReplaceAll(name, ":", "\\:"), ShellQuoted(about));
  };
  for (const CommandDoc* doc : Flatten(root)) {
    std::string names, flags;
    for (const CommandDoc& sub : Following(*doc, root)) names += entry(sub.name, sub.summary);
    for (const OptionDoc& option : doc->options) {
      for (const std::string& flag : option.flags) flags += entry(flag, option.help);
    }
    text += fmt::format("    '{}')\n      names=({})\n      flags=({})\n      ;;\n", doc->path,
                        names.empty() ? "" : names.substr(1), flags.empty() ? "" : flags.substr(1));
  }
  text += R"(  esac
  if [[ ${words[CURRENT]} == -* ]]; then
    _describe -o 'option' flags
  elif (( ${#names} )); then
    _describe 'command' names
  else
    _files
  fi
}
if [[ ${funcstack[1]} == _anneal ]]; then
  _anneal "$@"
else
  compdef _anneal anneal
fi
)";
  return text;
}

std::string FishOption(const CommandDoc& doc, const OptionDoc& option) {
  std::string names;
  for (const std::string& flag : option.flags) {
    bool is_long = flag.starts_with("--");
    names += is_long ? " -l " + flag.substr(2) : " -s " + flag.substr(1);
  }
  return fmt::format("complete -c anneal -n 'test \"$(__anneal_at)\" = \"{}\"'{}{} -d '{}'\n",
                     doc.path, names, option.value.empty() ? "" : " -r", FishQuoted(option.help));
}

std::string Fish(const CommandDoc& root) {
  std::string text =
      R"(# fish completion for anneal. Save it as ~/.config/fish/completions/anneal.fish
function __anneal_at
    set -l at anneal
    set -l tokens (commandline -opc)
    set -e tokens[1]
    for word in $tokens
        switch "$at $word"
)";
  text += Steps(root, "            case '{}'\n                set at '{}'\n");
  text += "        end\n    end\n    echo $at\nend\n";
  for (const CommandDoc* doc : Flatten(root)) {
    for (const CommandDoc& sub : Following(*doc, root)) {
      text +=
          fmt::format("complete -c anneal -f -n 'test \"$(__anneal_at)\" = \"{}\"' -a {} -d '{}'\n",
                      doc->path, sub.name, FishQuoted(sub.summary));
    }
    for (const OptionDoc& option : doc->options) text += FishOption(*doc, option);
  }
  return text;
}

}  // namespace

CommandRun DefineCompletion(CLI::App& app, CliContext& context) {
  auto shell = std::make_shared<std::string>();
  app.add_option("SHELL", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}).description(""));
  const CLI::App* root = app.get_parent();
  return [root, shell, &context] {
    CommandDoc doc = Describe(*root);
    context.out << (*shell == "bash" ? Bash(doc) : *shell == "zsh" ? Zsh(doc) : Fish(doc));
    return kExitOk;
  };
}

}  // namespace anneal
