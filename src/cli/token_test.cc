#include <sys/stat.h>

#include <nlohmann/json.hpp>

#include "cli/exit_status.h"
#include "cli/testing/cli_harness.h"
#include "server/secret_hash.h"
#include "server/token_file.h"

namespace anneal {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(TokenCommand, PrintsTokenAndLine) {
  CliHarness cli;
  ASSERT_EQ(cli.Run({"token", "ci", "--rights", "write,read", "--tenant", "b|a", "--json"}),
            kExitOk)
      << cli.err;
  const nlohmann::json made = nlohmann::json::parse(cli.out);
  const std::string token = made["token"], line = made["line"];
  ASSERT_TRUE(token.starts_with("ci."));
  EXPECT_THAT(line, Not(HasSubstr(token.substr(3))));
  const std::vector<TokenEntry> entries = ParseTokenFile(line).value();
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_TRUE(VerifySecret(entries[0].hash, token.substr(3)));
  EXPECT_FALSE(VerifySecret(entries[0].hash, token));
  EXPECT_EQ(entries[0].tenants, (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(entries[0].rights.Has(Right::kWrite));
  EXPECT_FALSE(entries[0].rights.Has(Right::kAdmin));
}

TEST(TokenCommand, KeepsAFile) {
  CliHarness cli;
  const std::string file = cli.Path("tokens");
  ASSERT_EQ(cli.Run({"token", "a", "--file", file}), kExitOk) << cli.err;
  const std::string first = cli.out;
  ASSERT_EQ(cli.Run({"token", "ab", "--rights", "admin", "--file", file}), kExitOk) << cli.err;
  EXPECT_EQ(cli.Run({"token", "a", "--file", file}), kExitFailed);
  EXPECT_THAT(cli.err, HasSubstr("--replace"));
  ASSERT_EQ(::chmod(file.c_str(), 0640), 0);
  ASSERT_EQ(cli.Run({"token", "a", "--rights", "write", "--replace", "--file", file}), kExitOk);
  EXPECT_NE(cli.out, first);

  const std::string text = Fs::System().ReadFile(file).value();
  const std::vector<TokenEntry> entries = ParseTokenFile(text).value();
  ASSERT_EQ(entries.size(), 2u) << text;
  EXPECT_EQ(entries[0].name, "a");
  EXPECT_TRUE(entries[0].rights.Has(Right::kWrite));
  EXPECT_TRUE(VerifySecret(entries[0].hash, cli.out.substr(2, cli.out.size() - 3)));
  EXPECT_EQ(entries[1].name, "ab");
  struct stat info{};
  ASSERT_EQ(::stat(file.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0640u);
}

TEST(TokenCommand, ANewFileIsForItsOwnerOnly) {
  CliHarness cli;
  ASSERT_EQ(cli.Run({"token", "a", "--file", cli.Path("tokens")}), kExitOk);
  struct stat info{};
  ASSERT_EQ(::stat(cli.Path("tokens").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST(TokenCommand, TakesASecretFromStandardInput) {
  CliHarness cli;
  cli.in = "correct horse battery\n";
  ASSERT_EQ(cli.Run({"token", "ann", "--stdin", "--json"}), kExitOk) << cli.err;
  const nlohmann::json made = nlohmann::json::parse(cli.out);
  EXPECT_EQ(made["token"], "ann.correct horse battery");
  cli.in = "ann.correct horse battery\n";
  ASSERT_EQ(cli.Run({"token", "ann", "--stdin", "--json"}), kExitOk) << cli.err;
  EXPECT_EQ(nlohmann::json::parse(cli.out)["token"], "ann.correct horse battery");
  cli.in = "short\n";
  EXPECT_EQ(cli.Run({"token", "ann", "--stdin"}), kExitFailed);
  EXPECT_THAT(cli.err, HasSubstr("12"));
  for (const char* wrong : {"correct horse \xff\xfe", "correct\thorse battery", " correct horse"}) {
    cli.in = wrong;
    EXPECT_EQ(cli.Run({"token", "ann", "--stdin", "--json"}), kExitFailed) << wrong;
    EXPECT_THAT(cli.err, HasSubstr("printable"));
  }
}

TEST(TokenCommand, RefusesWhatIsWrong) {
  CliHarness cli;
  EXPECT_NE(cli.Run({"token"}), kExitOk);
  EXPECT_EQ(cli.Run({"token", "a.b"}), kExitUsage);
  EXPECT_EQ(cli.Run({"token", "a", "--rights", "own"}), kExitUsage);
  EXPECT_THAT(cli.err, HasSubstr("read, write, admin"));
  EXPECT_EQ(cli.Run({"token", "a", "--tenant", "a/b"}), kExitUsage);
}

}  // namespace
}  // namespace anneal
