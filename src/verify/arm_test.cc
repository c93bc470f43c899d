#include "verify/arm.h"

#include <gtest/gtest.h>

#include "base/fs.h"
#include "net/fake_http.h"
#include "verify/binary.h"
#include "verify/load.h"
#include "verify/machine.h"

namespace anneal {
namespace {

TEST(ParseArmCommandTest, SplitsAsAShellDoes) {
  struct Case {
    const char* line;
    std::vector<std::string> argv;
  };
  const Case cases[] = {
      {"./old", {"./old"}},
      {"  ./old\t-n  3 ", {"./old", "-n", "3"}},
      {"./old 'a b' \"c \\\" d\" e\\ f", {"./old", "a b", "c \" d", "e f"}},
      {"./old ''", {"./old", ""}},
      {"./old a'b'c", {"./old", "abc"}},
      {"./old '$HOME;x'", {"./old", "$HOME;x"}},
      {"./old -x=1", {"./old", "-x=1"}},
      {"./old \"*?[~#\" '*?[~#$`' \\* a~b#c", {"./old", "*?[~#", "*?[~#$`", "*", "a~b#c"}},
      {"./old \"\\$X \\` \\x\"", {"./old", "$X ` \\x"}},
  };
  for (const Case& c : cases) {
    Result<Command> command = ParseArmCommand(c.line);
    ASSERT_TRUE(command.ok()) << command.status().ToString();
    EXPECT_EQ(command->argv, c.argv) << c.line;
  }
}

TEST(ParseArmCommandTest, LeadingAssignmentsAreTheEnvironment) {
  Result<Command> command = ParseArmCommand("GOGC=off A='b c' ./old X=1");
  ASSERT_TRUE(command.ok());
  EXPECT_EQ(command->argv, (std::vector<std::string>{"./old", "X=1"}));
  EXPECT_EQ(command->env,
            (std::vector<std::pair<std::string, std::string>>{{"GOGC", "off"}, {"A", "b c"}}));
}

TEST(ParseArmCommandTest, RefusesWhatNeedsAShell) {
  for (const char* line :
       {"", "  ", "A=1", "./old | cat", "./old && x", "./old $X", "./old 'a", "./old \"a",
        "./old > f", "cd x; ./old", "./old `x`", "./old *.md", "./old a?", "./old [ab]",
        "./old ~/x", "./old # why", "./old \"$X\"", "./old \"`x`\""}) {
    EXPECT_EQ(ParseArmCommand(line).status().code(), Code::kInvalidArgument) << line;
  }
}

TEST(ParseGoBenchOutputTest, ReadsWhatGoPrints) {
  // go1.26 with -test.cpu=2 and -benchmem, a log line in between.
  constexpr std::string_view kOutput =
      "goos: linux\ngoarch: amd64\npkg: example.com/md\ncpu: AMD EPYC\n"
      "BenchmarkRender/size-16-2         \t     100\t     12345 ns/op\t  84.12 MB/s\t    1024 "
      "B/op\t"
      "       5 allocs/op\n"
      "    render_test.go:12: note\n"
      "BenchmarkParse-2   \t 2000000\t         0.5120 ns/op\n"
      "PASS\nok  \texample.com/md\t1.2s\n";
  std::vector<GoBenchLine> lines = ParseGoBenchOutput(kOutput, 2);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0].name, "BenchmarkRender/size-16");
  EXPECT_EQ(lines[0].iterations, 100);
  EXPECT_EQ(lines[0].ns_per_op, 12345);
  EXPECT_EQ(lines[1].name, "BenchmarkParse");
  EXPECT_EQ(lines[1].ns_per_op, 0.512);
  // One processor: Go adds no suffix, and -2 belongs to the name.
  EXPECT_EQ(ParseGoBenchOutput(kOutput, 1)[1].name, "BenchmarkParse-2");
  EXPECT_TRUE(ParseGoBenchOutput("", 1).empty());
}

TEST(ParseLoadRequestsTest, PathsMethodsAndObjects) {
  Result<std::vector<LoadRequest>> requests = ParseLoadRequests(
      "# recorded\n/a?x=1\r\n\nPOST /b\nGET http://prod:80/c?d\n"
      "{\"method\":\"PUT\",\"url\":\"https://h/e\",\"body\":\"text\",\"headers\":{\"X-Y\":\"z\"}}");
  ASSERT_TRUE(requests.ok()) << requests.status().ToString();
  ASSERT_EQ(requests->size(), 4u);
  EXPECT_EQ((*requests)[0].path, "/a?x=1");
  EXPECT_EQ((*requests)[1].method, "POST");
  EXPECT_EQ((*requests)[2].path, "/c?d");
  EXPECT_EQ((*requests)[3].method, "PUT");
  EXPECT_EQ((*requests)[3].path, "/e");
  EXPECT_EQ((*requests)[3].body, "text");
  EXPECT_EQ((*requests)[3].headers.Get("x-y"), "z");
}

TEST(ParseLoadRequestsTest, NamesTheLine) {
  for (const char* text : {"/a\nb", "/a\nGET b", "/a\n{", "/a\n{\"method\":1}"}) {
    Result<std::vector<LoadRequest>> requests = ParseLoadRequests(text);
    EXPECT_EQ(requests.status().code(), Code::kInvalidArgument) << text;
    EXPECT_THAT(requests.status().message(), testing::HasSubstr("line 2")) << text;
  }
  EXPECT_FALSE(ParseLoadRequests("# nothing\n\n").ok());
}

TEST(RequestsInOutputTest, ReadsLoadPrograms) {
  struct Case {
    const char* output;
    std::optional<int64_t> requests;
  };
  const Case cases[] = {
      {"Running 1s test @ http://x\n  3921 requests in 1.00s, 5.6MB read\nRequests/sec: 3901.2",
       3921},
      {"Complete requests:      2000\nFailed requests:        0\n", 2000},
      {"     http_reqs......................: 1234   411.3/s\n", 1234},
      {"Status code distribution:\n  [200]\t777 responses\n", 777},
      {"Requests      [total, rate, throughput]         150, 50.34, 50.3\n", 150},
      {"done\n", std::nullopt},
      {"", std::nullopt},
  };
  for (const Case& c : cases) EXPECT_EQ(RequestsInOutput(c.output), c.requests) << c.output;
}

TEST(MachineTest, ReadsTheCpuLine) {
  Result<CpuTicks> ticks = ParseCpuTicks("cpu  10 1 5 100 7 2 3 9 0 0\ncpu0 1 2 3 4\n");
  ASSERT_TRUE(ticks.ok());
  EXPECT_EQ(ticks->busy, 21);
  EXPECT_EQ(ticks->steal, 9);
  EXPECT_EQ(ticks->total, 137);
  EXPECT_FALSE(ParseCpuTicks("").ok());
  EXPECT_FALSE(ParseCpuTicks("intr 5").ok());
}

TEST(MachineTest, DescribesThisOne) {
  std::map<std::string, std::string> facts;
  for (const auto& [name, value] : MachineFacts(Fs::System())) facts[name] = value;
  EXPECT_TRUE(facts.contains("kernel"));
  EXPECT_TRUE(facts.contains("cpus_online"));
  EXPECT_GT(ReadCpuTicks(Fs::System())->total, 0);
  EXPECT_GE(OwnCpuNs(), 0);
}

}  // namespace
}  // namespace anneal
