#include "cli/loop_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace anneal {
namespace {

using testing::HasSubstr;

constexpr std::string_view kSmall = R"(
service: markdown
run: "{binary} -listen 127.0.0.1:{port}"
load:
  inputs:
    - path: /render
      body: "# hello"
      weight: 3
    - {name: index, path: /}
)";

TEST(LoopConfigTest, DefaultsFillWhatIsNotSaid) {
  Result<LoopConfig> config = ParseLoopConfig(kSmall, "/project", Fs::System());
  ASSERT_TRUE(config.ok()) << config.status().ToString();
  EXPECT_EQ(config->service, "markdown");
  EXPECT_EQ(config->directory, "/project/");
  EXPECT_EQ(config->artefact, "/project/default.pgo");
  EXPECT_EQ(config->work_dir, "/project/.anneal");
  EXPECT_EQ(config->build, "go build -pgo={pgo} -o {out} .");
  ASSERT_EQ(config->load.inputs.size(), 2u);
  EXPECT_EQ(config->load.inputs[0].method, "POST");
  EXPECT_EQ(config->load.inputs[0].name, "/render");
  EXPECT_EQ(config->load.inputs[0].weight, 3);
  EXPECT_EQ(config->load.inputs[1].method, "GET");
}

TEST(LoopConfigTest, EveryKeyIsRead) {
  Result<LoopConfig> config = ParseLoopConfig(R"(
service: s
directory: app
work_dir: out
artefact: cmd/app/default.pgo
build: make PGO={pgo} OUT={out}
run: "{binary}"
env: {A: "1", B: two}
load: {ready: /ready, concurrency: 7, command: "wrk -d{seconds}s {url}"}
profiling:
  source: scrape
  server: http://127.0.0.1:4040
  tenant: team
  token_file: loop.token
  profile_type: "process_cpu:samples:count:cpu:nanoseconds"
  warm_up: 1s
  rounds: 5
  round: 1m
  gogc_off: true
  clean_up: curl -X POST http://127.0.0.1:{port}/gc
verify: {mode: stdin, command: "{binary} -stdin", time: 2m, layouts: 8, seed: 9,
         build: "go build -ldflags=-randlayout={seed} -pgo={pgo} -o {out}", min_gain: 1%, max_regression: 0.25%}
)",
                                              "", Fs::System());
  ASSERT_TRUE(config.ok()) << config.status().ToString();
  EXPECT_EQ(config->artefact, "app/cmd/app/default.pgo");
  EXPECT_EQ(config->env[1].second, "two");
  EXPECT_EQ(config->load.concurrency, 7);
  EXPECT_EQ(config->profiling.source, LoopConfig::Source::kScrape);
  EXPECT_EQ(config->profiling.server.tenant, "team");
  EXPECT_EQ(config->profiling.server.token_file, "loop.token");
  EXPECT_EQ(config->profiling.rounds, 5);
  EXPECT_EQ(config->profiling.round_ns, 60'000'000'000);
  EXPECT_TRUE(config->profiling.gogc_off);
  EXPECT_EQ(config->verify.layouts, 8);
  EXPECT_EQ(config->verify.seed, 9u);
  EXPECT_DOUBLE_EQ(config->verify.min_gain, 0.01);
  EXPECT_DOUBLE_EQ(config->verify.max_regression, 0.0025);
}

TEST(LoopConfigTest, ErrorsNameTheLineAndTheKey) {
  struct Row {
    std::string_view text, message;
  };
  const Row rows[] = {
      {"[1, 2]", "must be a mapping"},
      {"service: [", "line 1"},
      {"run: x", "service is missing"},
      {"service: s", "give run"},
      {"service: s\nrun: a\nbench: b", "one of them"},
      {"service: s\nrun: a", "load needs inputs"},
      {"service: s\nbench: b", "must contain {profile}"},
      {"service: s\nbench: 'b {profile}'\nbuild: go build", "must contain {pgo}"},
      {"service: s\nbench: 'b {profile}'\nverfy: {}", "line 3: the config has no key \"verfy\""},
      {"service: s\nprofiling: {round: 5}", "round: \"5\" is not a duration"},
      {"service: s\nprofiling: {round: 10ms}", "at least 1s"},
      {"service: s\nprofiling: {rounds: 0}", "rounds must be a number from 1 to 1000"},
      {"service: s\nprofiling: {source: lbr}", "not push or scrape"},
      {"service: s\nprofiling: {token_file: t}", "with a server only"},
      {"service: s\nprofiling: {gogc_off: maybe}", "true or false"},
      {"service: s\nverify: {min_gain: 1}", "not a percentage"},
      {"service: s\nverify: {mode: fast}", "fast"},
      {"service: s\nrun: 'a | b'\nload: {command: x}", "run: "},
      {"service: s\nrun: 'a *.md'\nload: {command: x}", "run: '*'"},
      {"service: s\nrun: 'a | b'\nload: {command: x}\nverify: {mode: command}", "run: "},
      {"service: s\nbench: 'b {profile}'\nverify: {mode: stdin, command: 'a | b'}",
       "verify.command: "},
      {"service: s\nrun: a\nload: {inputs: [{weight: 0}]}", "no input of load has a weight"},
      {"service: s\nverify: {layouts: 8}", "must contain {seed}"},
      {"service: s\nverify: 3", "verify must be a mapping"},
      {"service: s\nload: {inputs: 3}", "inputs must be a list"},
      {"service: s\nload: {inputs: [{pth: /}]}", "an input has no key \"pth\""},
      {"service: s\nload:\n  inputs:\n    - body_file: none.md", "line 4"},
      {"service: s\nload: {command: x, inputs: [{path: /}]}", "not both"},
      {"service: {a: b}", "service must be text"},
      {"service: s\nenv: [a]", "env must map"},
  };
  for (const Row& row : rows) {
    Result<LoopConfig> config = ParseLoopConfig(row.text, "", Fs::System());
    ASSERT_FALSE(config.ok()) << row.text;
    EXPECT_EQ(config.status().code(), Code::kInvalidArgument);
    EXPECT_THAT(config.status().message(), HasSubstr(std::string(row.message))) << row.text;
  }
}

}  // namespace
}  // namespace anneal
