#include "server/config_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "server/config_file.h"

namespace anneal {
namespace {

TEST(ConfigTextTest, ReadsBackAsAConfigFile) {
  ServerConfig config;
  config.data = "/var/lib/an \"odd\" one";
  config.limits.max_query_length_ns = int64_t{3600} * 1'000'000'000;
  const ConfigText text = ConfigTextOf(config);
  Result<std::vector<ConfigFileEntry>> entries = ParseConfigFile(text.effective);
  ASSERT_TRUE(entries.ok()) << entries.status().message() << text.effective;
  std::set<std::string> names;
  for (const ConfigFileEntry& entry : *entries) {
    EXPECT_TRUE(names.insert(entry.name).second) << entry.name << " twice";
    const Setting* setting = FindSetting(entry.name);
    ASSERT_NE(setting, nullptr) << entry.name;
    EXPECT_EQ(entry.text, ShowSetting(*setting, config)) << entry.name;
    ServerConfig read;
    EXPECT_TRUE(SetSetting(*setting, entry.text, read).ok()) << entry.name;
  }
  for (const Setting& setting : Settings()) {
    EXPECT_TRUE(names.contains(std::string(setting.name)) || ShowSetting(setting, config).empty())
        << setting.name;
  }
  EXPECT_EQ(text.diff,
            "data: \"/var/lib/an \\\"odd\\\" one\"\n"
            "limits:\n"
            "  query_length: 1h\n");
  EXPECT_THAT(text.defaults, testing::HasSubstr("  query_length: 0s\n"));
}

TEST(ConfigTextTest, ShowsWhatIsScraped) {
  ServerConfig config;
  config.scrape = {{.job = "web", .service = "shop", .targets = {{"localhost:6060", {}}}}};
  const ConfigText text = ConfigTextOf(config);
  EXPECT_EQ(text.diff,
            "scrape:\n"
            "  - job: web\n"
            "    service: shop\n"
            "    targets:\n"
            "      - \"localhost:6060\"\n");
}

}  // namespace
}  // namespace anneal
