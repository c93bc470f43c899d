#include "cli/loop_report.h"

#include <nlohmann/json.hpp>

#include "api/decisions_json.h"
#include "base/substitute.h"
#include "base/units.h"
#include "cli/json_output.h"
#include "verify/verdict_json.h"

namespace anneal {
namespace {

using nlohmann::ordered_json;

// 1234567 as "1,234,567".
std::string Grouped(int64_t number) {
  std::string digits = fmt::format("{}", number);
  for (size_t at = digits.size(); at > 3 && digits[at - 4] != '-';) {
    at -= 3;
    digits.insert(at, ",");
  }
  return digits;
}

// A share as people read gains: 0.0312 is "3.12 %".
std::string Percent(double share) { return fmt::format("{:.2f} %", share * 100); }

// "gain 3.10 % [1.92 %, 4.25 %]": gains, so that the interval's ends swap with the ratio's.
std::string GainText(const RatioEstimate& estimate) {
  return fmt::format("{} [{}, {}]", Percent(1 - estimate.ratio), Percent(1 - estimate.high),
                     Percent(1 - estimate.low));
}

std::string PgoName(const std::string& pgo) { return pgo == "off" ? "-pgo=off" : pgo; }

struct DecisionCounts {
  int64_t inlined = 0, devirtualised = 0;
};
DecisionCounts CountKinds(const Decisions& decisions) {
  return {decisions.Count(DecisionKind::kInlined),
          decisions.Count(DecisionKind::kDevirtualisedInterface) +
              decisions.Count(DecisionKind::kDevirtualisedFunction)};
}

// A line of the report: a word in the margin, the text beside it.
std::string Row(std::string_view word, std::string_view text) {
  return fmt::format("  {:<10} {}\n", word, text);
}

std::string LoadText(const ProfilingFacts& facts) {
  std::string text =
      fmt::format("{} rounds, {:.1f} s of CPU time", facts.rounds, facts.cpu_seconds);
  if (facts.load.requests > 0) {
    text += fmt::format(", {} requests", Grouped(facts.load.requests));
    if (facts.load.failed > 0) {
      text += fmt::format(", {} FAILED ({})", Grouped(facts.load.failed), facts.load.first_failure);
    }
  }
  return text + fmt::format("; other programs kept {:.1f} processors busy", facts.other_load_cpus);
}

std::string TurnText(const LoopTurn& turn) {
  const GoReport& report = turn.report;
  const Analysis& analysis = turn.verdict.analysis;
  DecisionCounts counts = CountKinds(turn.decisions_after);
  std::string out;
  out += Row("verdict", analysis.sentence);
  out += Row(
      "", fmt::format("CPU saved per {}: {}", turn.verdict.run.unit, GainText(analysis.candidate)));
  out +=
      Row("", fmt::format("control (A/A): {}; {} blocks in {} sessions", GainText(analysis.control),
                          analysis.blocks, turn.verdict.run.sessions.size()));
  for (const std::string& note : analysis.notes) out += Row("", note);
  out += Row("artefact", turn.reason);
  out +=
      Row("", fmt::format("{} for the compiler, of a profile of {}; binary says -pgo={}",
                          HumanBytes(static_cast<uint64_t>(turn.artefact_bytes)),
                          HumanBytes(static_cast<uint64_t>(turn.profile_bytes)), turn.pgo_setting));
  out += Row("profile", fmt::format("{} samples ({}), {} edges, {} hot; halves agree on {:.0f} %",
                                    Grouped(report.samples), SampleGradeName(report.grade),
                                    Grouped(static_cast<int64_t>(report.edges.edges.size())),
                                    Grouped(static_cast<int64_t>(report.hot.count)),
                                    report.split_half.weight_share * 100));
  if (turn.hot_overlap) {
    out += Row("", fmt::format("{:.0f} % of the hot weight is hot in the shipped artefact too",
                               turn.hot_overlap->weight_share * 100));
  }
  for (const std::string& warning : report.warnings) out += Row("", warning);
  out += Row("compiler", fmt::format("{} calls inlined and {} devirtualised because of the profile",
                                     Grouped(counts.inlined), Grouped(counts.devirtualised)));
  out += Row("", fmt::format("against {}: {} decisions gained, {} lost, {} kept",
                             PgoName(turn.baseline_pgo), turn.decisions.gained.size(),
                             turn.decisions.lost.size(), turn.decisions.kept));
  out += Row("load", LoadText(turn.profiling));
  return out;
}

std::string TurnTable(const std::vector<LoopTurn>& turns) {
  std::string out = fmt::format("{:>4}  {:>8}  {:>5}  {:>7}  {:>6}  {:>5}  {:<28}  {}\n", "turn",
                                "samples", "hot", "overlap", "gained", "lost", "CPU saved", "");
  for (const LoopTurn& turn : turns) {
    out += fmt::format(
        "{:>4}  {:>8}  {:>5}  {:>7}  {:>6}  {:>5}  {:<28}  {}\n", turn.number,
        Grouped(turn.report.samples), turn.report.hot.count,
        turn.hot_overlap ? fmt::format("{:.0f} %", turn.hot_overlap->weight_share * 100) : "-",
        turn.decisions.gained.size(), turn.decisions.lost.size(),
        GainText(turn.verdict.analysis.candidate), turn.kept ? "kept" : "dropped");
  }
  return out;
}

ordered_json TurnJson(const LoopTurn& turn) {
  const GoReport& report = turn.report;
  const Analysis& analysis = turn.verdict.analysis;
  DecisionCounts counts = CountKinds(turn.decisions_after);
  ordered_json json = {
      {"turn", turn.number},
      {"kept", turn.kept},
      {"reason", turn.reason},
      {"baseline", {{"pgo", turn.baseline_pgo}, {"binary", turn.baseline_binary}}},
      {"candidate",
       {{"pgo", turn.candidate_pgo},
        {"binary", turn.candidate_binary},
        {"pgo_setting", turn.pgo_setting},
        {"artefact_bytes", turn.artefact_bytes},
        {"profile_bytes", turn.profile_bytes}}},
      {"profiling",
       {{"start_unix_ns", turn.profiling.start_ns},
        {"end_unix_ns", turn.profiling.end_ns},
        {"rounds", turn.profiling.rounds},
        {"requests", turn.profiling.load.requests},
        {"failed_requests", turn.profiling.load.failed},
        {"cpu_seconds", turn.profiling.cpu_seconds},
        {"other_load_cpus", turn.profiling.other_load_cpus}}},
      {"profile",
       {{"samples", report.samples},
        {"grade", SampleGradeName(report.grade)},
        {"edges", report.edges.edges.size()},
        {"hot_edges", report.hot.count},
        {"single_sample_share", report.single_sample_share},
        {"split_half_share", report.split_half.weight_share},
        {"warnings", report.warnings}}},
      {"decisions",
       {{"inlined", counts.inlined},
        {"devirtualised", counts.devirtualised},
        {"kept", turn.decisions.kept},
        {"gained", DecisionsJson(turn.decisions.gained)},
        {"lost", DecisionsJson(turn.decisions.lost)}}},
      {"verdict",
       {{"outcome", OutcomeName(analysis.outcome)},
        {"ruling", RulingName(analysis.ruling)},
        {"sentence", analysis.sentence},
        {"gain", analysis.gain()},
        {"candidate", RatioJson(analysis.candidate)},
        {"control", RatioJson(analysis.control)},
        {"blocks", analysis.blocks},
        {"record", turn.verdict_json},
        {"plot", turn.plot}}},
  };
  if (turn.hot_overlap) json["profile"]["hot_overlap_share"] = turn.hot_overlap->weight_share;
  return json;
}

}  // namespace

std::string LoopReportText(const LoopRun& run, const std::vector<LoopTurn>& turns) {
  const LoopTurn& last = turns.back();
  std::string out = fmt::format("anneal loop: {}\n\n", run.config.service);
  if (turns.size() > 1) out += TurnTable(turns) + "\nThe last turn:\n";
  out += TurnText(last);
  out += Row("files", fmt::format("{} (artefact)", last.candidate_pgo));
  out += Row("", fmt::format("{} (verdict with raw samples)", last.verdict_json));
  out += Row("", fmt::format("{} (plot)", last.plot));
  out += Row(
      "", fmt::format("{} (report)", run.WorkPath(fmt::format("turn{}-report.json", last.number))));
  if (last.kept) {
    out += "\nNext: commit " + run.config.artefact + " and ship the build:\n  " +
           Substitute(run.config.build, {{"pgo", run.config.artefact}, {"out", "BINARY"}}) + "\n";
  }
  return out;
}

std::string LoopReportJson(const LoopRun& run, const std::vector<LoopTurn>& turns) {
  ordered_json list = ordered_json::array();
  for (const LoopTurn& turn : turns) list.push_back(TurnJson(turn));
  return DumpJson(ordered_json{{"version", 1},
                               {"service", run.config.service},
                               {"artefact", run.config.artefact},
                               {"turns", std::move(list)}}) +
         "\n";
}

Status WriteTurnReport(const LoopRun& run, const LoopTurn& turn) {
  return run.context.fs.WriteFileAtomic(
      run.WorkPath(fmt::format("turn{}-report.json", turn.number)),
      DumpJson(TurnJson(turn)) + "\n");
}

std::string DescribePlan(const LoopConfig& config, int iterations) {
  std::string server = config.profiling.server.url.empty()
                           ? "a server of its own, store in " + config.work_dir + "/store"
                           : config.profiling.server.url;
  std::string out = fmt::format("{} turn{} for service {}, in {}:\n", iterations,
                                iterations == 1 ? "" : "s", config.service, config.directory);
  out += Row("baseline", Substitute(config.build, {{"pgo", config.artefact + " (or off)"}}));
  out += Row("profile", config.run.empty() ? config.bench : config.run);
  out += Row("", fmt::format("{} warm-up, then {} rounds of {}; profiles go to {}",
                             FormatDuration(config.profiling.warm_up_ns), config.profiling.rounds,
                             FormatDuration(config.profiling.round_ns), server));
  out += Row("artefact", config.artefact);
  out += Row("verify",
             fmt::format("{} in turns; a gain of {} is {}", FormatDuration(config.verify.time_ns),
                         Percent(config.verify.min_gain),
                         config.verify.min_gain > 0 ? "demanded" : "hoped for"));
  return out;
}

}  // namespace anneal
