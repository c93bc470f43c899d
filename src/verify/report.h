// The verdict as text, for a terminal.
#pragma once

#include <string>

#include "verify/verdict.h"

namespace anneal {

// Name and text of the facts worth showing, in order; the terminal and the page share them.
std::vector<std::pair<std::string, std::string>> VerdictFacts(const Verdict& verdict);

// The sentence first, then the table and the notes; ends with a newline.
std::string FormatVerdict(const Verdict& verdict);

}  // namespace anneal
