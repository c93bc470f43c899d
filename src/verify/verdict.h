// What verify measured and what it concludes from that.
//
// RunRecord is the raw data: every sample, the seeds and the facts of the machine. Analysis is a
// pure function of a RunRecord, so a verdict can be computed again, to the byte, years later.
// Words: a *sample* is the CPU time one arm took for one burst of work. A *block* runs every arm
// once, in random order, back to back. A *session* is one start of the processes (under one
// layout seed, when layouts are built); blocks of a session share its accidents of memory layout.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"

namespace anneal {

enum class VerifyMode { kCommand, kStdin, kHttp, kGoBench };
std::string_view VerifyModeName(VerifyMode mode);  // "command", "stdin", "http", "gobench"
Result<VerifyMode> ParseVerifyMode(std::string_view name);

// The arms of every block. The control is the baseline once more: what it shows against the
// baseline is noise; with layouts, noise and what a layout does by chance.
enum class ArmId { kBaseline, kCandidate, kControl };
inline constexpr int kArmCount = 3;
inline constexpr ArmId kArms[] = {ArmId::kBaseline, ArmId::kCandidate, ArmId::kControl};
std::string_view ArmName(ArmId arm);  // "baseline", "candidate", "control"

struct Sample {
  int64_t cpu_ns = 0;  // user + system, all threads
  int64_t units = 1;   // repetitions, requests or iterations that the CPU time was spent on
  int64_t wall_ns = 0;
  double CpuPerUnitNs() const {
    return static_cast<double>(cpu_ns) / static_cast<double>(units > 0 ? units : 1);
  }
};

struct Block {
  std::vector<ArmId> order;  // as run
  // samples[benchmark][arm]; one benchmark in every mode but gobench.
  std::vector<std::vector<Sample>> samples;
  // Share of the machine's time that the hypervisor took, in parts per million.
  int64_t steal_ppm = 0;
};

struct Session {
  int64_t layout_seed = -1;          // of baseline and candidate; -1: not built by layout
  int64_t control_layout_seed = -1;  // -1: the control ran the baseline's binary
  std::vector<Block> blocks;
  // Time each arm's threads waited for a processor during the session; 0 where not known.
  std::vector<int64_t> wait_ns;
};

struct ArmFacts {
  std::string command;
  std::string binary;  // the path measured; empty when not a file
  std::string sha256;  // of the binary, hex; empty when not a file (several layouts: the first)
  int64_t binary_bytes = 0;
  std::string build_id = {};  // GNU's, hex, by which profiles name the binary; empty: it has none
};

struct VerifyLimits {
  // Shares of the baseline's CPU time: 0.01 is 1 %.
  double min_gain = 0;
  bool require_gain = false;  // a gain of at least min_gain must be measured
  double max_regression = 0.005;
};

struct RunRecord {
  VerifyMode mode = VerifyMode::kCommand;
  uint64_t seed = 1;
  int64_t started_unix_ns = 0;
  int64_t elapsed_ns = 0;
  std::string tool_version;
  VerifyLimits limits;
  std::string unit;                     // "repetition", "request", "op", "run"
  std::vector<std::string> benchmarks;  // names; one empty name in every mode but gobench
  std::vector<ArmFacts> arms;           // by ArmId
  // Set for the arms beside this process's environment; what is named like a credential has no
  // value here.
  std::vector<std::pair<std::string, std::string>> env = {};
  std::vector<std::pair<std::string, std::string>> machine;  // sorted by name
  std::vector<std::string> notes;                            // noticed while running
  double other_load_cpus = 0;  // processors kept busy by programs that are not part of the run
  std::vector<Session> sessions;
};

// Blocks that a verdict needs at least: the signed-rank test of five cannot reach 5 % (p >= 1/16).
inline constexpr int64_t kLeastBlocks = 6;
inline constexpr double kSignificant = 0.05;

// A ratio of CPU times and its 95 % interval; below 1 the numerator used less.
struct RatioEstimate {
  double ratio = 1;
  double low = 1;
  double high = 1;
  bool includes_one() const { return low <= 1 && high >= 1; }
};

// kInconclusive: too few blocks to prove anything, or interval and test disagree.
enum class Outcome { kGain, kNoDifference, kRegression, kInconclusive, kInvalid };
// "gain", "no-difference", "regression", "inconclusive", "invalid"
std::string_view OutcomeName(Outcome outcome);

// What the limits say about the outcome; the command's exit status follows it.
enum class Ruling { kPass, kNoGain, kRegression, kInconclusive, kInvalid };
// "pass", "no-gain", "regression", "inconclusive", "invalid"
std::string_view RulingName(Ruling ruling);

struct GroupEstimate {
  std::string name;  // benchmark or session
  RatioEstimate candidate;
  RatioEstimate control;
  int64_t blocks = 0;
};

struct Analysis {
  Outcome outcome = Outcome::kInvalid;
  Ruling ruling = Ruling::kInvalid;
  std::string sentence;     // the verdict for people
  RatioEstimate candidate;  // candidate / baseline: Hodges–Lehmann of paired log ratios
  RatioEstimate control;    // control / baseline: A/A
  double median_ratio = 1;  // plain median of the paired ratios, candidate / baseline
  double p_value = 1;       // signed-rank, two-sided
  double floor = 0;         // |effect| that A/A alone reaches in 2.5 % of cases; a share
  double mde = 0;           // effect found with 80 % probability by a run like this; a share
  double block_noise = 0;   // 1.4826 × MAD of the A/A block effects in their sessions; a share
  int64_t blocks = 0;
  int64_t marked_blocks = 0;  // steal above 1 %
  bool identical_binaries = false;
  std::vector<GroupEstimate> benchmarks;  // when there is more than one
  std::vector<GroupEstimate> sessions;    // when there is more than one
  std::vector<std::string> notes;         // the run's and the analysis's

  // Share of the baseline's CPU time saved; negative for a regression.
  double gain() const { return 1 - candidate.ratio; }
};

struct Verdict {
  RunRecord run;
  Analysis analysis;
};

// Pure and deterministic: the same record gives the same analysis on every machine.
// kInvalidArgument when the record has no block, or one that lacks a sample.
Result<Analysis> Analyze(const RunRecord& run);

}  // namespace anneal
