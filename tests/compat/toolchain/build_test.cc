// With the real compiler: the artefacts of anneal give the binary that the whole profile gives, and
// each known way to lose the gain on export is shown to lose it where anneal does not.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <set>

#include "cli/go_build.h"
#include "go_toolchain.h"
#include "pgo/decisions.h"
#include "pgo/edge_diff.h"
#include "pgo/go_artefact.h"
#include "pgo/go_symbols.h"
#include "pgo/report.h"
#include "profile/filter.h"
#include "profile/merge.h"
#include "profile/pprof.h"

namespace anneal {
namespace {

const std::string kProgram = SourcePath("tests/go/hotpath");

class GoBuildTest : public ::testing::Test {
 protected:
  GoToolchain go_;

  // Recorded from the program: `hotpath -rounds 60000 -cpuprofile cpu.pprof`.
  Profile Recorded() {
    Result<Profile> profile = DecodePprof(go_.Read(kProgram + "/cpu.pprof"));
    EXPECT_TRUE(profile.ok()) << profile.status().ToString();
    return *profile;
  }

  // What the compiler does with a profile in the program's own package; compiles that one alone.
  Decisions Compile(std::string_view pprof) {
    if (importcfg_.empty()) {
      RunOutput list =
          go_.Run({"go", "list", "-export", "-deps", "-f",
                   "{{if .Export}}packagefile {{.ImportPath}}={{.Export}}{{end}}", "."},
                  kProgram);
      EXPECT_TRUE(list.exit.ok()) << list.err;
      importcfg_ = go_.Write("importcfg", list.out);
    }
    RunOutput compile = go_.Run({"go", "tool", "compile", "-p", "main", "-importcfg", importcfg_,
                                 "-m", "-d=pgodebug=1", "-pgoprofile", go_.Write("x.pgo", pprof),
                                 "-o", go_.Path("x.o"), "main.go", "work.go", "directed.go"},
                                kProgram);
    EXPECT_TRUE(compile.exit.ok()) << compile.out << compile.err;
    return ParseDecisions(compile.out);
  }

  // Builds with `pprof` as default.pgo and returns the binary's bytes.
  std::string Build(const std::string& directory, std::string_view pprof) {
    std::string pgo = go_.Write(directory + "/default.pgo", pprof);
    GoBuild build{.directory = kProgram,
                  .pgo = pgo,
                  .flags = {"-trimpath", "-buildvcs=false", "-ldflags=-buildid="}};
    std::string binary = go_.Path(directory + "/hotpath");
    Status built = BuildGo(Process::System(), build, binary);
    EXPECT_TRUE(built.ok()) << built.ToString();
    Result<GoBuildInfo> info = ReadGoBuildInfo(Process::System(), binary);
    EXPECT_TRUE(info.ok() && info->Pgo() == "default.pgo");
    return go_.Read(binary);
  }

