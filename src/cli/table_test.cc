// What every command of the table promises, whoever wrote it.
#include <gtest/gtest.h>

#include <set>

#include "cli/frame.h"
#include "cli/help.h"
#include "cli/testing/cli_harness.h"

namespace anneal {
namespace {

void Walk(const CommandDoc& doc, const std::function<void(const CommandDoc&)>& visit) {
  visit(doc);
  for (const CommandDoc& sub : doc.commands) Walk(sub, visit);
}

size_t Columns(std::string_view line) {
  return static_cast<size_t>(
      std::count_if(line.begin(), line.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

TEST(CommandTable, HelpFitsEightyColumns) {
  CliHarness cli;
  Walk(cli.Describe(), [](const CommandDoc& doc) {
    std::istringstream help(RenderHelp(doc, HelpStyle::kPlain));
    for (std::string line; std::getline(help, line);) {
      EXPECT_LE(Columns(line), 80u) << doc.path << ": " << line;
    }
  });
}

TEST(CommandTable, SummariesAreOneLineWithoutFullStop) {
  CliHarness cli;
  Walk(cli.Describe(), [](const CommandDoc& doc) {
    EXPECT_FALSE(doc.summary.empty()) << doc.path;
    EXPECT_EQ(doc.summary.find('\n'), std::string::npos) << doc.path;
    EXPECT_NE(doc.summary.back(), '.') << doc.path;
  });
}

TEST(CommandTable, EveryOptionIsExplained) {
  CliHarness cli;
  Walk(cli.Describe(), [](const CommandDoc& doc) {
    for (const OptionDoc& option : doc.options) {
      EXPECT_FALSE(option.help.empty())
          << doc.path << " " << fmt::format("{}", fmt::join(option.flags, " "));
    }
    for (const OptionDoc& argument : doc.arguments) {
      EXPECT_FALSE(argument.help.empty()) << doc.path << " " << argument.value;
    }
  });
}

TEST(CommandTable, NamesAreUniqueAmongSiblings) {
  CliHarness cli;
  Walk(cli.Describe(), [](const CommandDoc& doc) {
    std::set<std::string> names;
    for (const CommandDoc& sub : doc.commands) {
      EXPECT_TRUE(names.insert(sub.name).second) << sub.path;
      for (const std::string& alias : sub.aliases) EXPECT_TRUE(names.insert(alias).second) << alias;
    }
  });
}

TEST(CommandTable, EveryCommandAnswersHelp) {
  CliHarness cli;
  Walk(cli.Describe(), [&cli](const CommandDoc& doc) {
    std::vector<std::string> args;
    std::istringstream words(doc.path);
    for (std::string word; words >> word;) args.push_back(word);
    args.erase(args.begin());
    args.push_back("--help");
    EXPECT_EQ(cli.Run(args), 0) << doc.path;
    EXPECT_EQ(cli.err, "") << doc.path;
    EXPECT_NE(cli.out.find(doc.Usage()), std::string::npos) << doc.path;
  });
}

}  // namespace
}  // namespace anneal
