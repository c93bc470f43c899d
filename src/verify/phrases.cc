#include "verify/phrases.h"

#include <cmath>

namespace anneal {
namespace {

std::string IntervalText(const RatioEstimate& e) {
  if (e.high <= 1) {
    return fmt::format("{} to {} less", PercentText(1 - e.high), PercentText(1 - e.low));
  }
  if (e.low >= 1) {
    return fmt::format("{} to {} more", PercentText(e.low - 1), PercentText(e.high - 1));
  }
  return fmt::format("{} to {}", DifferenceText(e.low), DifferenceText(e.high));
}

}  // namespace

std::string_view VerifyModeName(VerifyMode mode) {
  switch (mode) {
    case VerifyMode::kCommand:
      return "command";
    case VerifyMode::kStdin:
      return "stdin";
    case VerifyMode::kHttp:
      return "http";
    case VerifyMode::kGoBench:
      return "gobench";
  }
  return "unknown";
}

Result<VerifyMode> ParseVerifyMode(std::string_view name) {
  for (VerifyMode mode :
       {VerifyMode::kCommand, VerifyMode::kStdin, VerifyMode::kHttp, VerifyMode::kGoBench}) {
    if (VerifyModeName(mode) == name) return mode;
  }
  return InvalidArgument("unknown mode \"{}\": use command, stdin, http or gobench", name);
}

std::string_view ArmName(ArmId arm) {
  switch (arm) {
    case ArmId::kBaseline:
      return "baseline";
    case ArmId::kCandidate:
      return "candidate";
    case ArmId::kControl:
      return "control";
  }
  return "unknown";
}

std::string_view OutcomeName(Outcome outcome) {
  switch (outcome) {
    case Outcome::kGain:
      return "gain";
    case Outcome::kNoDifference:
      return "no-difference";
    case Outcome::kRegression:
      return "regression";
    case Outcome::kInconclusive:
      return "inconclusive";
    case Outcome::kInvalid:
      return "invalid";
  }
  return "unknown";
}

std::string_view RulingName(Ruling ruling) {
  switch (ruling) {
    case Ruling::kPass:
      return "pass";
    case Ruling::kNoGain:
      return "no-gain";
    case Ruling::kRegression:
      return "regression";
    case Ruling::kInconclusive:
      return "inconclusive";
    case Ruling::kInvalid:
      return "invalid";
  }
  return "unknown";
}

std::string PercentText(double share) {
  double percent = std::abs(share) * 100;
  return percent >= 0.995 ? fmt::format("{:.1f} %", percent) : fmt::format("{:.2f} %", percent);
}

std::string DifferenceText(double ratio) {
  return fmt::format("{} {}", PercentText(ratio - 1), ratio <= 1 ? "less" : "more");
}

std::string DescribeRatio(const RatioEstimate& estimate) {
  return fmt::format("{} CPU (95 % interval {})", DifferenceText(estimate.ratio),
                     IntervalText(estimate));
}

std::string CpuTimeText(double ns) {
  if (ns < 1e3) return fmt::format("{:.1f} ns", ns);
  if (ns < 1e6) return fmt::format("{:.2f} µs", ns / 1e3);
  if (ns < 1e9) return fmt::format("{:.2f} ms", ns / 1e6);
  return fmt::format("{:.2f} s", ns / 1e9);
}

std::string VerdictSentence(const Analysis& a, const RunRecord& run) {
  const RatioEstimate& e = a.candidate;
  switch (a.outcome) {
    case Outcome::kGain:
    case Outcome::kRegression:
      return fmt::format("The candidate uses {} CPU per {} than the baseline (95 % interval {}).",
                         DifferenceText(e.ratio), run.unit, IntervalText(e));
    case Outcome::kNoDifference:
      if (!e.includes_one()) {
        return fmt::format(
            "No measurable difference: the candidate used {} CPU per {} (95 % interval {}), but "
            "the baseline against itself reaches {}.",
            DifferenceText(e.ratio), run.unit, IntervalText(e), PercentText(std::expm1(a.floor)));
      }
      return fmt::format(
          "No measurable difference: the 95 % interval of the candidate's CPU per {} reaches from "
          "{} than the baseline's.",
          run.unit, fmt::format("{} to {}", DifferenceText(e.low), DifferenceText(e.high)));
    case Outcome::kInconclusive:
      if (a.blocks < kLeastBlocks) {
        return fmt::format(
            "Inconclusive: {} {} prove nothing, {} or more may; in these the candidate used {} CPU "
            "per {}.",
            a.blocks, a.blocks == 1 ? "block" : "blocks", kLeastBlocks, DifferenceText(e.ratio),
            run.unit);
      }
      return fmt::format(
          "Inconclusive: the candidate used {} CPU per {} (95 % interval {}), but the signed-rank "
          "test does not agree (p = {:.2g}, not below {}).",
          DifferenceText(e.ratio), run.unit, IntervalText(e), a.p_value, kSignificant);
    case Outcome::kInvalid:
      return fmt::format(
          "Invalid, the machine is too noisy: the baseline measured against itself differs by {} "
          "(95 % interval {}), so no difference can be believed.",
          PercentText(a.control.ratio - 1), IntervalText(a.control));
  }
  return {};
}

}  // namespace anneal
