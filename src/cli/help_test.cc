#include "cli/help.h"

#include <gtest/gtest.h>

namespace anneal {
namespace {

TEST(FillText, FillsParagraphsAndLeavesExamplesAlone) {
  EXPECT_EQ(FillText("one two three four", 0, 9), "one two\nthree\nfour\n");
  EXPECT_EQ(FillText("one\ntwo", 2, 80), "  one two\n");
  EXPECT_EQ(FillText("a b\n\nc", 0, 80), "a b\n\nc\n");
  EXPECT_EQ(FillText("run\n  x   y\nthen", 1, 5), " run\n   x   y\n then\n");
  EXPECT_EQ(FillText("overlongword x", 0, 4), "overlongword\nx\n");
  EXPECT_EQ(FillText("", 3, 80), "");
}

TEST(RenderHelp, ShowsUsageDetailsCommandsAndOptions) {
  CommandDoc doc{
      .name = "query",
      .path = "anneal query",
      .summary = "Ask the server",
      .details = "Why.\n\n  anneal query x",
      .options = {{.flags = {"-f", "--force"}, .help = "Overwrite"},
                  {.flags = {"--url"},
                   .value = "URL",
                   .help = "Server",
                   .fallback = "http://localhost:4040"},
                  {.flags = {"--a-flag-with-a-long-name"}, .value = "TEXT", .help = "H"}},
      .arguments = {{.value = "FILE", .help = "Input", .required = true, .repeats = true}},
      .commands = {{.name = "merge",
                    .path = "anneal query merge",
                    .aliases = {"profile"},
                    .group = "Commands",
                    .summary = "Merge"}}};
  EXPECT_EQ(RenderHelp(doc, HelpStyle::kPlain),
            R"(anneal query: Ask the server

Usage:
  anneal query <command> [options] FILE...

Why.

  anneal query x

Commands:
  merge  Merge (also: profile)

Arguments:
  FILE                      Input (required)

Options:
  -f, --force               Overwrite
      --url URL             Server [default: http://localhost:4040]
      --a-flag-with-a-long-name TEXT
                            H

Run 'anneal query <command> --help' for a command's options and examples.
)");
  EXPECT_NE(RenderHelp(doc, HelpStyle::kColor).find("\x1b[1mUsage:\x1b[0m"), std::string::npos);
}

}  // namespace
}  // namespace anneal
