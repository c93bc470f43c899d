#include "verify/report.h"

#include <cmath>

#include "verify/canvas.h"
#include "verify/effects.h"
#include "verify/phrases.h"
#include "verify/plot.h"
#include "verify/stats.h"

namespace anneal {
namespace {

std::string Bounds(const RatioEstimate& e) {
  return fmt::format("{:.4f}  [{:.4f}, {:.4f}]", e.ratio, e.low, e.high);
}

std::string LimitsText(const RunRecord& run, const Analysis& a) {
  std::string text = fmt::format("{}; limits: ", RulingName(a.ruling));
  if (run.limits.require_gain) {
    text += fmt::format("gain of {} or more, ", PercentText(run.limits.min_gain));
  }
  return text + fmt::format("regression of {} at most", PercentText(run.limits.max_regression));
}

std::string GroupRows(std::string_view title, const std::vector<GroupEstimate>& rows) {
  constexpr size_t kMostRows = 30;
  if (rows.empty()) return {};
  size_t width = title.size();
  for (const GroupEstimate& row : rows) width = std::max(width, row.name.size());
  std::string text = fmt::format("\n{:<{}}  {:<26}  {:<26}  blocks\n", title, width,
                                 "candidate / baseline", "baseline / baseline");
  for (size_t i = 0; i < std::min(rows.size(), kMostRows); ++i) {
    text += fmt::format("{:<{}}  {:<26}  {:<26}  {}\n", rows[i].name, width,
                        Bounds(rows[i].candidate), Bounds(rows[i].control), rows[i].blocks);
  }
  if (rows.size() > kMostRows) {
    text += fmt::format("showing {} of {}; --json has all\n", kMostRows, rows.size());
  }
  return text;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> VerdictFacts(const Verdict& verdict) {
  const RunRecord& run = verdict.run;
  const Analysis& a = verdict.analysis;
  std::vector<std::pair<std::string, std::string>> facts = {
      {"outcome", std::string(OutcomeName(a.outcome))}, {"ruling", LimitsText(run, a)}};
  if (run.benchmarks.size() == 1) {
    for (ArmId arm : {ArmId::kBaseline, ArmId::kCandidate}) {
      facts.emplace_back(ArmName(arm),
                         fmt::format("{} of CPU per {}   {}", CpuTimeText(Median(Costs(run, arm))),
                                     run.unit, run.arms[static_cast<size_t>(arm)].command));
    }
  }
  facts.emplace_back("candidate / baseline", Bounds(a.candidate));
  const bool own_layouts = !run.sessions.empty() && run.sessions[0].control_layout_seed >= 0;
  facts.emplace_back("baseline / baseline",
                     Bounds(a.control) + (own_layouts ? "  the A/A control, in other layouts"
                                                      : "  the A/A control"));
  facts.emplace_back("signed-rank test", fmt::format("p = {:.2g}", a.p_value));
  facts.emplace_back("found at 80 %", fmt::format("differences of {} or more", PercentText(a.mde)));
  facts.emplace_back(
      "blocks",
      fmt::format("{} in {} {}, noise {} per block", a.blocks, run.sessions.size(),
                  run.sessions.size() == 1 ? "session" : "sessions", PercentText(a.block_noise)));
  facts.emplace_back("took", fmt::format("{:.1f} s, seed {}",
                                         static_cast<double>(run.elapsed_ns) / 1e9, run.seed));
  return facts;
}

std::string FormatVerdict(const Verdict& verdict) {
  constexpr size_t kNameWidth = 22;
  const Analysis& a = verdict.analysis;
  std::string text = a.sentence + "\n\n";
  for (const auto& [name, value] : VerdictFacts(verdict)) {
    text += fmt::format("{:<{}}{}\n", name, kNameWidth, value);
  }
  text += GroupRows("benchmark", a.benchmarks);
  text += GroupRows("session", a.sessions);
  if (!a.notes.empty()) text += "\n";
  for (const std::string& note : a.notes) text += "note: " + note + "\n";
  return text;
}

std::string PlotHtml(const Verdict& verdict) {
  std::string rows;
  for (const auto& [name, value] : VerdictFacts(verdict)) {
    rows += fmt::format("<tr><th scope=\"row\">{}</th><td>{}</td></tr>\n", EscapeXml(name),
                        EscapeXml(value));
  }
  for (const auto& [name, value] : verdict.run.machine) {
    rows += fmt::format("<tr><th scope=\"row\">{}</th><td>{}</td></tr>\n", EscapeXml(name),
                        EscapeXml(value));
  }
  std::string notes;
  for (const std::string& note : verdict.analysis.notes) {
    notes += fmt::format("<li>{}</li>\n", EscapeXml(note));
  }
  return fmt::format(
      R"(<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>anneal verify: {0}</title>
<style>
body{{font:15px/1.5 system-ui,sans-serif;max-width:940px;margin:1.5rem auto;padding:0 1rem}}
svg{{max-width:100%;height:auto}}
table{{border-collapse:collapse;margin:1rem 0}}
th{{text-align:left;font-weight:600;padding:.15rem 1.2rem .15rem 0;vertical-align:top}}
td{{font-variant-numeric:tabular-nums;overflow-wrap:anywhere}}
</style>
<h1 hidden>{0}</h1>
{1}<table>
{2}</table>
{3}</html>
)",
      EscapeXml(verdict.analysis.sentence), PlotSvg(verdict), rows,
      notes.empty() ? "" : "<ul>\n" + notes + "</ul>\n");
}

}  // namespace anneal
