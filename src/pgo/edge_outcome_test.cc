#include "pgo/edge_outcome.h"

#include <gtest/gtest.h>

#include "pgo/made_profile.h"

namespace anneal {
namespace {

// One call edge: caller (starting at line 10) calls callee on `line`.
MadeSample Edge(const std::string& caller, int64_t line, const std::string& callee,
                int64_t weight) {
  return {{{1, {{callee, 50, 51}}}, {2, {{caller, 10, line}}}}, {weight, weight}};
}

Profile Artefact(const std::vector<MadeSample>& samples) {
  return MadeProfile({{"samples", "count"}, {"cpu", "nanoseconds"}}, samples);
}

std::string Explain(const std::vector<MadeSample>& samples, std::string_view output) {
  std::string out;
  std::vector<ExplainedEdge> edges =
      ExplainHotEdges(Artefact(samples), ParseDecisions(output), 100).value();
  for (const ExplainedEdge& e : edges) {
    out += fmt::format("{} {} {}:{} ({})\n", e.edge.callee, e.line, EdgeOutcomeName(e.outcome),
                       e.position, e.why);
  }
  return out;
}

constexpr std::string_view kOutput = R"(# example.com/a/ast
./node.go:70:6: cannot inline (*T).Big: function too complex: cost 2100 exceeds budget 2000
# example.com/hot
./work.go:20:9: PGO devirtualizing interface call n.Kind to ast.(*T).Kind
hot-budget check allows inlining for call main.Map[go.shape.int] (cost 91) at ./work.go:21:18 in function main.Round
./work.go:21:18: inlining call to Map[go.shape.int]
./work.go:22:3: inlining call to strings.Index
hot-big check disallows inlining for call main.Big (cost 900) at ./work.go:23:2 in big function main.Round
./work.go:24:5: inlining call to Round.func1
)";

TEST(EdgeOutcome, IsReadFromWhatTheCompilerPrinted) {
  EXPECT_EQ(
      Explain({Edge("main.Round", 20, "example.com/a/ast.(*T).Kind", 90),
               Edge("main.Round", 21, "main.Map[go.shape.int]", 80),
               Edge("main.Round", 22, "strings.Index", 70), Edge("main.Round", 23, "main.Big", 60),
               Edge("main.Round", 24, "main.Round.func1", 50),
               Edge("main.Round", 25, "example.com/a/ast.(*T).Big", 40),
               Edge("main.Round", 26, "strings.Index", 30)},
              kOutput),
      "example.com/a/ast.(*T).Kind 20 devirtualised:./work.go:20:9 (a call through an "
      "interface)\n"
      "main.Map[go.shape.int] 21 inlined:./work.go:21:18 (the call is hot; cost 91)\n"
      "strings.Index 22 inlined:./work.go:22:3 (without need of a profile)\n"
      "main.Big 23 refused:./work.go:23:2 (the caller, main.Round, is big)\n"
      "main.Round.func1 24 inlined:./work.go:24:5 (without need of a profile)\n"
      "example.com/a/ast.(*T).Big 25 refused:./node.go:70:6 (function too complex: cost "
      "2100 exceeds budget 2000)\n"
      "strings.Index 26 nothing-printed: ()\n");
}

TEST(EdgeOutcome, OfNothingPrintedIsThat) {
  EXPECT_EQ(Explain({Edge("main.a", 12, "main.b", 1)}, ""), "main.b 12 nothing-printed: ()\n");
}

TEST(EdgeOutcome, SharesAreOfTheTotalAndTheNumberIsBounded) {
  std::vector<ExplainedEdge> edges =
      ExplainHotEdges(Artefact({Edge("a.a", 12, "a.b", 3), Edge("a.a", 13, "a.c", 1)}), {}, 1)
          .value();
  ASSERT_EQ(edges.size(), 1u);
  EXPECT_DOUBLE_EQ(edges[0].share, 0.75);
  EXPECT_EQ(edges[0].line, 12);
}

TEST(EdgeOutcome, OddPositionsHaveNoLine) {
  for (std::string_view position : {"", ":", "x", "x:1", "a:b:c", ":::"}) {
    Decisions decisions;
    decisions.inlined_calls = {{"p", std::string(position), "b"}};
    EXPECT_TRUE(ExplainHotEdges(Artefact({Edge("a.a", 12, "a.b", 3)}), decisions, 9).ok());
  }
}

}  // namespace
}  // namespace anneal
