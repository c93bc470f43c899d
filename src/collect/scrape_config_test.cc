#include "collect/scrape_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace anneal {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

std::vector<std::string> Names(const ScrapeConfig& config) {
  std::vector<std::string> names;
  for (const ScrapeProfile& profile : config.profiles) names.push_back(profile.name);
  return names;
}

TEST(ScrapeConfig, ReadsEveryKey) {
  Result<std::vector<ScrapeConfig>> configs = ParseScrapeConfig(R"(
listen: 127.0.0.1:4040
scrape:
  - job: web
    service: shop
    targets:
      - localhost:6060
      - {address: "[::1]:6061", labels: {zone: b}}
    interval: 30s
    timeout: 5s
    scheme: https
    path_prefix: /internal
    labels: {env: production, port: 80}
    profiles:
      memory: {path: /debug/pprof/heap}
      block: false
      fgprof: true
)");
  ASSERT_TRUE(configs.ok()) << configs.status().ToString();
  ASSERT_EQ(configs->size(), 1u);
  const ScrapeConfig& config = configs->front();
  EXPECT_EQ(config.job, "web");
  EXPECT_EQ(config.service, "shop");
  ASSERT_EQ(config.targets.size(), 2u);
  EXPECT_EQ(config.targets[0].address, "localhost:6060");
  EXPECT_EQ(config.targets[1].address, "[::1]:6061");
  EXPECT_THAT(config.targets[1].labels, ElementsAre(Pair("zone", "b")));
  EXPECT_EQ(config.interval_ns, 30'000'000'000);
  EXPECT_EQ(config.timeout_ns, 5'000'000'000);
  EXPECT_EQ(config.scheme, "https");
  EXPECT_EQ(config.path_prefix, "/internal");
  EXPECT_THAT(config.labels, ElementsAre(Pair("env", "production"), Pair("port", "80")));
  EXPECT_THAT(Names(config), ElementsAre("process_cpu", "goroutine", "mutex", "memory", "fgprof"));
  EXPECT_EQ(config.profiles[3].path, "/debug/pprof/heap");
  EXPECT_EQ(config.profiles[3].kind, ScrapeKind::kCumulative);
}

TEST(ScrapeConfig, DefaultsAndAbsence) {
  Result<std::vector<ScrapeConfig>> configs =
      ParseScrapeConfig("scrape:\n  - {job: j, targets: [\"h:1\"]}\n");
  ASSERT_TRUE(configs.ok()) << configs.status().ToString();
  EXPECT_EQ(configs->front().service, "j");
  EXPECT_EQ(configs->front().interval_ns, 15'000'000'000);
  EXPECT_THAT(Names(configs->front()),
              ElementsAre("process_cpu", "memory", "goroutine", "mutex", "block"));
  for (std::string_view none : {"", "listen: x\n", "scrape:\n", "scrape: []\n"}) {
    Result<std::vector<ScrapeConfig>> empty = ParseScrapeConfig(none);
    ASSERT_TRUE(empty.ok()) << none;
    EXPECT_TRUE(empty->empty());
  }
}

TEST(ScrapeConfig, SaysWhereAndWhatIsWrong) {
  struct Row {
    std::string yaml, message;
  };
  const std::string head = "scrape:\n  - job: j\n    targets: [\"h:1\"]\n";
  for (const Row& row : std::vector<Row>{
           {"scrape: 3\n", "line 1: scrape must be a list"},
           {"scrape:\n  - targets: [\"h:1\"]\n", "line 2: a scrape job needs a name"},
           {"scrape:\n  - job: j\n", "needs a list of targets"},
           {"scrape:\n  - {job: j, targets: [\"h\"]}\n", "target 'h': write HOST:PORT"},
           {"scrape:\n  - {job: j, targets: [\"http://h:1\"]}\n", "write HOST:PORT"},
           {"scrape:\n  - {job: j, targets: [\"h:70000\"]}\n", "write HOST:PORT"},
           {head + "    intervall: 3s\n", "line 4: a scrape job has no key 'intervall'; known:"},
           {head + "    interval: 3\n", "line 4: interval:"},
           {head + "    interval: 10ms\n", "interval must be at least 1s"},
           {head + "    scheme: ftp\n", "scheme must be http or https"},
           {head + "    profiles: {cpu: true}\n", "unknown profile 'cpu'; known: process_cpu"},
           {head + "    profiles: {memory: maybe}\n", "write true, false"},
           {head + "    profiles: {memory: {path: x}}\n", "path begins with /"},
           {head + "    profiles: [memory]\n", "profiles must be a map"},
           {head + "    labels: [a]\n", "labels must be a map"},
           {head + "  - job: j\n    targets: [\"h:2\"]\n", "two scrape jobs are called 'j'"},
           {head + "    profiles: {process_cpu: false, memory: false, goroutine: false, mutex: "
                   "false, block: false}\n",
            "no profile left"},
           {"scrape: [\n", "line "}}) {
    Result<std::vector<ScrapeConfig>> configs = ParseScrapeConfig(row.yaml);
    ASSERT_FALSE(configs.ok()) << row.yaml;
    EXPECT_EQ(configs.status().code(), Code::kInvalidArgument);
    EXPECT_THAT(configs.status().message(), HasSubstr(row.message));
  }
}

TEST(ScrapeConfig, EveryPrefixIsReadOrRefused) {
  const std::string yaml =
      "scrape:\n  - job: j\n    targets: [\"h:1\", {address: \"h:2\", labels: {a: b}}]\n"
      "    interval: 15s\n    profiles: {memory: {path: /x}, block: false}\n";
  for (size_t length = 0; length <= yaml.size(); ++length) {
    Result<std::vector<ScrapeConfig>> configs = ParseScrapeConfig(yaml.substr(0, length));
    if (!configs.ok()) {
      EXPECT_FALSE(configs.status().message().empty());
    }
  }
}

}  // namespace
}  // namespace anneal
