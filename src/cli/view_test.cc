// `anneal view` but for looking at it: files, states, and the one HTML file. What a browser makes
// of them is tests/ui's business.
#include <nlohmann/json.hpp>

#include "cli/exit_status.h"
#include "cli/testing/cli_harness.h"
#include "cli/view_document.h"
#include "cli/view_files.h"
#include "cli/view_state.h"
#include "profile/folded.h"
#include "profile/pprof.h"

namespace anneal {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(ViewState, IsReadAsAddressQueryOrJson) {
  struct Row {
    std::string_view text, written;
  };
  for (const Row& row : {
           Row{"", "v=1"},
           Row{"v=1&panel=table", "v=1&panel=table"},
           Row{"?search=a%20b+c", "v=1&search=a%20b%20c"},
           Row{"http://h:1/?page=compare&base.from=now-2h", "v=1&page=compare&base.from=now-2h"},
           Row{"#fn=main.main", "v=1&fn=main.main"},
           Row{" do=focus:a&do=ignore:b\n", "v=1&do=focus%3Aa&do=ignore%3Ab"},
           Row{R"({"v":1,"nodes":100,"do":["focus:a","recursion"],"base":{"service":"x"}})",
               "v=1&nodes=100&do=focus%3Aa&do=recursion&base.service=x"},
       }) {
    Result<ViewState> state = ParseViewState(row.text);
    ASSERT_TRUE(state.ok()) << row.text << ": " << state.status().ToString();
    EXPECT_EQ(WriteViewState(*state), row.written);
  }
  for (std::string_view wrong : {"panle=table", "v=2", "{", "{\"a\":1}", "[1]"}) {
    EXPECT_FALSE(ParseViewState(wrong).ok()) << wrong;
  }
  EXPECT_THAT(ParseViewState("panle=x").status().message(), HasSubstr("panel"));
}

TEST(ViewState, WhatIsGivenWins) {
  ViewState merged = MergeViewStates({{"page", "compare"}, {"from", "1"}, {"do", "focus:a"}},
                                     {{"from", "2"}, {"do", "focus:b"}, {"do", "recursion"}});
  EXPECT_EQ(WriteViewState(merged), "v=1&page=compare&from=2&do=focus%3Ab&do=recursion");
}

const std::vector<PageFile>& Files() {
  static const std::vector<PageFile> kFiles = {
      {"page.css", "page-1.css", "1", "body::after{content:'</style>'}", ""},
      {"page.js", "page-2.js", "2", "let a='</script><!--'", ""},
      {"index.html", "index-3.html", "3",
       "<!doctype html><html><head><meta charset=\"utf-8\">"
       "<link rel=\"icon\" href=\"/assets/icon-4.svg\" />"
       "<script type=\"module\" crossorigin src=\"/assets/page-2.js\"></script>"
       "<link rel=\"stylesheet\" crossorigin href=\"/assets/page-1.css\"></head>"
       "<body><div id=\"page\"></div></body></html>",
       ""}};
  return kFiles;
}

// The text of the first element whose tag begins with `tag`.
std::string Inner(const std::string& html, const std::string& tag, const std::string& end) {
  size_t begin = html.find(tag);
  if (begin == std::string::npos) return "none";
  begin = html.find('>', begin) + 1;
  return html.substr(begin, html.find(end, begin) - begin);
}

TEST(ViewDocument, HoldsEverythingAndAllowsNothingElse) {
  const std::string data = R"({"title":"</script><script>alert(1)</script>"})";
  std::string html = MakeViewDocument(Files(), data).value();
  EXPECT_THAT(html, Not(HasSubstr("/assets/")));
  EXPECT_THAT(html, Not(HasSubstr("alert(1)</script>")));
  EXPECT_EQ(nlohmann::json::parse(Inner(html, "<script type=\"application/json\"", "</script>")),
            nlohmann::json::parse(data));
  EXPECT_EQ(Inner(html, "<script type=\"module\"", "</script>"), "let a='<\\/script><\\!--'");
  EXPECT_EQ(Inner(html, "<style", "</style>"), "body::after{content:'<\\/style>'}");
  // The policy names exactly what stands there. (Hashes computed by another program.)
  EXPECT_THAT(html, HasSubstr("<head><meta http-equiv=\"Content-Security-Policy\""));
  EXPECT_THAT(
      html,
      HasSubstr(
          "default-src 'none'; script-src 'sha256-NQPDwVU/syfLYnZ99WHNhuaIk3nzoBTRWitND20IIrs='; "
          "style-src 'sha256-lbfCKJmybdiN/LJTKA814NPJEeKqF6rcO4xiGAqBsmo='"));
  EXPECT_THAT(html, Not(HasSubstr("unsafe")));
  EXPECT_FALSE(MakeViewDocument({}, data).ok());
}

class ViewTest : public testing::Test {
 protected:
  std::string Write(const std::string& name, std::string_view bytes) {
    EXPECT_TRUE(Fs::System().WriteFileAtomic(cli_.Path(name), bytes).ok());
    return cli_.Path(name);
  }
  Result<ViewFiles> Read(const std::string& file, const std::string& base = "") {
    std::istringstream in(cli_.in);
    std::ostringstream out;
    CliContext context{.fs = Fs::System(),
                       .clock = cli_.clock,
                       .http = cli_.http,
                       .process = Process::System(),
                       .in = in,
                       .out = out,
                       .err = out,
                       .env = {}};
    return ReadViewFiles(file, base, context);
  }
  CliHarness cli_;
};

TEST_F(ViewTest, DataAreTreeAndLines) {
  std::string a = Write("a.folded", "main;f 3\nmain;g 1\n"), b = Write("b.folded", "main;f 1\n");
  ViewFiles files = Read(a, b).value();
  nlohmann::json data = nlohmann::json::parse(ViewData(files, "v=1").value());
  EXPECT_EQ(data["title"], "a.folded against b.folded");
  EXPECT_EQ(data["state"], "v=1");
  EXPECT_EQ(data["tree"]["total"], 4);
  EXPECT_EQ(data["tree"]["baseTotal"], 1);
  EXPECT_EQ(data["lines"]["f"]["lines"][0]["self"], 3);
  EXPECT_EQ(data["lines"]["f"]["lines"][0]["baseSelf"], 1);
}

TEST_F(ViewTest, ReadsPprofAndStandardInputAndTellsFilesApart) {
  cli_.in = EncodePprof(DecodeFolded("main 1\n").value());
  EXPECT_EQ(Read("-").value().main.name, "standard input");
  std::string a = Write("x.folded", "main 1\n");
  ViewFiles same = Read(a, a).value();
  EXPECT_NE(same.main.name, same.base->name);
  EXPECT_GT(same.main.profile.time_ns, 0) << "a profile without a time is of now";
}

TEST_F(ViewTest, SaysWhatIsWrong) {
  struct Row {
    std::vector<std::string> args;
    int status;
    std::string_view message;
  };
  std::string good = Write("good.folded", "main 1\n");
  const Row rows[] = {
      {{cli_.Path("none")}, kExitFailed, "none"},
      {{Write("empty", "")}, kExitFailed, "it is empty"},
      {{Write("junk", "junk")}, kExitFailed, "neither pprof nor folded"},
      {{Write("bytes", std::string("\x1f\x8b\x08garbage"))}, kExitFailed, "bytes"},
      {{good, "--state", "panle=x"}, kExitUsage, "--state"},
      {{good, "--html", good}, kExitFailed, "--force"},
      {{"-", "--diff", "-"}, kExitFailed, "not both"},
  };
  for (const Row& row : rows) {
    std::vector<std::string> args = {"view"};
    args.insert(args.end(), row.args.begin(), row.args.end());
    EXPECT_NE(cli_.Run(args), kExitOk) << row.message;
    EXPECT_THAT(cli_.err, HasSubstr(row.message));
  }
}

TEST_F(ViewTest, ComparingNeedsACommonColumn) {
  ViewFiles files = Read(Write("a", "main 1\n"), Write("b", "main 1\n")).value();
  files.base->profile = DecodeFolded("main 1\n", "alloc", "bytes").value();
  EXPECT_THAT(ViewData(files, "").status().message(), HasSubstr("b has no samples in count"));
}

}  // namespace
}  // namespace anneal
