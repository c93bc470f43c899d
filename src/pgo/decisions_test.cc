#include "pgo/decisions.h"

#include <gtest/gtest.h>

namespace anneal {
namespace {

// As Go 1.26.8 prints it.
constexpr std::string_view kOutput = R"(# internal/cpu
hot-callsite-thres-from-CDF=0.17761989342806395
/usr/local/go/src/internal/cpu/cpu.go:9:6: can inline osInit
# example.com/hot
hot-callsite-thres-from-CDF=0.17761989342806395
./work.go:46:14: PGO devirtualizing function call each to mixed
./work.go:85:16: PGO devirtualizing interface call s.Area to (*Box).Area
hot-node enabled increased budget=2000 for func=main.Weigh[go.shape.uint32]
hot-node enabled increased budget=2000 for func=main.Odd
hot-node enabled increased budget=2000 for func=main.Odd
./work.go:112:6: can inline Odd
hot-budget check allows inlining for call main.MapReduce[go.shape.uint64,go.shape.struct { a int }] (cost 91) at ./work.go:10:18 in function main.Round
./work.go:10:18: inlining call to MapReduce[go.shape.uint64,go.shape.struct { a int }]
hot-budget check allows inlining for call main.Odd (cost 132) at ./work.go:112:62 in function main.Odd
hot-budget check allows inlining for call main.Odd (cost 132) at ./work.go:112:62 in function main.Odd
hot-budget check allows inlining for call main.Odd (cost 132) at ./work.go:14:18 in function main.Round
./work.go:14:18: inlining call to Odd
./work.go:14:18: inlining call to Odd
hot-big check disallows inlining for call main.Big (cost 900) at ./work.go:99:2 in big function main.Round
./work.go:46:14: inlining call to mixed
./work.go:77:2: leaking param: values
./work.go:120:6: cannot inline Big: function too complex: cost 900 exceeds budget 80
./work.go:120:6: cannot inline Big: function too complex: cost 900 exceeds budget 80
)";

TEST(Decisions, AreReadFromWhatTheCompilerPrints) {
  Decisions got = ParseDecisions(kOutput);
  const std::vector<Decision> want = {
      {DecisionKind::kInlined, "example.com/hot", "./work.go:10:18",
       "main.MapReduce[go.shape.uint64,go.shape.struct { a int }]", "main.Round", 91},
      // ./work.go:112:62 was allowed, but no line says that it was done.
      {DecisionKind::kInlined, "example.com/hot", "./work.go:14:18", "main.Odd", "main.Round", 132},
      {DecisionKind::kDevirtualisedFunction, "example.com/hot", "./work.go:46:14", "mixed", "each"},
      {DecisionKind::kDevirtualisedInterface, "example.com/hot", "./work.go:85:16", "(*Box).Area",
       "s.Area"},
  };
  EXPECT_EQ(got.decisions, want);
  EXPECT_EQ(got.inlined_sites, 3);
  EXPECT_EQ(got.hot_functions, 2);
  EXPECT_EQ(got.refused_big, 1);
  EXPECT_EQ(got.packages, 2);
  EXPECT_DOUBLE_EQ(got.threshold_percent, 0.17761989342806395);
  EXPECT_EQ(got.Count(DecisionKind::kInlined), 2);
  EXPECT_EQ(got.Count(DecisionKind::kDevirtualisedFunction), 1);
  const std::string hot = "example.com/hot";
  EXPECT_EQ(got.refused_calls,
            (std::vector<Refusal>{
                {hot, "./work.go:112:62", "main.Odd", "it calls itself"},
                {hot, "./work.go:99:2", "main.Big", "the caller, main.Round, is big"}}));
  EXPECT_EQ(got.refused_functions,
            (std::vector<Refusal>{{hot, "./work.go:120:6", "Big",
                                   "function too complex: cost 900 exceeds budget 80"}}));
  EXPECT_EQ(got.inlined_calls,
            (std::vector<InlinedCall>{
                {hot, "./work.go:10:18", "MapReduce[go.shape.uint64,go.shape.struct { a int }]"},
                {hot, "./work.go:14:18", "Odd"},
                {hot, "./work.go:46:14", "mixed"}}));
}

TEST(Decisions, OfEveryPrefixAreASubset) {
  Decisions all = ParseDecisions(kOutput);
  for (size_t n = 0; n <= kOutput.size(); ++n) {
    Decisions some = ParseDecisions(kOutput.substr(0, n));
    EXPECT_LE(some.inlined_sites, all.inlined_sites);
    EXPECT_LE(some.decisions.size(), all.decisions.size() + 1);  // one cut within its last word
  }
}

TEST(Decisions, IgnoreLinesThatOnlyLookAlike) {
  Decisions got = ParseDecisions(
      "hot-budget check allows inlining for call \n"
      "hot-budget check allows inlining for call f (cost 9)\n"
      "x.go:1:1: PGO devirtualizing \nx.go:1:1: PGO devirtualizing call\n"
      "hot-callsite-thres-from-CDF=x\n: inlining call to \n#\n# \n\r\n\n");
  EXPECT_TRUE(got.decisions.empty());
  EXPECT_EQ(got.threshold_percent, 0);
}

TEST(DecisionDiff, ListsGainedAndLostSites) {
  Decision kept{DecisionKind::kInlined, "p", "a.go:1:1", "p.F", "p.G", 90};
  Decision kept_elsewhere = kept;
  kept_elsewhere.caller = "p.H";  // the same site, inlined into another function too
  Decision lost{DecisionKind::kInlined, "p", "a.go:2:1", "p.F", "p.G", 90};
  Decision gained{DecisionKind::kDevirtualisedInterface, "p", "a.go:2:1", "T.M", "i.M"};
  Decisions before, after;
  before.decisions = {kept, lost};
  after.decisions = {kept, kept_elsewhere, gained};
  DecisionDiff diff = DiffDecisions(before, after);
  EXPECT_EQ(diff.gained, std::vector<Decision>{gained});
  EXPECT_EQ(diff.lost, std::vector<Decision>{lost});
  EXPECT_EQ(diff.kept, 1u);
}

}  // namespace
}  // namespace anneal
