#include "server/store_stats.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace anneal {
namespace {

StoreStats Made() {
  StoreStats stats;
  auto service = [](std::string tenant, std::string name, uint64_t first) {
    return StoreStats::Service{.tenant = std::move(tenant),
                               .service = std::move(name),
                               .series = first,
                               .profiles = first + 1,
                               .symbols_bytes = first + 2,
                               .rollups_bytes = first + 3,
                               .profiles_bytes = first + 4,
                               .links_bytes = first + 5,
                               .oldest_ns = -7,
                               .newest_ns = 8};
  };
  stats.services = {service("one", "blog", 100), service("one", "shop", 200),
                    service("two", "\"ü\"", 300)};
  stats.document_kinds = {{"one", "record", 3, 40}, {"two", "record", 1, 2}};
  stats.documents = 4;
  stats.documents_bytes = 42;
  stats.index_bytes = 77;
  stats.disk_bytes = 88;
  stats.damaged = 9;
  return stats;
}

TEST(StoreStatsTest, JsonIsReadBack) {
  const std::string json = StatsJson(Made()).dump();
  const Result<StoreStats> read = ParseStatsJson(json);
  ASSERT_TRUE(read.ok()) << read.status().message();
  EXPECT_EQ(StatsJson(*read).dump(), json);
  const nlohmann::json tenants = nlohmann::json::parse(json)["tenants"];
  ASSERT_EQ(tenants.size(), 2u);
  EXPECT_EQ(tenants[0]["profiles"], 101 + 201);
  EXPECT_EQ(tenants[0]["links_bytes"], 105 + 205);
  EXPECT_EQ(tenants[0]["bytes"], 4 * (100 + 200) + 2 * (2 + 3 + 4 + 5) + 40);
}

TEST(StoreStatsTest, SomeTenants) {
  const std::vector<std::string> two = {"two", "unknown"};
  const StoreStats stats = OnlyTenants(Made(), two);
  ASSERT_EQ(stats.services.size(), 1u);
  EXPECT_EQ(stats.services[0].tenant, "two");
  EXPECT_EQ(stats.documents, 1u);
  EXPECT_EQ(stats.documents_bytes, 2u);
  EXPECT_EQ(stats.disk_bytes, 88u);
}

TEST(StoreStatsTest, OtherTextIsRefused) {
  for (std::string_view text :
       {"", "<html>", "[]", "{}", R"({"services":[]})", R"({"services":{},"document_kinds":[]})",
        R"({"services":[1],"document_kinds":[]})"}) {
    EXPECT_EQ(ParseStatsJson(text).status().code(), Code::kInvalidArgument) << text;
  }
  const Result<StoreStats> odd = ParseStatsJson(
      R"({"services":[{"tenant":5,"profiles":-1,"series":"x"}],"document_kinds":[]})");
  ASSERT_TRUE(odd.ok());
  EXPECT_EQ(odd->services[0].profiles, 0u);
}

}  // namespace
}  // namespace anneal
