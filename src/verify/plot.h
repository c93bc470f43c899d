// The picture of a verdict: what each arm cost, the paired differences with their intervals, and
// the estimate of each start, layout or benchmark. No scripts; readable on light and dark.
#pragma once

#include <string>

#include "verify/verdict.h"

namespace anneal {

// A complete SVG document. Deterministic.
std::string PlotSvg(const Verdict& verdict);

// A self-contained page: the sentence, the picture, the numbers and the notes.
std::string PlotHtml(const Verdict& verdict);

}  // namespace anneal
