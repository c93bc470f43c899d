// From raw samples to a verdict. Everything here is a function of the RunRecord alone.
#include <algorithm>
#include <cmath>

#include "verify/arm.h"
#include "verify/effects.h"
#include "verify/phrases.h"
#include "verify/stats.h"
#include "verify/verdict.h"

namespace anneal {
namespace {

constexpr int64_t kStealMarkPpm = 10'000;
// Each estimate draws from its own stream of random numbers.
enum Stream : uint64_t { kCandidateStream = 1, kControlStream = 2, kPartStream = 1000 };
// Parts (benchmarks, sessions) get fewer resamples: there may be hundreds of them.
constexpr int kPartResamples = 2000;

using Groups = std::vector<std::vector<double>>;

// Everything below, and the plot, relies on this.
Status CheckRecord(const RunRecord& run) {
  if (run.arms.size() != kArmCount) return InvalidArgument("the run does not have three arms");
  if (run.benchmarks.empty()) return InvalidArgument("the run has no benchmark");
  bool any = false;
  for (const Session& session : run.sessions) {
    for (size_t i = 0; i < session.blocks.size(); ++i) {
      any = true;
      if (session.blocks[i].samples.size() != run.benchmarks.size()) {
        return InvalidArgument("block {} does not have a row for each benchmark", i);
      }
      for (const std::vector<Sample>& by_arm : session.blocks[i].samples) {
        bool good = by_arm.size() == kArmCount &&
                    std::all_of(by_arm.begin(), by_arm.end(),
                                [](const Sample& s) { return s.cpu_ns > 0 && s.units > 0; });
        if (!good) return InvalidArgument("block {} lacks a sample or has one without CPU time", i);
      }
    }
  }
  return any ? Status() : InvalidArgument("the run has no block: nothing follows from it");
}

// The effect of `arm` in each block, of all benchmarks or of the one named.
Groups Effects(const RunRecord& run, ArmId arm, std::optional<size_t> benchmark) {
  Groups groups;
  for (const Session& session : run.sessions) {
    std::vector<double>& group = groups.emplace_back();
    for (const Block& block : session.blocks) {
      std::span<const std::vector<Sample>> benchmarks = block.samples;
      if (benchmark.has_value()) benchmarks = benchmarks.subspan(*benchmark, 1);
      group.push_back(Effect(benchmarks, arm));
    }
  }
  return groups;
}

std::vector<double> Flatten(const Groups& groups) {
  std::vector<double> all;
  for (const std::vector<double>& group : groups) all.insert(all.end(), group.begin(), group.end());
  return all;
}

// Effects less the median of their session: what is left is no layout's and no start's.
std::vector<double> WithinSessions(const Groups& groups) {
  std::vector<double> all;
  for (const std::vector<double>& group : groups) {
    const double median = Median(group);
    for (double effect : group) all.push_back(effect - median);
  }
  return all;
}

RatioEstimate Ratio(const Interval& interval) {
  return {std::exp(interval.estimate), std::exp(interval.low), std::exp(interval.high)};
}

// The test's units are sessions where there are enough of them to reach 5 %, else blocks.
double PValue(const Groups& groups) {
  constexpr size_t kEnoughSessions = 6;
  if (groups.size() < kEnoughSessions) return SignedRankP(Flatten(groups));
  std::vector<double> estimates;
  for (const std::vector<double>& group : groups) estimates.push_back(HodgesLehmann(group));
  return SignedRankP(estimates);
}

std::vector<GroupEstimate> BenchmarkEstimates(const RunRecord& run) {
  std::vector<GroupEstimate> rows;
  if (run.benchmarks.size() < 2) return rows;
  for (size_t i = 0; i < run.benchmarks.size(); ++i) {
    Groups candidate = Effects(run, ArmId::kCandidate, i);
    Groups control = Effects(run, ArmId::kControl, i);
    uint64_t stream = run.seed + kPartStream + 2 * i;
    rows.push_back({run.benchmarks[i], Ratio(EstimateEffect(candidate, stream, kPartResamples)),
                    Ratio(EstimateEffect(control, stream + 1, kPartResamples)),
                    static_cast<int64_t>(Flatten(candidate).size())});
  }
  return rows;
}

std::vector<GroupEstimate> SessionEstimates(const RunRecord& run, const Groups& candidate,
                                            const Groups& control) {
  std::vector<GroupEstimate> rows;
  if (run.sessions.size() < 2) return rows;
  for (size_t i = 0; i < run.sessions.size(); ++i) {
    int64_t layout_seed = run.sessions[i].layout_seed;
    std::string name =
        layout_seed >= 0 ? fmt::format("layout {}", layout_seed) : fmt::format("start {}", i + 1);
    uint64_t stream = run.seed + 2 * kPartStream + 2 * i;
    rows.push_back({name, Ratio(EstimateEffect(Groups{candidate[i]}, stream, kPartResamples)),
                    Ratio(EstimateEffect(Groups{control[i]}, stream + 1, kPartResamples)),
                    static_cast<int64_t>(candidate[i].size())});
  }
  return rows;
}

// What an arm does besides what its binary is: environment and words, without the binary's path.
std::pair<std::vector<std::pair<std::string, std::string>>, std::vector<std::string>> Treatment(
    const ArmFacts& arm) {
  Result<Command> command = ParseArmCommand(arm.command);
  if (!command.ok()) return {{}, {arm.command}};
  for (std::string& word : command->argv) {
    // The program's name was looked up, in PATH or where the arm runs.
    bool program = &word == &command->argv[0] && arm.binary.ends_with(word);
    size_t at = word.find(arm.binary);
    if (program) {
      word.clear();
    } else if (!arm.binary.empty() && at != std::string::npos) {
      word.erase(at, arm.binary.size());
    }
  }
  return {command->env, command->argv};
}

// Same bytes, same arguments. (`python a.py` and `python b.py` share a binary but differ.)
bool IdenticalArms(const RunRecord& run) {
  if (run.arms[0].sha256.empty() || run.arms[0].sha256 != run.arms[1].sha256) return false;
  return Treatment(run.arms[0]) == Treatment(run.arms[1]);
}

// A difference is believed when the interval excludes 1, the effect exceeds what the A/A control
// shows by chance, and the test agrees.
Outcome Judge(const Analysis& a) {
  // First: of so few blocks neither a difference nor noise can be proven.
  if (a.blocks < kLeastBlocks) return Outcome::kInconclusive;
  if (!a.control.includes_one()) return Outcome::kInvalid;
  bool above_floor = std::abs(std::log(a.candidate.ratio)) > a.floor;
  if (a.candidate.includes_one() || !above_floor) return Outcome::kNoDifference;
  if (a.p_value >= kSignificant) return Outcome::kInconclusive;
  return a.candidate.ratio < 1 ? Outcome::kGain : Outcome::kRegression;
}

Ruling RuleOn(const Analysis& a, const VerifyLimits& limits) {
  if (a.outcome == Outcome::kInvalid) return Ruling::kInvalid;
  if (a.outcome == Outcome::kInconclusive) return Ruling::kInconclusive;
  if (a.outcome == Outcome::kRegression && -a.gain() > limits.max_regression) {
    return Ruling::kRegression;
  }
  if (!limits.require_gain) return Ruling::kPass;
  bool gained = a.outcome == Outcome::kGain && a.gain() >= limits.min_gain;
  return gained ? Ruling::kPass : Ruling::kNoGain;
}

void AddNotes(const RunRecord& run, Analysis& a) {
  constexpr double kHarmfulRatio = 1.03;
  if (a.identical_binaries) {
    a.notes.push_back(
        "no-treatment: both arms run the same bytes with the same arguments, so any "
        "difference is noise");
  }
  a.notes.insert(a.notes.end(), run.notes.begin(), run.notes.end());
  if (a.marked_blocks > 0) {
    a.notes.push_back(
        fmt::format("the hypervisor took more than 1 % of the time in {} of {} blocks",
                    a.marked_blocks, a.blocks));
  }
  if (run.other_load_cpus >= 0.2) {
    a.notes.push_back(fmt::format("other programs kept {:.1f} processors busy during the run",
                                  run.other_load_cpus));
  }
  if (run.sessions.size() > 1 && run.sessions.size() < 6) {
    a.notes.push_back(
        fmt::format("{} starts are few: 6 or more give narrower intervals", run.sessions.size()));
  }
  for (const GroupEstimate& row : a.benchmarks) {
    if (row.candidate.low > 1 && row.candidate.ratio > kHarmfulRatio) {
      a.notes.push_back(fmt::format("{} got slower: {}", row.name, DescribeRatio(row.candidate)));
    }
  }
  double wanted = std::max(run.limits.min_gain, 0.01);
  if (a.outcome == Outcome::kNoDifference && a.mde > wanted) {
    // Noise falls with the square root of the number of units: sessions where there are several,
    // since more blocks of one start or layout say nothing about the next.
    bool layouts = run.sessions[0].layout_seed >= 0;
    bool several = run.sessions.size() > 1;
    double units =
        several ? static_cast<double>(run.sessions.size()) : static_cast<double>(a.blocks);
    a.notes.push_back(fmt::format("to find {} reliably on this machine takes about {:.0f} {}",
                                  PercentText(wanted),
                                  std::ceil(units * std::pow(a.mde / wanted, 2)),
                                  !several  ? "blocks"
                                  : layouts ? "layouts"
                                            : "starts"));
  }
}

}  // namespace

Result<Analysis> Analyze(const RunRecord& run) {
  TRY(CheckRecord(run));
  Groups candidate = Effects(run, ArmId::kCandidate, std::nullopt);
  Groups control = Effects(run, ArmId::kControl, std::nullopt);
  std::vector<double> candidate_effects = Flatten(candidate);
  // 80 % power at 5 % two-sided: 1.96 + 0.84 standard errors.
  constexpr double kPowerFactor = 2.8;
  Interval of_candidate = EstimateEffect(candidate, run.seed + kCandidateStream);
  Interval of_control = EstimateEffect(control, run.seed + kControlStream);
  Analysis a;
  a.candidate = Ratio(of_candidate);
  a.control = Ratio(of_control);
  a.median_ratio = std::exp(Median(candidate_effects));
  a.p_value = PValue(candidate);
  a.floor = of_control.floor;
  // A control that runs the baseline's binary knows nothing of what layouts do to the candidate.
  a.mde = kPowerFactor * std::max(of_candidate.standard_error, of_control.standard_error);
  a.block_noise = RobustDeviation(WithinSessions(control));
  a.blocks = static_cast<int64_t>(candidate_effects.size());
  for (const Session& session : run.sessions) {
    a.marked_blocks += std::count_if(session.blocks.begin(), session.blocks.end(),
                                     [](const Block& b) { return b.steal_ppm > kStealMarkPpm; });
  }
  a.identical_binaries = IdenticalArms(run);
  a.benchmarks = BenchmarkEstimates(run);
  a.sessions = SessionEstimates(run, candidate, control);
  a.outcome = Judge(a);
  a.ruling = RuleOn(a, run.limits);
  a.sentence = VerdictSentence(a, run);
  AddNotes(run, a);
  return a;
}

}  // namespace anneal