 private:
  std::string importcfg_;
};

std::set<std::string> Sites(const Decisions& decisions) {
  std::set<std::string> sites;
  for (const Decision& d : decisions.decisions) {
    sites.insert(fmt::format("{} {} {}", d.position, DecisionKindName(d.kind), d.callee));
  }
  return sites;
}

// A copy of `profile` in which each function's name went through `rename`.
Profile RenameFunctions(const Profile& profile,
                        const std::function<std::string(std::string_view)>& rename) {
  Profile copy = profile;
  for (Function& f : copy.functions) {
    f.name = copy.strings.Append(rename(std::string(profile.Text(f.name))));
  }
  return copy;
}

int64_t LostWeight(const CallEdges& before, const CallEdges& after) {
  int64_t lost = 0;
  for (const EdgeChange& change : DiffCallEdges(before, after).lost) lost += change.before_weight;
  return lost;
}

TEST_F(GoBuildTest, EveryTrimGivesTheBinaryOfTheWholeProfile) {
  // A fresh profile of the program, as a user would take it.
  std::string program = go_.Path("hotpath"), cpu = go_.Path("cpu.pprof");
  ASSERT_TRUE(BuildGo(Process::System(), {.directory = kProgram}, program).ok());
  RunOutput run = go_.Run({program, "-rounds", "40000", "-cpuprofile", cpu});
  ASSERT_TRUE(run.exit.ok()) << run.err;
  std::string whole = go_.Read(cpu);
  Result<Profile> profile = DecodePprof(whole);
  ASSERT_TRUE(profile.ok()) << profile.status().ToString();

  std::string want = Build("whole", whole);
  ASSERT_FALSE(want.empty());
  for (GoTrim trim : {GoTrim::kFull, GoTrim::kLeaf, GoTrim::kEdges}) {
    Result<GoArtefact> artefact = MakeGoArtefact(*profile, trim);
    ASSERT_TRUE(artefact.ok()) << artefact.status().ToString();
    EXPECT_TRUE(Build(fmt::format("trim{}", static_cast<int>(trim)), artefact->bytes) == want)
        << "trim " << static_cast<int>(trim) << " gives another binary";
  }

  // And what it took to make a difference: without the profile it is another binary, and the
  // decisions that were made because of it are listed.
  GoBuild build{.directory = kProgram, .pgo = go_.Path("trim1/default.pgo")};
  Result<Decisions> with = CollectDecisions(Process::System(), build);
  ASSERT_TRUE(with.ok()) << with.status().ToString();
  EXPECT_GE(with->Count(DecisionKind::kInlined), 5);
  EXPECT_GE(with->Count(DecisionKind::kDevirtualisedInterface), 1);
  EXPECT_GE(with->Count(DecisionKind::kDevirtualisedFunction), 1);
  EXPECT_GT(with->packages, 50);
  bool generic = std::any_of(with->decisions.begin(), with->decisions.end(), [](const Decision& d) {
    return d.callee == "main.Tally[go.shape.uint32]";
  });
  EXPECT_TRUE(generic);
  Result<Decisions> again = CollectDecisions(Process::System(), build);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->decisions, with->decisions);  // replayed from the cache
}

TEST_F(GoBuildTest, SymbolsAreReadFromRealBinariesStrippedOrNot) {
  for (std::vector<std::string> flags :
       {std::vector<std::string>{}, {"-ldflags=-s -w"}, {"-buildmode=pie"}}) {
    GoBuild build{.directory = kProgram, .flags = flags};
    std::string binary = go_.Path("hotpath");
    ASSERT_TRUE(BuildGo(Process::System(), build, binary).ok());
    Result<GoSymbols> symbols = ReadGoSymbols(go_.Read(binary));
    ASSERT_TRUE(symbols.ok()) << symbols.status().ToString();
    for (const char* name : {"main.main", "main.Tally[go.shape.uint32]", "main.(*Box).Area",
                             "runtime.goexit", "runtime.mcall"}) {
      EXPECT_TRUE(symbols->Contains(name)) << name;
    }
    Result<GoReport> report = MakeGoReport(Recorded(), &*symbols);
    ASSERT_TRUE(report.ok());
    EXPECT_EQ(report->symbols->missing, 0u)
        << fmt::format("{}", fmt::join(report->symbols->missing_names, ", "));
  }
}

TEST_F(GoBuildTest, KeepsTypeParameters) {
  Profile recorded = Recorded();
  CallEdges edges = *ComputeCallEdges(recorded);
  // As stores do that shorten names on the way in.
  Profile naive = RenameFunctions(
      recorded, [](std::string_view name) { return std::string(name.substr(0, name.find('['))); });
  EXPECT_GT(LostWeight(edges, *ComputeCallEdges(naive)), edges.total_weight / 4);
  GoArtefact ours = *MakeGoArtefact(recorded, GoTrim::kLeaf);
  EXPECT_EQ(LostWeight(edges, ours.edges), 0);

  auto generic_calls = [](const Decisions& d) {
    return std::count_if(d.decisions.begin(), d.decisions.end(), [](const Decision& decision) {
      return decision.callee.find("[go.shape.") != std::string::npos;
    });
  };
  EXPECT_EQ(generic_calls(Compile(EncodePprof(naive))), 0);
  EXPECT_GE(generic_calls(Compile(ours.bytes)), 3);
  EXPECT_EQ(Sites(Compile(ours.bytes)), Sites(Compile(go_.Read(kProgram + "/cpu.pprof"))));
}

TEST_F(GoBuildTest, KeepsStartLines) {
  Profile recorded = Recorded();
  CallEdges edges = *ComputeCallEdges(recorded);
  // All of them lost: Go refuses the file, and so do we, before the build.
  Profile naive = recorded;
  for (Function& f : naive.functions) f.start_line = 0;
  EXPECT_FALSE(go_.Preprofile(EncodePprof(naive)).ok());
  EXPECT_EQ(MakeGoArtefact(naive, GoTrim::kLeaf).status().code(), Code::kFailedPrecondition);
  // The program's own lost, the runtime's kept: Go says nothing, and does nothing.
  naive = recorded;
  for (Function& f : naive.functions) {
    if (naive.Text(f.name).starts_with("main.")) f.start_line = 0;
  }
  EXPECT_GT(LostWeight(edges, *ComputeCallEdges(naive)), edges.total_weight / 2);
  std::set<std::string> kept = Sites(Compile(MakeGoArtefact(recorded, GoTrim::kLeaf)->bytes));
  std::set<std::string> left = Sites(Compile(EncodePprof(naive)));
  // An absolute line may be the offset of another call by chance.
  EXPECT_LT(left.size() * 2, kept.size()) << fmt::format("{}", fmt::join(left, "\n"));
}

// To make stacks fewer, exporters zero the line of the leaf. Where locations are shared by content
// (they are, once addresses are dropped) that line is also the call site of other samples.
TEST_F(GoBuildTest, NeverZeroesTheLinesOfCallers) {
  Profile recorded = Recorded();
  CallEdges edges = *ComputeCallEdges(recorded);
  Profile shared = recorded;
  for (Location& l : shared.locations) l.address = 0;
  shared = Canonical(shared);  // equal locations are one now
  Profile naive = shared;
  for (size_t i = 0; i < naive.SampleCount(); ++i) {
    if (naive.Stack(i).empty()) continue;
    const Location& leaf = naive.locations[Index(naive.Stack(i)[0])];
    if (leaf.lines_begin < leaf.lines_end) naive.lines[leaf.lines_begin].line = 0;
  }
  EXPECT_GT(LostWeight(edges, *ComputeCallEdges(naive)), 0);
  Result<GoReport> report = MakeGoReport(naive, nullptr);
  ASSERT_TRUE(report.ok());
  EXPECT_GT(report->no_line_share, 0);

  GoArtefact ours = *MakeGoArtefact(recorded, GoTrim::kLeaf);
  EXPECT_EQ(ours.edges, edges);
  EXPECT_EQ(MakeGoReport(*DecodePprof(ours.bytes), nullptr)->no_line_share, 0);
  std::set<std::string> kept = Sites(Compile(ours.bytes)),
                        left = Sites(Compile(EncodePprof(naive)));
  EXPECT_TRUE(std::includes(kept.begin(), kept.end(), left.begin(), left.end()));
}

TEST_F(GoBuildTest, KeepsRecursionWithinALineWithoutAddresses) {
  Profile recorded = Recorded();
  CallEdges edges = *ComputeCallEdges(recorded);
  Profile naive = recorded;
  for (Location& l : naive.locations) l.address = 0;
  EXPECT_LT(ComputeCallEdges(naive)->total_weight, edges.total_weight);
  EXPECT_EQ(MakeGoArtefact(recorded, GoTrim::kLeaf)->edges, edges);
}

TEST_F(GoBuildTest, TakesTheColumnThatTheCompilerTakes) {
  Profile recorded = Recorded();  // samples/count, cpu/nanoseconds
  CallEdges edges = *ComputeCallEdges(recorded);
  // Only a column of another kind is left, or the names are not Go's.
  Profile naive = SelectSampleType(recorded, 1);
  naive.sample_types[0].type = naive.strings.Append("wall");
  EXPECT_FALSE(go_.Preprofile(EncodePprof(naive)).ok());
  EXPECT_EQ(MakeGoArtefact(naive, GoTrim::kLeaf).status().code(), Code::kFailedPrecondition);
  // A foreign column in front is passed over.
  Profile swapped = recorded;
  swapped.sample_types[0].type = swapped.strings.Append("wall");
  CallEdges nanoseconds = *ComputeCallEdges(swapped);
  EXPECT_EQ(nanoseconds.total_weight, edges.total_weight * recorded.period);
  Result<GoArtefact> ours = MakeGoArtefact(swapped, GoTrim::kLeaf);
  ASSERT_TRUE(ours.ok());
  EXPECT_EQ(*go_.Preprofile(ours->bytes), WritePreprofile(nanoseconds));
  // Nanoseconds or counts: the compiler decides the same.
  EXPECT_EQ(Sites(Compile(ours->bytes)),
            Sites(Compile(MakeGoArtefact(recorded, GoTrim::kLeaf)->bytes)));
}

TEST_F(GoBuildTest, TwoLocationsAreNeededAndEnough) {
  Profile recorded = Recorded();
  CallEdges edges = *ComputeCallEdges(recorded);
  EXPECT_GT(LostWeight(edges, *ComputeCallEdges(KeepLeafLocations(recorded, 1))), 0);
  EXPECT_EQ(*ComputeCallEdges(KeepLeafLocations(recorded, 2)), edges);
}

}  // namespace
}  // namespace anneal
