// Help for a terminal: at most 80 columns.
#pragma once

#include <string>
#include <string_view>

#include "cli/describe.h"

namespace anneal {

enum class HelpStyle { kPlain, kColor };

std::string RenderHelp(const CommandDoc& doc, HelpStyle style);

// Fills `text` to lines of at most `width` columns, each line `indent` spaces in. Paragraphs are
// separated by empty lines; lines that begin with two spaces stay as they are.
std::string FillText(std::string_view text, size_t indent, size_t width);

}  // namespace anneal
