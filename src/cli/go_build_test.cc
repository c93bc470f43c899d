#include "cli/go_build.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace anneal {
namespace {

// A `go` that writes its arguments down, prints what the test wants and ends as it wants.
class FakeGo {
 public:
  FakeGo(std::string_view err, std::string_view out, int status) {
    std::string pattern = (std::filesystem::temp_directory_path() / "anneal_go_XXXXXX").string();
    dir_ = ::mkdtemp(pattern.data());
    std::ofstream(dir_ + "/err") << err;
    std::ofstream(dir_ + "/out") << out;
    std::ofstream(path()) << "#!/bin/sh\n"
                          << "for word; do echo \"$word\"; done >> '" << dir_ << "/words'\n"
                          << "cat '" << dir_ << "/err' >&2; cat '" << dir_ << "/out'\n"
                          << "exit " << status << "\n";
    std::filesystem::permissions(path(), std::filesystem::perms::owner_all);
  }
  ~FakeGo() { std::filesystem::remove_all(dir_); }
  std::string path() const { return dir_ + "/go"; }
  std::string words() const {
    std::ifstream file(dir_ + "/words");
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }

 private:
  std::string dir_;
};

TEST(GoBuild, PassesTheProfileAndTheFlags) {
  FakeGo go("", "", 0);
  GoBuild build{
      .go = go.path(), .packages = {"./cmd/app"}, .pgo = "/x/default.pgo", .flags = {"-trimpath"}};
  ASSERT_TRUE(BuildGo(Process::System(), build, "/x/app").ok());
  EXPECT_EQ(go.words(), "build\n-o\n/x/app\n-pgo=/x/default.pgo\n-trimpath\n./cmd/app\n");
}

TEST(GoBuild, FailsWithTheLastLinesOfTheCompiler) {
  std::string noise;
  for (int i = 0; i < 100; ++i) noise += fmt::format("line {}\n", i);
  FakeGo go(noise + "./a.go:1:1: undefined: x\n", "", 1);
  Status status = BuildGo(Process::System(), {.go = go.path()}, "/x/app");
  EXPECT_EQ(status.code(), Code::kFailedPrecondition);
  EXPECT_NE(status.message().find("undefined: x"), std::string::npos);
  EXPECT_NE(status.message().find("line 99"), std::string::npos);
  EXPECT_EQ(status.message().find("line 50\n"), std::string::npos);
}

TEST(GoBuild, NamesAMissingToolchain) {
  Status status = BuildGo(Process::System(), {.go = "/nowhere/go"}, "/x/app");
  EXPECT_FALSE(status.ok());
  EXPECT_NE(status.message().find("/nowhere/go"), std::string::npos);
}

TEST(CollectDecisions, ReadsWhatTheCompilerPrints) {
  FakeGo go("# example.com/app\n./a.go:9:3: PGO devirtualizing interface call s.M to T.M\n", "", 0);
  Result<Decisions> decisions = CollectDecisions(Process::System(), {.go = go.path()});
  ASSERT_TRUE(decisions.ok()) << decisions.status().ToString();
  ASSERT_EQ(decisions->decisions.size(), 1u);
  EXPECT_EQ(decisions->decisions[0].callee, "T.M");
  EXPECT_EQ(go.words(), "build\n-o\n/dev/null\n-pgo=off\n-gcflags=all=-m=2 -d=pgodebug=1\n.\n");
}

TEST(CollectDecisions, SaysWhyTheBuildFails) {
  FakeGo go("./a.go:1:1: undefined: x\n", "", 1);
  Result<Decisions> decisions = CollectDecisions(Process::System(), {.go = go.path()});
  ASSERT_FALSE(decisions.ok());
  EXPECT_NE(decisions.status().message().find("undefined: x"), std::string::npos);
}

TEST(BuildGo, SaysWhatToDoAboutTheToolchain) {
  FakeGo old("flag provided but not defined: -pgo\nusage: go build\n", "", 2);
  EXPECT_NE(BuildGo(Process::System(), {.go = old.path()}, "x").message().find("from Go 1.21 on"),
            std::string::npos);
  EXPECT_NE(BuildGo(Process::System(), {.go = "/nonexistent/go"}, "x").message().find("in PATH?"),
            std::string::npos);
  EXPECT_NE(GoBuildHint("/bin/sh: 1: go: not found"), "");
  EXPECT_EQ(GoBuildHint("./a.go:1:1: undefined: x"), "");
}

constexpr std::string_view kVersion =
    "/x/a: b/app: go1.26.8\n"
    "\tpath\texample.com/app\n"
    "\tmod\texample.com/app\t(devel)\t\n"
    "\tbuild\t-buildmode=exe\n"
    "\tbuild\t-gcflags=\"all=-m -d=pgodebug=1\"\n"
    "\tbuild\t-pgo=/x/default.pgo\n"
    "\tbuild\tCGO_CFLAGS=\n";

TEST(GoBuildInfo, ReadsTheSettings) {
  FakeGo go("", kVersion, 0);
  Result<GoBuildInfo> info = ReadGoBuildInfo(Process::System(), "/x/app", go.path());
  ASSERT_TRUE(info.ok()) << info.status().ToString();
  EXPECT_EQ(info->go_version, "go1.26.8");
  EXPECT_EQ(info->path, "example.com/app");
  EXPECT_EQ(info->Pgo(), "/x/default.pgo");
  EXPECT_EQ(info->settings.at("-gcflags"), "all=-m -d=pgodebug=1");
  EXPECT_EQ(info->settings.at("CGO_CFLAGS"), "");
  EXPECT_EQ(go.words(), "version\n-m\n/x/app\n");
}

TEST(GoBuildInfo, OfAnythingElseIsAnError) {
  EXPECT_FALSE(ParseGoBuildInfo("").ok());
  EXPECT_FALSE(ParseGoBuildInfo("usage\n").ok());
  for (size_t n = 0; n <= kVersion.size(); ++n) {
    Result<GoBuildInfo> info = ParseGoBuildInfo(kVersion.substr(0, n));
    EXPECT_TRUE(!info.ok() || !info->go_version.empty());
  }
  EXPECT_EQ(ParseGoBuildInfo("x: go1.26.8\n")->Pgo(), "");
}

}  // namespace
}  // namespace anneal
