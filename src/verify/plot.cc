#include "verify/plot.h"

#include <algorithm>
#include <cmath>

#include "verify/canvas.h"
#include "verify/effects.h"
#include "verify/phrases.h"
#include "verify/stats.h"

namespace anneal {
namespace {

constexpr double kWidth = 920;
constexpr double kLabelRight = 178;
constexpr double kPlotLeft = 192;
constexpr double kPlotRight = 890;
constexpr size_t kMostForestRows = 40;

// Arms keep their colours in every panel; shapes differ too, for eyes that see few colours.
constexpr std::string_view kStyle = R"(
text{font-family:system-ui,-apple-system,"Segoe UI","DejaVu Sans",Arial,sans-serif;fill:#1f2328}
.page{fill:#ffffff}
.headline{font-size:17px;font-weight:600}
.panel{font-size:13px;font-weight:600}
.label{font-size:12px}
.small{font-size:11px;fill:#59636e}
.grid{stroke:#d8dee4;stroke-width:1}
.zero{stroke:#59636e;stroke-width:1.2;stroke-dasharray:4 3}
.hill{fill-opacity:.28;stroke-width:1.2}
.dot{fill-opacity:.55}
.interval{stroke-width:3.5;stroke-linecap:round}
.thin{stroke-width:2;stroke-linecap:round}
.baseline{fill:#2f6fb0;stroke:#2f6fb0}
.candidate{fill:#bf4b00;stroke:#bf4b00}
.control{fill:#6b7480;stroke:#6b7480}
circle.dot{stroke:none}
.mark{stroke:#ffffff;stroke-width:1}
@media (prefers-color-scheme:dark){
text{fill:#e6edf3}
.page{fill:#0d1117}
.small{fill:#9da7b3}
.grid{stroke:#2b333d}
.zero{stroke:#9da7b3}
.baseline{fill:#6cb0f5;stroke:#6cb0f5}
.candidate{fill:#f59a4c;stroke:#f59a4c}
.control{fill:#a3adb8;stroke:#a3adb8}
.mark{stroke:#0d1117}
}
)";

std::string Css(std::string_view kind, ArmId arm) {
  return fmt::format("{} {}", kind, ArmName(arm));
}

std::string_view ArmTitle(ArmId arm) {
  return arm == ArmId::kControl ? "baseline again (A/A)" : ArmName(arm);
}

// Ratio to the baseline minus 1, in every block.
std::vector<double> Differences(const RunRecord& run, ArmId arm) {
  std::vector<double> differences;
  for (const Session& session : run.sessions) {
    for (const Block& block : session.blocks) {
      differences.push_back(std::expm1(Effect(block.samples, arm)));
    }
  }
  return differences;
}

// From the 2 % to the 98 % quantile of all series and a margin: outliers must not flatten the rest.
Axis FittingAxis(const std::vector<std::vector<double>>& series, std::vector<double> always) {
  Axis axis{0, 1, kPlotLeft, kPlotRight};
  std::vector<double> ends = std::move(always);
  for (std::vector<double> values : series) {
    if (values.empty()) continue;
    std::sort(values.begin(), values.end());
    ends.push_back(QuantileSorted(values, 0.02));
    ends.push_back(QuantileSorted(values, 0.98));
  }
  if (ends.empty()) return axis;
  auto [low, high] = std::minmax_element(ends.begin(), ends.end());
  double margin = std::max(0.06 * (*high - *low), 1e-6 * std::abs(*high) + 1e-12);
  axis.low = *low - margin;
  axis.high = *high + margin;
  return axis;
}

std::string SignedPercent(double share) {
  return share == 0 ? "0 %" : fmt::format("{:+.3g} %", share * 100);
}

// Ticks are round numbers: "350 µs", not "350.00 µs".
std::string RoundCpuTimeText(double ns) {
  if (ns < 1e3) return fmt::format("{:.5g} ns", ns);
  if (ns < 1e6) return fmt::format("{:.5g} µs", ns / 1e3);
  if (ns < 1e9) return fmt::format("{:.5g} ms", ns / 1e6);
  return fmt::format("{:.5g} s", ns / 1e9);
}

template <typename TextOf>
void DrawGrid(Canvas& canvas, const Axis& axis, double top, double bottom, TextOf text_of) {
  for (double tick : axis.Ticks(8)) {
    double cleaned = std::abs(tick) < 1e-9 * (axis.high - axis.low) ? 0 : tick;
    canvas.Line(axis.At(tick), top, axis.At(tick), bottom, "grid");
    canvas.Text(axis.At(tick), bottom + 15, text_of(cleaned), "small", "middle");
  }
}

void DrawInterval(Canvas& canvas, const Axis& axis, double y, const RatioEstimate& e, ArmId arm,
                  std::string_view kind) {
  canvas.Line(axis.At(e.low - 1), y, axis.At(e.high - 1), y, Css(kind, arm));
  if (arm == ArmId::kControl) {
    canvas.Circle(axis.At(e.ratio - 1), y, 4, Css("mark", arm));
  } else {
    canvas.Diamond(axis.At(e.ratio - 1), y, 6, Css("mark", arm));
  }
}

void NoteOutside(Canvas& canvas, double y, size_t outside, size_t all) {
  if (outside == 0) return;
  canvas.Text(kPlotRight, y, fmt::format("{} of {} lie outside", outside, all), "small", "end");
}

double DrawCosts(Canvas& canvas, const RunRecord& run, double y) {
  constexpr double kRow = 62;
  canvas.Text(20, y, fmt::format("CPU time per {}, each block a dot", run.unit), "panel");
  double top = y + 10;
  std::vector<std::vector<double>> series;
  for (ArmId arm : kArms) series.push_back(Costs(run, arm));
  Axis axis = FittingAxis(series, {});
  double bottom = top + kRow * kArmCount;
  DrawGrid(canvas, axis, top, bottom, RoundCpuTimeText);
  for (size_t i = 0; i < series.size(); ++i) {
    double base = top + kRow * static_cast<double>(i) + 40;
    ArmId arm = kArms[i];
    canvas.Text(kLabelRight, base - 10, ArmTitle(arm), "label", "end");
    double median = Median(series[i]);
    canvas.Text(kLabelRight, base + 6, "median " + CpuTimeText(median), "small", "end");
    canvas.Hill(axis, base, 34, series[i], Css("hill", arm));
    size_t outside = canvas.Dots(axis, base + 4, 13, series[i], Css("dot", arm));
    canvas.Line(axis.At(median), base - 34, axis.At(median), base + 18, Css("thin", arm));
    NoteOutside(canvas, base - 26, outside, series[i].size());
  }
  return bottom + 44;
}

double DrawDifferences(Canvas& canvas, const Verdict& verdict, double y) {
  constexpr double kRow = 84;
  const Analysis& a = verdict.analysis;
  canvas.Text(20, y,
              "Difference to the baseline within the same block, with estimate and 95 % interval",
              "panel");
  double top = y + 10;
  std::vector<std::vector<double>> series = {Differences(verdict.run, ArmId::kCandidate),
                                             Differences(verdict.run, ArmId::kControl)};
  Axis axis = FittingAxis(series, {0, a.candidate.low - 1, a.candidate.high - 1, a.control.low - 1,
                                   a.control.high - 1});
  double bottom = top + kRow * 2;
  DrawGrid(canvas, axis, top, bottom, SignedPercent);
  canvas.Line(axis.At(0), top, axis.At(0), bottom, "zero");
  for (size_t i = 0; i < series.size(); ++i) {
    ArmId arm = i == 0 ? ArmId::kCandidate : ArmId::kControl;
    const RatioEstimate& e = i == 0 ? a.candidate : a.control;
    double base = top + kRow * static_cast<double>(i) + 46;
    canvas.Text(kLabelRight, base - 14, ArmTitle(arm), "label", "end");
    canvas.Text(kLabelRight, base + 2, DifferenceText(e.ratio), "label", "end");
    canvas.Text(kLabelRight, base + 18,
                fmt::format("{:+.2f} to {:+.2f} %", (e.low - 1) * 100, (e.high - 1) * 100), "small",
                "end");
    canvas.Hill(axis, base, 38, series[i], Css("hill", arm));
    size_t outside = canvas.Dots(axis, base + 4, 12, series[i], Css("dot", arm));
    DrawInterval(canvas, axis, base + 26, e, arm, "interval");
    NoteOutside(canvas, base - 30, outside, series[i].size());
  }
  canvas.Text(kPlotLeft, bottom + 32, "← less CPU than the baseline", "small");
  canvas.Text(kPlotRight, bottom + 32, "more →", "small", "end");
  return bottom + 62;
}

double DrawForest(Canvas& canvas, const std::vector<GroupEstimate>& rows, const Analysis& a,
                  std::string_view title, double y) {
  constexpr double kRow = 24;
  if (rows.empty()) return y;
  canvas.Text(20, y, title, "panel");
  size_t shown = std::min(rows.size(), kMostForestRows);
  std::vector<double> ends = {0};
  for (size_t i = 0; i < shown; ++i) {
    for (const RatioEstimate& e : {rows[i].candidate, rows[i].control}) ends.push_back(e.ratio - 1);
  }
  std::vector<double> bounds;
  for (size_t i = 0; i < shown; ++i) {
    for (const RatioEstimate& e : {rows[i].candidate, rows[i].control}) {
      bounds.push_back(e.low - 1);
      bounds.push_back(e.high - 1);
    }
  }
  Axis axis = FittingAxis({bounds}, ends);
  double top = y + 10;
  double bottom = top + kRow * static_cast<double>(shown + 1) + 6;
  DrawGrid(canvas, axis, top, bottom, SignedPercent);
  canvas.Line(axis.At(0), top, axis.At(0), bottom, "zero");
  auto draw_row = [&](double at, std::string_view name, const RatioEstimate& candidate,
                      const RatioEstimate& control, std::string_view kind) {
    canvas.Text(kLabelRight, at + 4, name.substr(0, 26), "label", "end");
    DrawInterval(canvas, axis, at + 5, control, ArmId::kControl, "thin");
    DrawInterval(canvas, axis, at - 4, candidate, ArmId::kCandidate, kind);
  };
  for (size_t i = 0; i < shown; ++i) {
    draw_row(top + kRow * static_cast<double>(i) + 14, rows[i].name, rows[i].candidate,
             rows[i].control, "thin");
  }
  draw_row(bottom - 16, "all", a.candidate, a.control, "interval");
  canvas.Text(kPlotLeft, bottom + 32, "diamond: candidate; circle: baseline again (A/A)", "small");
  if (shown < rows.size()) {
    canvas.Text(kPlotRight, bottom + 32, fmt::format("showing {} of {}", shown, rows.size()),
                "small", "end");
  }
  return bottom + 62;
}

std::string Subtitle(const RunRecord& run, const Analysis& a) {
  std::string text =
      fmt::format("{} mode, {} blocks in {} {}, seed {}", VerifyModeName(run.mode), a.blocks,
                  run.sessions.size(), run.sessions.size() == 1 ? "session" : "sessions", run.seed);
  for (const auto& [name, value] : run.machine) {
    if (name == "cpu") text += ", " + value;
  }
  return text;
}

}  // namespace

std::string PlotSvg(const Verdict& verdict) {
  const RunRecord& run = verdict.run;
  const Analysis& a = verdict.analysis;
  Canvas canvas;
  double y = canvas.Paragraph(20, 34, a.sentence, 86, 23, "headline");
  y = canvas.Paragraph(20, y + 1, Subtitle(run, a), 140, 16, "small") + 22;
  if (run.benchmarks.size() == 1) y = DrawCosts(canvas, run, y);
  y = DrawDifferences(canvas, verdict, y);
  y = DrawForest(canvas, a.benchmarks, a, "By benchmark", y);
  bool layouts = !run.sessions.empty() && run.sessions[0].layout_seed >= 0;
  y = DrawForest(canvas, a.sessions, a,
                 layouts ? "By function layout" : "By start of the processes", y);
  return canvas.Document(kWidth, y - 20, kStyle, a.sentence);
}

}  // namespace anneal
