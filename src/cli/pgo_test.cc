// anneal pgo, by command line.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli/exit_status.h"
#include "cli/testing/cli_harness.h"
#include "pgo/go_artefact.h"
#include "pgo/made_profile.h"
#include "profile/pprof.h"

namespace anneal {
namespace {

class PgoCommand : public ::testing::Test {
 protected:
  CliHarness cli_;

  static Profile Program(int64_t weight) {
    const MadeLocation main{0x100, {{"main.main", 10, 14}}}, round{0x200, {{"main.Round", 20, 25}}};
    const MadeLocation tally{0x300, {{"main.Tally[go.shape.int]", 30, 33}}};
    return MadeCounts({{{tally, round, main}, {weight}}, {{round, main}, {2}}});
  }
  std::string Write(const std::string& name, std::string_view bytes) {
    std::string path = cli_.Path(name);
    EXPECT_TRUE(Fs::System().WriteFileAtomic(path, bytes).ok());
    return path;
  }
  std::string Read(const std::string& path) {
    Result<std::string> bytes = Fs::System().ReadFile(path);
    return bytes.ok() ? *bytes : "";
  }
};

constexpr char kMerged[] =
    "GO PREPROFILE V1\n"
    "main.Round\nmain.Tally[go.shape.int]\n5 11\n"
    "main.main\nmain.Round\n4 4\n";

TEST_F(PgoCommand, GoMergesAndTellsTheNextCommand) {
  std::string a = Write("a.pprof", EncodePprof(Program(6)));
  std::string b = Write("b.pprof", EncodePprof(Program(5)));
  std::string out = cli_.Path("default.pgo");
  ASSERT_EQ(cli_.Run({"pgo", "go", a, b, "-o", out}), kExitOk) << cli_.err;
  EXPECT_NE(cli_.out.find("15 samples (thin), 2 call edges"), std::string::npos) << cli_.out;
  EXPECT_NE(cli_.out.find("next: go build -pgo=" + out), std::string::npos);
  ASSERT_EQ(cli_.Run({"pgo", "preprofile", out}), kExitOk) << cli_.err;
  EXPECT_EQ(cli_.out, kMerged);
}

TEST_F(PgoCommand, GoOverwritesOnlyWhenForced) {
  std::string a = Write("a.pprof", EncodePprof(Program(6)));
  std::string out = Write("default.pgo", "mine");
  EXPECT_EQ(cli_.Run({"pgo", "go", a, "-o", out}), kExitFailed);
  EXPECT_NE(cli_.err.find("--force"), std::string::npos);
  EXPECT_EQ(Read(out), "mine");
  EXPECT_EQ(cli_.Run({"pgo", "go", a, "-o", out, "-f"}), kExitOk);
  EXPECT_TRUE(DecodePprof(Read(out)).ok());
}

TEST_F(PgoCommand, GoReadsAndWritesPipes) {
  cli_.in = EncodePprof(Program(6));
  for (const char* keep : {"leaf", "edges", "full"}) {
    ASSERT_EQ(cli_.Run({"pgo", "go", "-", "-o", "-", "--keep", keep}), kExitOk) << cli_.err;
    Result<Profile> profile = DecodePprof(cli_.out);
    ASSERT_TRUE(profile.ok());
    EXPECT_EQ(ComputeCallEdges(*profile)->total_weight, 8);
    EXPECT_NE(cli_.err.find("2 call edges"), std::string::npos);
  }
}

TEST_F(PgoCommand, GoRefusesWhatTheCompilerRefusesAndWarnsOfWhatItIgnores) {
  const MadeLocation leaf{2, {{"b", 0, 31}}}, caller{1, {{"a", 0, 12}}};
  std::string out = cli_.Path("x.pgo");
  std::string no_start = Write("a.pprof", EncodePprof(MadeCounts({{{leaf, caller}, {1}}})));
  EXPECT_EQ(cli_.Run({"pgo", "go", no_start, "-o", out}), kExitFailed);
  EXPECT_NE(cli_.err.find("start line"), std::string::npos);
  EXPECT_FALSE(Fs::System().Exists(out));
  std::string empty = Write("b.pprof", EncodePprof(MadeCounts({})));
  EXPECT_EQ(cli_.Run({"pgo", "go", empty, "-o", out}), kExitOk);
  EXPECT_NE(cli_.err.find("warning"), std::string::npos);
  EXPECT_EQ(cli_.Run({"pgo", "go", cli_.Path("none"), "-o", out}), kExitFailed);
  EXPECT_NE(cli_.err.find("none"), std::string::npos);
  EXPECT_EQ(cli_.Run({"pgo", "go", "--keep", "stems"}), kExitUsage);
  EXPECT_EQ(cli_.Run({"pgo"}), kExitUsage);
}

TEST_F(PgoCommand, ReportPrintsTextAndJson) {
  std::string a = Write("a.pprof", EncodePprof(Program(6)));
  std::string b = Write("b.pprof", EncodePprof(Program(5)));
  ASSERT_EQ(cli_.Run({"pgo", "report", a, b}), kExitOk) << cli_.err;
  EXPECT_NE(cli_.out.find("main.Round:+5 -> main.Tally[go.shape.int]"), std::string::npos)
      << cli_.out;
  EXPECT_NE(cli_.out.find("2 of 2 hot edges in both"), std::string::npos) << cli_.out;
  EXPECT_NE(cli_.err.find("15 samples are few"), std::string::npos);
  ASSERT_EQ(cli_.Run({"pgo", "report", a, b, "--json", "--limit", "1"}), kExitOk);
  auto json = nlohmann::json::parse(cli_.out);
  EXPECT_EQ(json["schema"], "anneal.pgo.report/1");
  EXPECT_EQ(json["samples"], 15);
  EXPECT_EQ(json["edges"], 2);
  EXPECT_EQ(json["generic_functions"], 1);
  EXPECT_EQ(json["top"].size(), 1u);
  EXPECT_EQ(json["top"][0]["callee"], "main.Tally[go.shape.int]");
  EXPECT_EQ(json["inputs"].size(), 1u);
}

TEST_F(PgoCommand, ReportRefusesABinaryThatIsNone) {
  std::string a = Write("a.pprof", EncodePprof(Program(6)));
  EXPECT_EQ(cli_.Run({"pgo", "report", a, "--binary", a}), kExitFailed);
  EXPECT_NE(cli_.err.find("not a Go binary"), std::string::npos);
}

TEST_F(PgoCommand, CompareReadsBothForms) {
  std::string a = Write("a.pprof", EncodePprof(Program(9)));
  std::string b = Write("b.preprofile", "GO PREPROFILE V1\nmain.main\nmain.Round\n4 3\n");
  ASSERT_EQ(cli_.Run({"pgo", "compare", a, b}), kExitOk) << cli_.err;
  EXPECT_NE(cli_.out.find("2 edges before, 1 after: 0 gained, 1 lost, 1 changed"),
            std::string::npos)
      << cli_.out;
  ASSERT_EQ(cli_.Run({"pgo", "compare", a, b, "--json"}), kExitOk);
  auto json = nlohmann::json::parse(cli_.out);
  EXPECT_EQ(json["lost"][0]["callee"], "main.Tally[go.shape.int]");
  EXPECT_EQ(json["hot_in_both"], 1);
  std::string broken = Write("c.preprofile", "GO PREPROFILE V1\nmain.main\n");
  EXPECT_EQ(cli_.Run({"pgo", "compare", a, broken}), kExitFailed);
  EXPECT_NE(cli_.err.find("c.preprofile: line"), std::string::npos);
}

TEST_F(PgoCommand, DecisionsNeedAProfileThatIsThere) {
  EXPECT_EQ(cli_.Run({"pgo", "decisions"}), kExitUsage);
  EXPECT_EQ(cli_.Run({"pgo", "decisions", "--before", cli_.Path("none"), "--after", "off"}),
            kExitFailed);
  EXPECT_NE(cli_.err.find("no such profile"), std::string::npos);
}

}  // namespace
}  // namespace anneal
