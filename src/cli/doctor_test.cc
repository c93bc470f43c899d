#include <fstream>
#include <nlohmann/json.hpp>

#include "cli/exit_status.h"
#include "cli/testing/cli_harness.h"

namespace anneal {
namespace {

using testing::HasSubstr;

TEST(DoctorCommand, ShowsRulesOfRetention) {
  CliHarness cli;
  const std::string config = cli.Path("config.yaml");
  std::ofstream(config) << "listen: 127.0.0.1:0\ndata: " << cli.Path("data")
                        << "\nretention_rules:\n  - {service: shop, max_age: 7d, max_size: 1GiB}\n";
  ASSERT_EQ(cli.Run({"doctor", "--config", config}), kExitOk) << cli.err;
  EXPECT_THAT(cli.out, HasSubstr("retention rules\n  service shop: 7d, 1GiB\n"));
  ASSERT_EQ(cli.Run({"doctor", "--json", "--config", config}), kExitOk);
  const nlohmann::json rule = nlohmann::json::parse(cli.out)["retention_rules"][0];
  EXPECT_EQ(rule["service"], "shop");
  EXPECT_EQ(rule["max_size_bytes"], 1 << 30);
}

TEST(DoctorCommand, NamesTheLineOfABadRule) {
  CliHarness cli;
  const std::string config = cli.Path("config.yaml");
  std::ofstream(config) << "retention_rules:\n  - {service: shop, max_aeg: 7d}\n";
  EXPECT_EQ(cli.Run({"doctor", "--config", config}), kExitUsage);
  EXPECT_THAT(cli.err, HasSubstr("line 2: retention_rules: a rule has no key \"max_aeg\""));
}

}  // namespace
}  // namespace anneal
